"""Searched click-through-rate models on TensorFlow, from click logs to a served and costed model.

The front door: every public name, loaded at its first use, so that importing the package costs milliseconds
and the describing half never loads TensorFlow.
"""

import importlib
from typing import Any

_HOME_OF = {
    "Architecture": "nasrec_tf.space.architecture",
    "Block": "nasrec_tf.space.architecture",
    "DenseFeature": "nasrec_tf.space.feature_schema",
    "FeatureSchema": "nasrec_tf.space.feature_schema",
    "SearchSpace": "nasrec_tf.space.search_space",
    "SparseFeature": "nasrec_tf.space.feature_schema",
    "search_space": "nasrec_tf.space.search_space",
}

__version__ = "0.1.0"
__all__ = sorted(_HOME_OF)  # noqa: PLE0605 (one list, kept above)


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}; it has: {', '.join(__all__)}")
    return getattr(importlib.import_module(_HOME_OF[name]), name)


def __dir__() -> list[str]:
    return __all__
