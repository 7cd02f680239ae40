"""Training a supernet along sampled paths."""

import itertools
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from nasrec_tf.errors import DataError
from nasrec_tf.legacy_keras import tf
from nasrec_tf.space.architecture import Architecture
from nasrec_tf.space.path_sampling import full_architecture, sample_architecture
from nasrec_tf.supernet.supernet import Supernet
from nasrec_tf.training.optimizer import Adagrad, build_optimizer, clip_by_global_norm
from nasrec_tf.training.recipe import TrainingRecipe
from nasrec_tf.training.train_network import check_finite, log_loss


def path_at(supernet: Supernet, step: int, *, full_path_steps: int, seed: int) -> Architecture:
    """Returns the architecture to train at a step: a pure function, so that training resumes without sampler state.

    During the first `full_path_steps` the full supernet is drawn with a probability that falls from 1 to 0; else a
    single-operator any-connection path.

    Source:
        NASRec section 4.1, warm-up; one draw per step, as the paper has it.
    """
    generator = np.random.default_rng([seed, step])
    if step < full_path_steps and generator.random() >= step / full_path_steps:
        return full_architecture(supernet.space)
    return sample_architecture(supernet.space, generator)


def train_supernet(
    supernet: Supernet,
    batches: Any,
    *,
    steps: int,
    recipe: TrainingRecipe,
    seed: int = 0,
    full_path_share: float = 0.2,
    checkpoint_directory: str | Path | None = None,
    checkpoint_every: int = 200,
    progress: str | None = "supernet",
) -> None:
    """Trains `supernet` in place, each step along one sampled path.

    With a `checkpoint_directory` the run resumes from its newest checkpoint (weights, optimiser, step); the order of
    the batches must then be a function of their seed, as `nr.batches` makes it.

    Args:
        batches: `tf.data.Dataset` of `({"dense", "sparse"}, label)` holding `steps` batches.
        full_path_share: part of the steps over which the full supernet is phased out.
    Raises:
        DataError: if the batches end early.
        TrainingDivergedError: naming step, learning rate and architecture.
    Source:
        NASRec section 4.1 and 5.1.
    """
    variables = supernet.trainable_variables
    optimizer = build_optimizer(recipe, variables, steps)
    manager = _restore(supernet, optimizer, checkpoint_directory)
    first = int(optimizer.step)
    full_path_steps = int(steps * full_path_share)

    with tqdm(total=steps, initial=first, desc=progress, unit="batch", disable=progress is None) as bar:
        for features, label in itertools.islice(batches.skip(first), steps - first):
            step = int(optimizer.step)
            architecture = path_at(supernet, step, full_path_steps=full_path_steps, seed=seed)
            with tf.GradientTape() as tape:
                loss = log_loss(label, supernet(features, architecture, training=True))
            check_finite(
                float(loss), step=step, learning_rate=recipe.learning_rate, architecture=architecture.to_json()
            )
            optimizer.apply(clip_by_global_norm(tape.gradient(loss, variables), recipe.clip_norm))
            bar.update()
            bar.set_postfix(log_loss=f"{float(loss):.4f}", refresh=False)
            if manager is not None and (step + 1) % checkpoint_every == 0 and step + 1 < steps:
                manager.save(checkpoint_number=step + 1)
    if int(optimizer.step) < steps:
        raise DataError(
            f"`batches` must hold {steps} batches. Received: {int(optimizer.step)}. Repeat the data or lower `steps`."
        )
    if manager is not None and first < steps:  # a finished checkpoint is never written again
        manager.save(checkpoint_number=steps)


def _restore(supernet: Supernet, optimizer: Adagrad, directory: str | Path | None) -> Any:
    if directory is None:
        return None
    checkpoint = tf.train.Checkpoint(supernet=supernet, optimizer=optimizer)
    manager = tf.train.CheckpointManager(checkpoint, str(directory), max_to_keep=1)
    checkpoint.restore(manager.latest_checkpoint)
    return manager


def load_supernet_weights(supernet: Supernet, checkpoint_directory: str | Path) -> None:
    """Gives a supernet the weights of the newest checkpoint of `train_supernet`.

    Raises:
        DataError: if the folder holds none, or one of another space or schema.
    """
    newest = tf.train.latest_checkpoint(str(checkpoint_directory))
    if newest is None:
        raise DataError(f"{checkpoint_directory} holds no supernet checkpoint. Train one first, with `train_supernet`.")
    try:
        status = tf.train.Checkpoint(supernet=supernet).restore(newest)
        status.assert_existing_objects_matched().expect_partial()
    except (AssertionError, ValueError, tf.errors.InvalidArgumentError) as error:
        raise DataError(f"{newest} holds a supernet of another space or schema: {error}") from error
