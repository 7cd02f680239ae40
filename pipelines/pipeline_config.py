"""`PipelineConfig`: one file that decides a whole pipeline run, the architecture apart."""

from dataclasses import dataclass
from pathlib import Path

import nasrec_tf as nr
from nasrec_tf.config import STRICT, find_config, load_config
from nasrec_tf.errors import InvalidSpecError


@dataclass(frozen=True)
class BlessingThresholds:
    """What a model must reach on the "eval" rows before it is pushed.

    Attributes:
        min_auc: lower bound of the AUC. max_log_loss: upper bound of the log loss, nats per example.
    """

    __pydantic_config__ = STRICT

    min_auc: float
    max_log_loss: float

    def __post_init__(self) -> None:
        if not 0 <= self.min_auc <= 1:
            raise InvalidSpecError(f"`min_auc` must be from 0 to 1. Received: {self.min_auc}.")
        if not self.max_log_loss > 0:
            raise InvalidSpecError(f"`max_log_loss` must be above 0. Received: {self.max_log_loss}.")


@dataclass(frozen=True)
class PipelineConfig:
    """Data, training, hardware and thresholds.

    Attributes:
        dataset: a preset of `configs/dataset` or a YAML file.
        max_vocabulary_size: cap of every hashed table. max_rows: cap of the training rows, None for all.
        max_malformed_share: share of malformed rows put up with, see `nr.load_raw_splits`.
        seed: of weights, of the order of rows and of the rows `max_rows` keeps.
        training: recipe of the training from scratch. use_layernorm: of the network, see `nr.build_subnet`.
        hardware: a preset of `configs/hardware` or a YAML file, for the cost report.
        model_name: folder of the pushed versions, and the name a server gives the model.
        beam_arguments: flags of Apache Beam.
    """

    __pydantic_config__ = STRICT

    dataset: str
    max_vocabulary_size: int
    max_rows: int | None
    seed: int
    training: nr.TrainingRecipe
    use_layernorm: bool
    hardware: str
    blessing: BlessingThresholds
    model_name: str = "ctr"
    max_malformed_share: float = 0.0
    # One worker in this process: on one machine's rows its start costs more than the others would save.
    beam_arguments: tuple[str, ...] = ("--direct_running_mode=in_memory", "--direct_num_workers=1")

    def __post_init__(self) -> None:
        if not self.model_name or Path(self.model_name).name != self.model_name or self.model_name.startswith("."):
            raise InvalidSpecError(f"`model_name` must be a plain folder name. Received: {self.model_name!r}.")

    @classmethod
    def from_yaml(cls, name_or_path: str | Path) -> "PipelineConfig":
        """Reads a preset of `configs/pipeline` or a file of your own."""
        return load_config(find_config("pipeline", name_or_path), cls)
