"""Training one network from scratch: subnets and baselines alike."""

import itertools
import math
from typing import Any

from tqdm import tqdm

from nasrec_tf.errors import DataError, TrainingDivergedError
from nasrec_tf.legacy_keras import tf
from nasrec_tf.training.optimizer import build_optimizer, clip_by_global_norm
from nasrec_tf.training.recipe import TrainingRecipe


def log_loss(label: Any, logits: Any) -> Any:
    """Mean binary cross-entropy of logits `[B, 1]` against 0/1 labels `[B, 1]`."""
    return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=label, logits=logits))


def train_network(
    model: Any, batches: Any, *, steps: int, recipe: TrainingRecipe, progress: str | None = "training"
) -> float:
    """Trains `model` in place on `steps` batches and returns the mean loss of the last tenth of them.

    Args:
        batches: `tf.data.Dataset` of `({"dense": [B, N], "sparse": [B, F]}, label [B, 1])`; it must hold `steps`.
        progress: name of the progress bar, None for none.
    Raises:
        DataError: if the batches end early.
        TrainingDivergedError: if the loss stops being finite, naming step and learning rate.
    """
    # A baseline makes its weights at the first call; one row of zeros will do.
    feature_specs, _ = batches.element_spec
    model(tf.nest.map_structure(lambda spec: tf.zeros([1, *spec.shape[1:]], spec.dtype), feature_specs))
    variables = model.trainable_variables
    optimizer = build_optimizer(recipe, variables, steps)

    @tf.function(reduce_retracing=True)
    def train_step(features: Any, label: Any) -> Any:
        with tf.GradientTape() as tape:
            loss = log_loss(label, model(features, training=True))
        # Weights of dead branches have no gradient.
        optimizer.apply(clip_by_global_norm(tape.gradient(loss, variables), recipe.clip_norm))
        return loss

    losses: list[float] = []
    with tqdm(total=steps, desc=progress, unit="batch", disable=progress is None) as bar:
        for features, label in itertools.islice(batches, steps):
            loss = float(train_step(features, label))
            check_finite(loss, step=len(losses), learning_rate=recipe.learning_rate)
            losses.append(loss)
            bar.update()
            bar.set_postfix(log_loss=f"{loss:.4f}", refresh=False)
    if len(losses) < steps:
        raise DataError(
            f"`batches` must hold {steps} batches. Received: {len(losses)}. Repeat the data or lower `steps`."
        )
    tail = losses[-max(1, steps // 10) :]
    return sum(tail) / len(tail)


def check_finite(loss: float, *, step: int, learning_rate: float, architecture: str = "") -> None:
    """Raises `TrainingDivergedError` if a loss is not a finite number."""
    if not math.isfinite(loss):
        where = f" on architecture {architecture}" if architecture else ""
        raise TrainingDivergedError(
            f"the loss became {loss} at step {step} with peak learning rate {learning_rate}{where}. "
            "Lower `learning_rate` or check the input for values that are not finite."
        )
