"""The one door to TensorFlow with Keras 2: `from nasrec_tf.legacy_keras import tf`.

TensorFlow 2.16 loads Keras 3 unless `TF_USE_LEGACY_KERAS` is set before its first import, and
tensorflow_recommenders 0.7 refuses Keras 3. Nothing else in the project imports tensorflow or keras.
"""

import os
import sys
import warnings

from nasrec_tf.errors import NotReadyError

_REMEDY = "import nasrec_tf before tensorflow, or set TF_USE_LEGACY_KERAS=1 in the environment before Python starts"

if "tensorflow" not in sys.modules:
    os.environ["TF_USE_LEGACY_KERAS"] = "1"
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    import tensorflow as tf

if not tf.keras.__version__.startswith("2."):
    raise NotReadyError(
        f"nasrec_tf needs Keras 2 behind tf.keras. Received: Keras {tf.keras.__version__}. Remedy: {_REMEDY}."
    )

__all__ = ["tf"]
