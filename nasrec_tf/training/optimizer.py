"""Optimisers by the papers' rules, with sparse updates for embeddings and for what a supernet's path used."""

import math
from typing import Any

from nasrec_tf.legacy_keras import tf
from nasrec_tf.training.recipe import TrainingRecipe

_FLOOR = 1e-8


class CosineWithWarmup(tf.keras.optimizers.schedules.LearningRateSchedule):
    """Rises linearly from 1e-8 to `peak`, then falls to 1e-8 along half a cosine.

    Source:
        NASRec's schedule; papers of the reference code, per step.
    """

    def __init__(self, peak: float, warmup_steps: int, total_steps: int) -> None:
        self.peak = peak
        self.warmup_steps = warmup_steps
        self.total_steps = total_steps

    def __call__(self, step: Any) -> Any:
        step = tf.cast(step, tf.float32)
        rising = step / max(self.warmup_steps, 1)
        position = (step - self.warmup_steps) / max(self.total_steps - self.warmup_steps, 1)
        falling = (1 + tf.cos(math.pi * tf.clip_by_value(position, 0.0, 1.0))) / 2
        return _FLOOR + (self.peak - _FLOOR) * tf.where(step < self.warmup_steps, rising, falling)

    def get_config(self) -> dict[str, Any]:
        return {"peak": self.peak, "warmup_steps": self.warmup_steps, "total_steps": self.total_steps}


def build_optimizer(recipe: TrainingRecipe, total_steps: int) -> Any:
    """Returns the recipe's optimiser; its kernels update only the rows a sparse gradient names."""
    rate = CosineWithWarmup(recipe.learning_rate, int(total_steps * recipe.warmup_share), total_steps)
    # The fused kernels behind the "legacy" classes put Adagrad's epsilon outside the root, as PyTorch does; the
    # newer Keras 2 Adagrad puts it inside.
    if recipe.optimizer == "adagrad":
        return tf.keras.optimizers.legacy.Adagrad(rate, initial_accumulator_value=0.0, epsilon=recipe.epsilon)
    return tf.keras.optimizers.legacy.Adam(rate, epsilon=recipe.epsilon)


def clip_by_global_norm(gradients: list[Any], clip_norm: float) -> list[Any]:
    """Scales gradients so that their global norm is at most `clip_norm`; None stays None.

    Rows that a sparse gradient names several times are summed first, so that the norm is that of the dense gradient.
    """
    summed = [_sum_repeated_rows(gradient) for gradient in gradients]
    clipped, _ = tf.clip_by_global_norm(summed, clip_norm)
    return list(clipped)


def _sum_repeated_rows(gradient: Any) -> Any:
    if not isinstance(gradient, tf.IndexedSlices):
        return gradient
    rows, positions = tf.unique(gradient.indices)
    values = tf.math.unsorted_segment_sum(gradient.values, positions, tf.size(rows))
    return tf.IndexedSlices(values, rows, gradient.dense_shape)
