"""What `import nasrec_tf` gives and what it costs."""

import os
import subprocess
import sys

import pytest

import nasrec_tf as nr


def run_python(code, **environment):
    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={name: value for name, value in os.environ.items() if name != "TF_USE_LEGACY_KERAS"} | environment,
    )


@pytest.mark.parametrize("name", nr.__all__)
def test_every_public_name_is_there(name):
    assert getattr(nr, name).__doc__


def test_an_unknown_name_is_an_attribute_error_that_lists_the_known():
    with pytest.raises(AttributeError, match=r"no attribute 'Supernets'.*Supernet"):
        _ = nr.Supernets


def test_the_describing_half_loads_no_tensorflow():
    code = (
        "import sys, nasrec_tf as nr; before = set(sys.modules);"
        "assert not {'tensorflow', 'numpy', 'pydantic'} & before;"
        "schema = nr.FeatureSchema([nr.DenseFeature('d')], [nr.SparseFeature('s', 9)]);"
        "space = nr.search_space('small'); import numpy;"
        "architecture = nr.sample_architecture(space, numpy.random.default_rng(0));"
        "nr.profile_cost(architecture, nr.HardwareDesign.from_yaml('isaac'), schema);"
        "assert 'tensorflow' not in sys.modules and 'keras' not in sys.modules"
    )
    found = run_python(code)
    assert found.returncode == 0, found.stderr


def test_keras_3_loaded_before_us_is_named_with_the_remedy():
    found = run_python("import tensorflow as tf; tf.keras.Model; import nasrec_tf.legacy_keras")
    assert "NotReadyError" in found.stderr
    assert "set TF_USE_LEGACY_KERAS=1" in found.stderr


def test_keras_2_is_behind_the_door_whatever_the_environment_says():
    code = "from nasrec_tf.legacy_keras import tf; assert tf.keras.Model.__module__.startswith('tf_keras')"
    found = run_python(code, TF_USE_LEGACY_KERAS="0")
    assert found.returncode == 0, found.stderr
