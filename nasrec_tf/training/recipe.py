"""`TrainingRecipe`: everything that decides a training run besides model and data."""

from dataclasses import dataclass

from nasrec_tf.config import STRICT
from nasrec_tf.errors import InvalidSpecError


@dataclass(frozen=True)
class TrainingRecipe:
    """Adagrad, learning rate and batches of one training.

    Attributes:
        learning_rate: peak of a cosine that follows a linear warm-up over `warmup_share` of the steps.
        epochs: passes over the training rows.
        clip_norm: bound of the gradients' global norm.
        epsilon: Adagrad's, outside the root as PyTorch has it.
    Source:
        NASRec section 5.1 and its scripts: Adagrad, epsilon 1e-2, clip 5, cosine after 10 % of warm-up, one epoch.
    """

    __pydantic_config__ = STRICT

    learning_rate: float
    batch_size: int
    epochs: int = 1
    epsilon: float = 1e-2
    clip_norm: float = 5.0
    warmup_share: float = 0.1

    def __post_init__(self) -> None:
        for field in ("learning_rate", "batch_size", "epochs", "epsilon", "clip_norm"):
            if not getattr(self, field) > 0:
                raise InvalidSpecError(f"`{field}` must be above 0. Received: {getattr(self, field)}.")
        if not 0 <= self.warmup_share < 1:
            raise InvalidSpecError(f"`warmup_share` must be from 0 to below 1. Received: {self.warmup_share}.")

    def count_steps(self, num_examples: int) -> int:
        """Returns the steps of the whole training; a last short batch counts."""
        return self.epochs * -(-num_examples // self.batch_size)
