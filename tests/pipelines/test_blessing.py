from google.protobuf import text_format
from tensorflow_model_analysis.proto import validation_result_pb2

from pipelines import blessing
from pipelines.blessing import describe_evaluation, read_evaluation
from pipelines.pipeline_config import BlessingThresholds

FAILURES = """
metric_validations_per_slice {
  failures {
    metric_key { name: "auc" }
    metric_threshold { value_threshold { lower_bound { value: 0.65 } } }
    metric_value { double_value { value: 0.5 } }
  }
  failures {
    metric_key { name: "binary_crossentropy" }
    metric_threshold { value_threshold { upper_bound { value: 0.56 } } }
    metric_value { double_value { value: nan } }
  }
}
"""


class Result:
    def get_metrics_for_slice(self):
        values = {"auc": 0.5, "binary_crossentropy": "NaN", "calibration": 1.01, "example_count": 2499.0}
        return {name: {"doubleValue": value} for name, value in values.items()}


def test_the_served_signature_is_measured_against_both_thresholds():
    config = describe_evaluation(BlessingThresholds(min_auc=0.7, max_log_loss=0.5), "click")
    (model,) = config.model_specs
    assert (model.signature_name, model.prediction_key, model.label_key) == ("serving_default", "ctr", "click")
    thresholds = {metric.class_name: metric.threshold.value_threshold for metric in config.metrics_specs[0].metrics}
    assert thresholds["AUC"].lower_bound.value == 0.7
    assert not thresholds["AUC"].HasField("upper_bound")
    assert thresholds["BinaryCrossEntropy"].upper_bound.value == 0.5
    assert not thresholds["BinaryCrossEntropy"].HasField("lower_bound")


def test_missed_thresholds_are_told_with_what_was_measured(monkeypatch):
    validation = text_format.Parse(FAILURES, validation_result_pb2.ValidationResult())
    monkeypatch.setattr(blessing.tfma, "load_eval_result", lambda _: Result())
    monkeypatch.setattr(blessing.tfma, "load_validation_result", lambda _: validation)
    evaluation = read_evaluation("folder")
    assert evaluation.failures == (
        "auc 0.5000, must be at least 0.65",
        "binary_crossentropy nan, must be at most 0.56",
    )
    assert evaluation.describe() == "eval: log loss nan, AUC 0.5000, calibration 1.010 on 2,499 rows"
