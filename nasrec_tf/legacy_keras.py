"""The one door to TensorFlow with Keras 2: `from nasrec_tf.legacy_keras import tf`.

TensorFlow 2.16 loads Keras 3 unless `TF_USE_LEGACY_KERAS` is set before its first import, and
tensorflow_recommenders 0.7 refuses Keras 3. The package sets the variable when it is imported; this module makes sure
that it was in time. Nothing else in the project imports tensorflow, and nothing at all imports keras.
"""

import warnings

from nasrec_tf.errors import NotReadyError

_REMEDY = "import nasrec_tf before tensorflow, or set TF_USE_LEGACY_KERAS=1 in the environment before Python starts"

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    warnings.simplefilter("ignore", FutureWarning)  # google.api_core on the age of this Python
    import tensorflow as tf
    import tf_keras

if tf.keras.Model is not tf_keras.Model:
    raise NotReadyError(
        f"nasrec_tf needs Keras 2 behind tf.keras. Received: Keras 3, loaded before it. Remedy: {_REMEDY}."
    )

__all__ = ["tf"]
