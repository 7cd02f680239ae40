"""Scoring an architecture with the supernet's weights."""

import itertools
from typing import Any

import numpy as np

from nasrec_tf.legacy_keras import tf
from nasrec_tf.space.architecture import Architecture
from nasrec_tf.supernet.supernet import Supernet
from nasrec_tf.training.evaluation import Evaluation, evaluate_logits
from nasrec_tf.training.optimizer import build_optimizer, clip_by_global_norm
from nasrec_tf.training.recipe import TrainingRecipe
from nasrec_tf.training.train_network import log_loss


def score_architecture(
    supernet: Supernet,
    architecture: Architecture,
    train_batches: Any,
    validation_batches: Any,
    *,
    fine_tune_steps: int,
    fine_tune_recipe: TrainingRecipe,
) -> Evaluation:
    """Scores an architecture on the validation batches; the supernet is left as it was.

    The final layer is first fine-tuned on a copy, on `fine_tune_steps` training batches (0 for none), with all other
    weights frozen.

    Source:
        NASRec section 4.2: 500 steps of Adagrad with learning rate 0.04.
    """
    shape = supernet.shape_of(architecture)
    weights = supernet.head.active_weights(shape.head_segments, 1)
    kernel, bias = tf.Variable(weights["kernel"]), tf.Variable(weights["bias"])
    optimizer = build_optimizer(fine_tune_recipe, [kernel, bias], fine_tune_steps)
    for features, label in itertools.islice(train_batches, fine_tune_steps):
        inputs = supernet.represent(features, shape)
        with tf.GradientTape() as tape:
            loss = log_loss(label, tf.matmul(inputs, kernel) + bias)
        gradients = clip_by_global_norm(tape.gradient(loss, [kernel, bias]), fine_tune_recipe.clip_norm)
        optimizer.apply(gradients)

    scored = [
        ((tf.matmul(supernet.represent(features, shape), kernel) + bias).numpy().ravel(), label.numpy().ravel())
        for features, label in validation_batches
    ]
    return evaluate_logits(np.concatenate([p[0] for p in scored]), np.concatenate([p[1] for p in scored]))
