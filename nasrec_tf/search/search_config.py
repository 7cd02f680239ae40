"""`SearchConfig`: one file that decides a whole search and the trainings it is compared with."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from nasrec_tf.config import STRICT, find_config, load_config
from nasrec_tf.errors import InvalidSpecError
from nasrec_tf.training.recipe import TrainingRecipe


@dataclass(frozen=True)
class EvolutionConfig:
    """Numbers of `EvolutionOracle`."""

    __pydantic_config__ = STRICT

    max_trials: int
    population_size: int
    tournament_size: int
    num_children: int


@dataclass(frozen=True)
class SearchConfig:
    """Data, space, supernet training and evolution.

    Attributes:
        max_vocabulary_size: cap of every hashed table. max_rows: cap of the training rows, None for all.
        fine_tune_steps, fine_tuning: of the final layer, per candidate.
        use_layernorm: whether subnets trained from scratch normalise, as the supernet does.
        training: recipe from scratch by kind of model: "subnet", and a name of `build_baseline` each.
    """

    __pydantic_config__ = STRICT

    dataset: str
    space: str
    max_vocabulary_size: int
    max_rows: int | None
    seed: int
    supernet: TrainingRecipe
    evolution: EvolutionConfig
    fine_tune_steps: int
    fine_tuning: TrainingRecipe
    use_layernorm: bool
    training: Mapping[str, TrainingRecipe]

    def recipe_of(self, kind: str) -> TrainingRecipe:
        """Returns the training recipe of a kind of model; raises `InvalidSpecError` if there is none."""
        if kind not in self.training:
            raise InvalidSpecError(f"`training` must hold a recipe for {kind!r}. Received: {sorted(self.training)}.")
        return self.training[kind]

    @classmethod
    def from_yaml(cls, name_or_path: str | Path) -> "SearchConfig":
        """Reads a preset of `configs/search` or a file of your own."""
        return load_config(find_config("search", name_or_path), cls)
