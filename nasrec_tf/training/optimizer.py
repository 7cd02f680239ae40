"""The optimiser by the papers' rules, with sparse updates for embeddings and for what a supernet's path used."""

import math
from collections.abc import Sequence
from typing import Any

from nasrec_tf.legacy_keras import tf
from nasrec_tf.training.recipe import TrainingRecipe

_FLOOR = 1e-8


class CosineWithWarmup:
    """Rises linearly from 1e-8 to `peak`, then falls to 1e-8 along half a cosine.

    Source:
        NASRec's schedule, per step, as in the reference code.
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


class Adagrad(tf.Module):
    """Adagrad by PyTorch's rule: `a += g^2; x -= rate * g / (sqrt(a) + epsilon)`, accumulators from 0.

    TensorFlow's fused kernels compute it; a sparse gradient, whose rows must not repeat, touches only its rows. Keras's
    Adagrad differs: it puts epsilon inside the root and starts the accumulators at 0.1.

    Attributes:
        step: updates so far; the learning rate is `schedule(step)`.
    Source:
        torch.optim.Adagrad, which NASRec uses with epsilon 1e-2.
    """

    def __init__(self, variables: Sequence[Any], schedule: CosineWithWarmup, epsilon: float) -> None:
        super().__init__()
        self.step = tf.Variable(0, dtype=tf.int64, trainable=False)
        self.accumulators = [tf.Variable(tf.zeros_like(variable), trainable=False) for variable in variables]
        self._variables = list(variables)
        self._schedule = schedule
        self._epsilon = epsilon

    def apply(self, gradients: Sequence[Any]) -> None:
        """Updates the variables, in their order; a variable whose gradient is None stays as it is, bit for bit."""
        rate = self._schedule(self.step)
        for gradient, variable, accumulator in zip(gradients, self._variables, self.accumulators, strict=True):
            if gradient is None:
                continue
            settings = {"var": variable.handle, "accum": accumulator.handle, "lr": rate, "epsilon": self._epsilon}
            if isinstance(gradient, tf.IndexedSlices):
                tf.raw_ops.ResourceSparseApplyAdagradV2(**settings, grad=gradient.values, indices=gradient.indices)
            else:
                tf.raw_ops.ResourceApplyAdagradV2(**settings, grad=gradient)
        self.step.assign_add(1)


def build_optimizer(recipe: TrainingRecipe, variables: Sequence[Any], total_steps: int) -> Adagrad:
    """Returns the recipe's optimiser for these variables."""
    schedule = CosineWithWarmup(recipe.learning_rate, int(total_steps * recipe.warmup_share), total_steps)
    return Adagrad(variables, schedule, recipe.epsilon)


def clip_by_global_norm(gradients: Sequence[Any], clip_norm: float) -> list[Any]:
    """Scales gradients so that their global norm is at most `clip_norm`; None stays None.

    The rows of a sparse gradient must not repeat, so that the norm is that of the dense gradient.

    Source:
        torch.nn.utils.clip_grad_norm_, as in the reference code.
    """
    values = [gradient.values if isinstance(gradient, tf.IndexedSlices) else gradient for gradient in gradients]
    norm = tf.sqrt(2.0 * tf.add_n([tf.nn.l2_loss(value) for value in values if value is not None]))
    scale = tf.minimum(1.0, clip_norm / (norm + 1e-6))
    return [_scale(gradient, scale) for gradient in gradients]


def _scale(gradient: Any, scale: Any) -> Any:
    if gradient is None:
        return None
    if isinstance(gradient, tf.IndexedSlices):
        return tf.IndexedSlices(gradient.values * scale, gradient.indices, gradient.dense_shape)
    return gradient * scale
