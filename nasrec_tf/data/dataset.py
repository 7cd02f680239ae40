"""The front door to click logs: `load_dataset` gives encoded splits, `load_raw_splits` the same rows untransformed."""

from dataclasses import dataclass
from pathlib import Path

from nasrec_tf.data.click_log import ClickLog, empty_click_log, encode
from nasrec_tf.data.dataset_config import SPLITS, Split
from nasrec_tf.data.malformed_rows import MalformedRows
from nasrec_tf.data.raw_clicks import RawClicks
from nasrec_tf.data.source import FoundLog, find_log
from nasrec_tf.data.split import SplitPlan, plan_splits, read_planned
from nasrec_tf.data.synthetic import PlantedTruth
from nasrec_tf.space.feature_schema import FeatureSchema


@dataclass(frozen=True)
class Dataset:
    """The encoded splits of a click log.

    Attributes:
        source: one plain line: what these rows are and where they came from; says SYNTHETIC where they are.
        malformed: the rows that are no clicks.
        planted: of the synthetic log, the best that any model can reach; None for real data.
    """

    schema: FeatureSchema
    train: ClickLog
    valid: ClickLog
    test: ClickLog
    source: str
    malformed: MalformedRows
    planted: PlantedTruth | None = None

    @property
    def planted_log_loss(self) -> float | None:
        """Log loss of the planted probabilities on the test split."""
        return self.planted.test.log_loss if self.planted else None

    @property
    def planted_auc(self) -> float | None:
        """AUC of the planted probabilities on the test split."""
        return self.planted.test.auc if self.planted else None


@dataclass(frozen=True)
class RawDataset:
    """The untransformed splits of a click log; the attributes are those of `Dataset`."""

    schema: FeatureSchema
    splits: dict[Split, RawClicks]
    source: str
    malformed: MalformedRows


def load_dataset(
    name_or_path: str | Path,
    *,
    data: str | Path | None = None,
    max_vocabulary_size: int | None = None,
    max_malformed_share: float = 0.0,
    max_rows: int | None = None,
    seed: int = 0,
    accept_licence: bool = False,
) -> Dataset:
    """Finds, reads, splits and encodes a click log.

    Args:
        name_or_path: a preset (`criteo`, `avazu`, `frappe`, `synthetic`) or a YAML file of your own.
        data: a folder that holds the log's files, or a folder named like the log that does, or one file, which is
            shared out 8:1:1. Without it: NASREC_DATA, the cache, a download, and for `criteo` the synthetic log.
        max_vocabulary_size: cap of every hashed table, see `FeatureSchema.capped`.
        max_malformed_share: the share of malformed rows that is put up with.
        max_rows: cap of the training rows, chosen by `seed`; the other splits stay whole, so that results compare.
        accept_licence: fetch also what needs your consent (its licence is shown) or is gigabytes.

    Raises:
        DataError: if `data` lacks the files, nothing can be had, or a file breaks its format.
    """
    found = find_log(name_or_path, data=data, accept_licence=accept_licence)
    plan = plan_splits(found.log, max_rows=max_rows, seed=seed, max_malformed_share=max_malformed_share)
    schema = found.log.config.features
    if max_vocabulary_size is not None:
        schema = schema.capped(max_vocabulary_size)
    logs = {split: empty_click_log(plan.num_rows(split), schema) for split in SPLITS}
    filled = dict.fromkeys(SPLITS, 0)
    for split, raw in read_planned(found.log, plan, max_malformed_share):
        rows = slice(filled[split], filled[split] + len(raw))
        encoded = encode(raw, schema)
        logs[split].dense[rows], logs[split].sparse[rows] = encoded.dense, encoded.sparse
        logs[split].label[rows] = encoded.label
        filled[split] = rows.stop
    return Dataset(schema, **logs, source=_describe(found, plan), malformed=plan.malformed, planted=found.planted)


def load_raw_splits(
    name_or_path: str | Path,
    *,
    data: str | Path | None = None,
    max_rows: int | None = None,
    seed: int = 0,
    max_malformed_share: float = 0.0,
) -> RawDataset:
    """Returns the rows of `load_dataset` with the same arguments, in the same splits and order, untransformed."""
    found = find_log(name_or_path, data=data)
    plan = plan_splits(found.log, max_rows=max_rows, seed=seed, max_malformed_share=max_malformed_share)
    parts: dict[Split, list[RawClicks]] = {split: [] for split in SPLITS}
    for split, raw in read_planned(found.log, plan, max_malformed_share):
        parts[split].append(raw)
    splits = {split: RawClicks.concatenate(parts[split]) for split in SPLITS}
    return RawDataset(found.log.config.features, splits, _describe(found, plan), plan.malformed)


def _describe(found: FoundLog, plan: SplitPlan) -> str:
    rows = ", ".join(f"{plan.num_rows(split):,} {split}" for split in SPLITS)
    line = f"{found.source}; rows: {rows}"
    if plan.num_repeated:
        line += f"; {plan.num_repeated} training rows left out that repeat other rows"
    if plan.malformed.count:
        line += f"; {plan.malformed.describe()}"
    return line
