import pytest

import nasrec_tf as nr
from nasrec_tf.config import config_directory
from nasrec_tf.errors import ConfigError
from pipelines.pipeline_config import PipelineConfig

PRESETS = sorted(path.stem for path in (config_directory() / "pipeline").glob("*.yaml"))
TEXT = """
dataset: criteo
max_vocabulary_size: 100
max_rows: 5
seed: 1
training: {learning_rate: 0.1, batch_size: 4}
use_layernorm: false
hardware: isaac
blessing: {min_auc: 0.6, max_log_loss: 0.7}
"""


def load(tmp_path, text):
    path = tmp_path / "pipeline.yaml"
    path.write_text(text)
    return PipelineConfig.from_yaml(path)


@pytest.mark.parametrize("name", PRESETS)
def test_presets_load(name):
    config = PipelineConfig.from_yaml(name)
    assert nr.HardwareDesign.from_yaml(config.hardware).name == config.hardware


def test_there_is_a_preset_of_the_sample():
    assert {"criteo", "criteo_sample"} <= set(PRESETS)


def test_a_file_of_your_own(tmp_path):
    config = load(tmp_path, TEXT)
    assert (config.max_rows, config.training.epochs, config.blessing.min_auc) == (5, 1, 0.6)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("seed: 1", "sed: 1", "`sed` is unknown"),
        ("seed: 1\n", "", "`seed` is missing"),
        ("max_rows: 5", "max_rows: five", "`max_rows` must be"),
        ("min_auc: 0.6", "min_auc: 60", "`min_auc` must be from 0 to 1"),
        ("max_log_loss: 0.7", "max_log_loss: 0.0", "`max_log_loss` must be above 0"),
        ("hardware: isaac", "hardware: isaac\nmodel_name: a/b", "`model_name` must be a plain folder name"),
        ("batch_size: 4", "batch_size: 0", "`batch_size` must be above 0"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, old, new, message):
    with pytest.raises(ConfigError, match=message):
        load(tmp_path, TEXT.replace(old, new))
