"""Searched click-through-rate models on TensorFlow, from click logs to a served and costed model.

The front door: every public name, loaded at its first use, so that importing the package costs milliseconds
and the describing half never loads TensorFlow.
"""

import importlib
import os
import sys
from typing import Any

if "tensorflow" not in sys.modules:
    # Read by TensorFlow when it is first imported; `nasrec_tf.legacy_keras` checks that it was in time.
    os.environ["TF_USE_LEGACY_KERAS"] = "1"
    # 3: from TensorFlow's C++ side only fatal messages; what matters reaches Python as an exception.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

_HOME_OF = {
    "Architecture": "nasrec_tf.space.architecture",
    "Block": "nasrec_tf.space.architecture",
    "ClickLog": "nasrec_tf.data.click_log",
    "CostReport": "nasrec_tf.cost.report",
    "Dataset": "nasrec_tf.data.dataset",
    "DenseFeature": "nasrec_tf.space.feature_schema",
    "Evaluation": "nasrec_tf.training.evaluation",
    "EvolutionOracle": "nasrec_tf.search.oracle",
    "FeatureSchema": "nasrec_tf.space.feature_schema",
    "HardwareDesign": "nasrec_tf.cost.hardware_design",
    "RawClicks": "nasrec_tf.data.raw_clicks",
    "RawDataset": "nasrec_tf.data.dataset",
    "SearchSpace": "nasrec_tf.space.search_space",
    "SparseFeature": "nasrec_tf.space.feature_schema",
    "Subnet": "nasrec_tf.supernet.subnet",
    "Supernet": "nasrec_tf.supernet.supernet",
    "SupernetTuner": "nasrec_tf.search.tuner",
    "TrainingRecipe": "nasrec_tf.training.recipe",
    "annotate_saved_model": "nasrec_tf.export.cost_annotation",
    "batches": "nasrec_tf.data.batch",
    "build_baseline": "nasrec_tf.baselines.baseline",
    "build_subnet": "nasrec_tf.supernet.subnet",
    "count_macs": "nasrec_tf.cost.workload",
    "count_parameters": "nasrec_tf.cost.workload",
    "cut_subnet": "nasrec_tf.supernet.subnet",
    "encode": "nasrec_tf.data.click_log",
    "evaluate": "nasrec_tf.training.evaluation",
    "evaluate_logits": "nasrec_tf.training.evaluation",
    "export_saved_model": "nasrec_tf.export.saved_model",
    "full_architecture": "nasrec_tf.space.path_sampling",
    "load_dataset": "nasrec_tf.data.dataset",
    "load_raw_splits": "nasrec_tf.data.dataset",
    "load_reference_weights": "nasrec_tf.supernet.reference_checkpoint",
    "load_supernet_weights": "nasrec_tf.training.train_supernet",
    "parameter_count": "nasrec_tf.supernet.network",
    "profile_cost": "nasrec_tf.cost.profile",
    "sample_architecture": "nasrec_tf.space.path_sampling",
    "search_space": "nasrec_tf.space.search_space",
    "train_network": "nasrec_tf.training.train_network",
    "train_supernet": "nasrec_tf.training.train_supernet",
}

__version__ = "0.1.0"
__all__ = sorted(_HOME_OF)  # noqa: PLE0605 (one list, kept above)


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}; it has: {', '.join(__all__)}")
    return getattr(importlib.import_module(_HOME_OF[name]), name)


def __dir__() -> list[str]:
    return __all__
