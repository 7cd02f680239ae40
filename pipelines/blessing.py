"""The Evaluator's thresholds and its verdict."""

from dataclasses import dataclass
from typing import Any

import tensorflow_model_analysis as tfma

from pipelines.pipeline_config import BlessingThresholds

_AUC, _LOG_LOSS, _CALIBRATION, _COUNT = "auc", "binary_crossentropy", "calibration", "example_count"


@dataclass(frozen=True)
class EvaluationRecord:
    """Metrics of the "eval" rows, and the thresholds that were missed."""

    metrics: dict[str, float]
    failures: tuple[str, ...]

    def describe(self) -> str:
        return (
            f"eval: log loss {self.metrics[_LOG_LOSS]:.4f}, AUC {self.metrics[_AUC]:.4f}, calibration "
            f"{self.metrics[_CALIBRATION]:.3f} on {self.metrics[_COUNT]:,.0f} rows"
        )


def describe_evaluation(blessing: BlessingThresholds, label: str) -> tfma.EvalConfig:
    """Measures what the served signature answers on raw rows, against absolute thresholds."""
    thresholds = {
        "AUC": tfma.GenericValueThreshold(lower_bound={"value": blessing.min_auc}),
        "BinaryCrossEntropy": tfma.GenericValueThreshold(upper_bound={"value": blessing.max_log_loss}),
    }
    metrics = [
        tfma.MetricConfig(class_name=name, threshold=tfma.MetricThreshold(value_threshold=threshold))
        for name, threshold in thresholds.items()
    ]
    metrics += [tfma.MetricConfig(class_name=name) for name in ("Calibration", "ExampleCount")]
    return tfma.EvalConfig(
        model_specs=[tfma.ModelSpec(signature_name="serving_default", prediction_key="ctr", label_key=label)],
        slicing_specs=[tfma.SlicingSpec()],
        metrics_specs=[tfma.MetricsSpec(metrics=metrics)],
    )


def read_evaluation(folder: str) -> EvaluationRecord:
    """Reads what the Evaluator wrote."""
    metrics = tfma.load_eval_result(folder).get_metrics_for_slice()
    validation = tfma.load_validation_result(folder)
    failures = [
        _describe_failure(failure) for part in validation.metric_validations_per_slice for failure in part.failures
    ]
    return EvaluationRecord({name: float(value["doubleValue"]) for name, value in metrics.items()}, tuple(failures))


def _describe_failure(failure: Any) -> str:
    threshold = failure.metric_threshold.value_threshold
    low, high = threshold.lower_bound, threshold.upper_bound
    rule = f"at least {low.value:g}" if threshold.HasField("lower_bound") else f"at most {high.value:g}"
    return f"{failure.metric_key.name} {failure.metric_value.double_value.value:.4f}, must be {rule}"
