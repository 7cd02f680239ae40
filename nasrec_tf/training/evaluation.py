"""How good a model's click probabilities are."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from nasrec_tf.errors import DataError
from nasrec_tf.legacy_keras import tf


@dataclass(frozen=True)
class Evaluation:
    """Log loss (nats per example, lower is better) and AUC of logits on `num_examples` rows."""

    log_loss: float
    auc: float
    num_examples: int
    num_clicks: int

    @property
    def auc_standard_error(self) -> float:
        """Sampling error of the AUC on this many rows.

        Source:
            Hanley and McNeil 1982, the estimate from exponential scores.
        """
        clicks, others, auc = self.num_clicks, self.num_examples - self.num_clicks, self.auc
        both_clicks, both_others = auc / (2 - auc), 2 * auc**2 / (1 + auc)
        variance = auc * (1 - auc) + (clicks - 1) * (both_clicks - auc**2) + (others - 1) * (both_others - auc**2)
        return float((variance / (clicks * others)) ** 0.5)


def evaluate(model: Callable[[Any], Any], batches: Any) -> Evaluation:
    """Scores a model on `(features, label)` batches.

    Shapes:
        model: features -> logits `[B, 1]`. label: `[B, 1]`.
    Raises:
        DataError: if there are no rows, or only one class, for which AUC has no value.
    """
    predict = tf.function(model, reduce_retracing=True)
    pairs = [(predict(features).numpy().ravel(), label.numpy().ravel()) for features, label in batches]
    if not pairs:
        raise DataError("evaluation needs at least one row. Received: none.")
    return evaluate_logits(np.concatenate([p[0] for p in pairs]), np.concatenate([p[1] for p in pairs]))


def evaluate_logits(logits: Any, labels: Any) -> Evaluation:
    """Scores logits `[n]` against 0/1 labels `[n]`; see `evaluate` for what it raises."""
    from sklearn.metrics import roc_auc_score

    if len(np.unique(labels)) < 2:
        raise DataError(f"evaluation needs clicked and unclicked rows. Received: {len(labels)} rows of one class.")
    logits, labels = np.asarray(logits, np.float64), np.asarray(labels, np.float64)
    # softplus(logit) - label * logit is the negative log likelihood, without the overflow of log(sigmoid).
    losses = np.logaddexp(0.0, logits) - labels * logits
    return Evaluation(float(losses.mean()), float(roc_auc_score(labels, logits)), len(labels), int(labels.sum()))
