"""Which row belongs to which split, decided once, before any row is encoded."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from nasrec_tf.data.dataset_config import SPLITS, DatasetConfig, FoldCounts, Split
from nasrec_tf.data.malformed_rows import MalformedRows
from nasrec_tf.data.raw_clicks import RawClicks
from nasrec_tf.data.raw_reader import read_raw
from nasrec_tf.errors import DataError

LEFT_OUT = -1

_Row = tuple[bytes | float, ...]


@dataclass(frozen=True)
class LogFiles:
    """The files of one click log, found.

    Attributes:
        files: split -> its files; a split that is cut from the training files has none.
        folds: how the rows of the training files are shared out.
        drop_repeated_rows: see `Layout`.
    """

    config: DatasetConfig
    files: dict[Split, tuple[Path, ...]]
    folds: FoldCounts
    drop_repeated_rows: bool = False


@dataclass(frozen=True)
class SplitPlan:
    """The split of every well-formed row, in the order of reading (training files, then valid, then test).

    Attributes:
        split_index: `[n]` int8, an index into `SPLITS`, or `LEFT_OUT`.
        num_repeated: training rows left out because they repeat others.
        malformed: what the reader left out.
    """

    split_index: npt.NDArray[np.int8]
    num_repeated: int
    malformed: MalformedRows

    def num_rows(self, split: Split) -> int:
        return int((self.split_index == SPLITS.index(split)).sum())


def plan_splits(log: LogFiles, *, max_rows: int | None, seed: int, max_malformed_share: float) -> SplitPlan:
    """Reads the log once and assigns every row.

    Training rows go to folds stratified by label and shuffled by the config's `fold_seed`; `seed` picks the
    `max_rows` training rows that are kept. Memory: one byte and one label per row.

    Raises:
        DataError: as `read_raw`, or if a split is left without rows.
    Source:
        NASRec's data scripts: StratifiedKFold of scikit-learn, 10 folds of 8:1:1, seed 2018, file order kept.
    """
    if max_rows is not None and max_rows < 1:
        raise DataError(f"`max_rows` must be at least 1, or None for all. Received: {max_rows}.")
    if seed < 0:
        raise DataError(f"`seed` must be at least 0. Received: {seed}.")
    malformed = MalformedRows()
    labels: list[npt.NDArray[np.float32]] = []
    repeated: list[npt.NDArray[np.bool_]] = []
    num_own_rows = dict.fromkeys(SPLITS, 0)
    seen = _held_out_rows(log, max_malformed_share) if log.drop_repeated_rows else None
    for split, raw in read_files(log, malformed=malformed, max_malformed_share=max_malformed_share):
        num_own_rows[split] += len(raw)
        if split == "train":
            labels.append(raw.label)
            repeated.append(np.zeros(len(raw), np.bool_) if seen is None else _mark_seen(raw, seen))
    label, is_repeated = np.concatenate([np.zeros(0), *labels]), np.concatenate([np.zeros(0, np.bool_), *repeated])
    train_index = np.full(len(label), LEFT_OUT, np.int8)
    train_index[~is_repeated] = _fold_split(label[~is_repeated], log)
    if max_rows is not None:
        candidates = np.flatnonzero(train_index == SPLITS.index("train"))
        kept = np.random.default_rng(seed).permutation(candidates)[:max_rows]
        train_index[candidates] = LEFT_OUT
        train_index[kept] = SPLITS.index("train")
    own = [np.full(num_own_rows[split], index, np.int8) for index, split in enumerate(SPLITS) if split != "train"]
    plan = SplitPlan(np.concatenate([train_index, *own]), int(is_repeated.sum()), malformed)
    for split in SPLITS:
        if not plan.num_rows(split):
            raise DataError(
                f"every split must hold at least one row. Received: none for {split!r} out of {len(plan.split_index)} "
                f"well-formed rows. Give a longer log."
            )
    return plan


def read_planned(log: LogFiles, plan: SplitPlan, max_malformed_share: float) -> Iterator[tuple[Split, RawClicks]]:
    """Yields the rows of a planned log as (split, rows), in file order within each split."""
    position = 0
    for _, raw in read_files(log, malformed=None, max_malformed_share=max_malformed_share):
        here = plan.split_index[position : position + len(raw)]
        if len(here) < len(raw):
            raise DataError("the log's files changed while they were read. Read them again.")
        position += len(raw)
        for index, split in enumerate(SPLITS):
            mask = here == index
            if mask.any():
                yield split, raw if mask.all() else raw.take(mask)
    if position != len(plan.split_index):
        raise DataError("the log's files changed while they were read. Read them again.")


def read_files(
    log: LogFiles, *, malformed: MalformedRows | None, max_malformed_share: float
) -> Iterator[tuple[Split, RawClicks]]:
    """Yields every well-formed row of every file, with the split whose files it stands in."""
    for split in SPLITS:
        for path in log.files[split]:
            for raw in read_raw(path, log.config, malformed=malformed, max_malformed_share=max_malformed_share):
                yield split, raw


def _fold_split(labels: npt.NDArray[np.float64], log: LogFiles) -> npt.NDArray[np.int8]:
    folds = log.folds
    if folds.total == 1:
        return np.zeros(len(labels), np.int8)
    if len(labels) < folds.total:
        raise DataError(
            f"a log that is shared out to {folds.total} folds must have as many rows. Received: {len(labels)}."
        )
    from sklearn.model_selection import KFold, StratifiedKFold

    # A label rarer than the number of folds cannot be in each; stratifying then has no meaning.
    counts = np.unique(labels, return_counts=True)[1]
    kind = StratifiedKFold if counts.min() >= folds.total else KFold
    splitter = kind(folds.total, shuffle=True, random_state=log.config.fold_seed)
    split_of_fold = np.repeat(np.arange(len(SPLITS), dtype=np.int8), [folds.train, folds.valid, folds.test])
    assigned = np.empty(len(labels), np.int8)
    for fold, (_, rows) in enumerate(splitter.split(labels, labels.astype(np.int64))):
        assigned[rows] = split_of_fold[fold]
    return assigned


def _rows(raw: RawClicks) -> Iterator[_Row]:
    return zip(*(cells.tolist() for cells in raw.columns.values()), raw.label.tolist(), strict=True)


def _held_out_rows(log: LogFiles, max_malformed_share: float) -> set[_Row]:
    return {
        row
        for path in (*log.files["valid"], *log.files["test"])
        for raw in read_raw(path, log.config, max_malformed_share=max_malformed_share)
        for row in _rows(raw)
    }


def _mark_seen(raw: RawClicks, seen: set[_Row]) -> npt.NDArray[np.bool_]:
    """Returns which rows are among `seen`, and adds the others to it."""
    marks = np.zeros(len(raw), np.bool_)
    for index, row in enumerate(_rows(raw)):
        marks[index] = row in seen
        seen.add(row)
    return marks
