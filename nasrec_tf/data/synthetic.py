"""A synthetic click log in Criteo's shape with a planted truth: the probability of every click is known.

The planted logit adds effects of single categories and numbers to interactions of pairs of categories and of numbers
with categories, so that logistic regression finds a part of it and a model of interactions finds more.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from nasrec_tf.atomic_file import replace_folder
from nasrec_tf.config import STRICT, parse_config
from nasrec_tf.data.cache_lock import cache_lock
from nasrec_tf.data.dataset_config import SPLITS, DatasetConfig
from nasrec_tf.space.feature_schema import SparseFeature

# A changed generator needs a new version, so that no cache is taken for what it is not.
VERSION = 1
SEED = 2018
NUM_ROWS = {"train": 40_000, "valid": 5_000, "test": 10_000}
BASE_RATE = 0.25

_TRUTH_FILE = "truth.json"
# Medians and shares of missing values of I1..I13 and C1..C26, near those of the Criteo log.
_MEDIANS = (1, 3, 6, 4, 2800, 32, 3, 7, 39, 1, 1, 1, 4)
_DENSE_MISSING = (0.45, 0.0, 0.2, 0.2, 0.02, 0.2, 0.05, 0.0, 0.05, 0.45, 0.05, 0.75, 0.2)
_SPARSE_MISSING = (
    *(0, 0, 0.03, 0.03, 0, 0.12, 0, 0, 0, 0, 0, 0.03, 0),
    *(0, 0, 0.03, 0, 0, 0.44, 0.44, 0.03, 0.76, 0, 0.03, 0.44, 0.44),
)
_ZIPF_EXPONENT = 1.3
_FACTORS = 2
# Columns with few categories interact: their pairs are seen often enough to be learnt from NUM_ROWS.
_MAX_INTERACTING_ROWS = 30
_HASH_BITS = 32


@dataclass(frozen=True)
class PlantedBest:
    """What the planted probabilities themselves score on the labels of one split: no model does better but by luck."""

    __pydantic_config__ = STRICT

    log_loss: float
    auc: float
    positive_share: float


@dataclass(frozen=True)
class PlantedTruth:
    """The best scores of every split."""

    __pydantic_config__ = STRICT

    train: PlantedBest
    valid: PlantedBest
    test: PlantedBest


@dataclass(frozen=True)
class SyntheticRows:
    """Generated clicks with their true probabilities.

    Attributes:
        columns: cells per feature, in the schema's order, as they stand in the file.

    Shapes:
        columns: `[n]` bytes each. label: `[n]` int64. probability: `[n]` float64.
    """

    columns: dict[str, npt.NDArray[np.bytes_]]
    label: npt.NDArray[np.int64]
    probability: npt.NDArray[np.float64]


def generate_synthetic_log(config: DatasetConfig, cache: Path) -> Path:
    """Returns the folder with `train.tsv`, `valid.tsv`, `test.tsv` and the truth, writing it where it is not there."""
    folder = cache / config.name / f"v{VERSION}"
    with cache_lock(folder):
        if not folder.is_dir():
            _write_log(config, folder)
    return folder


def read_planted_truth(folder: Path) -> PlantedTruth | None:
    """Returns the truth that stands beside a synthetic log, None where there is none."""
    path = folder / _TRUTH_FILE
    if not path.is_file():
        return None
    return parse_config(json.loads(path.read_text(encoding="utf-8")), PlantedTruth, where=str(path))


def plant_rows(config: DatasetConfig, num_rows: int, seed: int) -> SyntheticRows:
    """Draws `num_rows` clicks; the same arguments give the same rows."""
    rng = np.random.default_rng(seed)
    columns: dict[str, npt.NDArray[np.bytes_]] = {}
    schema = config.features
    # What makes a visitor active shows in all counts at once.
    activity = rng.standard_normal(num_rows)
    numbers = np.empty((num_rows, schema.num_dense))
    for index, number in enumerate(schema.dense):
        columns[number.name], numbers[:, index] = _draw_counts(rng, activity, index)
    ids = np.empty((num_rows, schema.num_sparse), np.int64)
    for index, category in enumerate(schema.sparse):
        columns[category.name], ids[:, index] = _draw_categories(rng, num_rows, category, _SPARSE_MISSING[index])
    probability = _plant_probability(rng, numbers, ids, schema.vocabulary_sizes)
    label = (rng.random(num_rows) < probability).astype(np.int64)
    return SyntheticRows(columns, label, probability)


def _write_log(config: DatasetConfig, folder: Path) -> None:
    rows = plant_rows(config, sum(NUM_ROWS.values()), SEED)
    cells = [rows.label.astype("S1"), *(rows.columns[name] for name in config.format.columns[1:])]
    lines = [b"\t".join(line) + b"\n" for line in zip(*(column.tolist() for column in cells), strict=True)]
    truth = {}
    start = 0
    with replace_folder(folder) as temporary:
        for split in SPLITS:
            part = slice(start, start + NUM_ROWS[split])
            (temporary / f"{split}.tsv").write_bytes(b"".join(lines[part]))
            truth[split] = _score(rows.label[part], rows.probability[part])
            start = part.stop
        (temporary / _TRUTH_FILE).write_text(json.dumps(truth, indent=2) + "\n", encoding="utf-8")


def _score(label: npt.NDArray[np.int64], probability: npt.NDArray[np.float64]) -> dict[str, float]:
    from sklearn.metrics import log_loss, roc_auc_score

    return {
        "log_loss": float(log_loss(label, probability)),
        "auc": float(roc_auc_score(label, probability)),
        "positive_share": float(label.mean()),
    }


def _draw_counts(
    rng: np.random.Generator, activity: npt.NDArray[np.float64], index: int
) -> tuple[npt.NDArray[np.bytes_], npt.NDArray[np.float64]]:
    """Draws log-normal counts; returns their cells and what a model reads of them, standardised."""
    spread = rng.uniform(0.9, 1.6)
    noise = rng.standard_normal(len(activity))
    count = np.floor(_MEDIANS[index] * np.exp(spread * (0.5 * activity + 0.85 * noise))).astype(np.int64)
    if index == 1:
        count -= 1  # I2 of the Criteo log knows small negative values
    missing = rng.random(len(count)) < _DENSE_MISSING[index]
    read = np.log(np.maximum(np.where(missing, 0, count), 0) + 1.0)
    return np.where(missing, b"", count.astype("S20")), (read - read.mean()) / read.std()


def _draw_categories(
    rng: np.random.Generator, num_rows: int, feature: SparseFeature, missing_share: float
) -> tuple[npt.NDArray[np.bytes_], npt.NDArray[np.int64]]:
    """Draws categories of Zipf's law; returns their cells and their rows in the table, 0 where missing.

    Every category has a hash of its own, and no two of them share a row of the table.
    """
    num_categories = feature.vocabulary_size - 1
    popularity = np.arange(1, num_categories + 1) ** -_ZIPF_EXPONENT
    slots = rng.permutation(num_categories)
    multiples = rng.integers(0, 2**_HASH_BITS // num_categories - 1, num_categories)
    names = np.array([b"%08x" % value for value in (slots + num_categories * multiples).tolist()])
    rank = np.searchsorted(np.cumsum(popularity) / popularity.sum(), rng.random(num_rows), side="right")
    rank = np.minimum(rank, num_categories - 1)
    missing = rng.random(num_rows) < missing_share
    return np.where(missing, b"", names[rank]), np.where(missing, 0, slots[rank] + 1)


def _plant_probability(
    rng: np.random.Generator,
    numbers: npt.NDArray[np.float64],
    ids: npt.NDArray[np.int64],
    table_sizes: tuple[int, ...],
) -> npt.NDArray[np.float64]:
    """Returns the probability of a click of every row.

    Shapes:
        numbers: `[n, N]`. ids: `[n, F]`. returns: `[n]`.
    """
    logit = numbers @ rng.normal(0.0, 0.12, numbers.shape[1])
    logit += np.abs(numbers) @ rng.normal(0.0, 0.25, numbers.shape[1])
    factors = []
    for column, size in enumerate(table_sizes):
        logit += rng.normal(0.0, 0.1, size)[ids[:, column]]
        if size <= _MAX_INTERACTING_ROWS:
            factors.append(rng.normal(0.0, 1.0, (size, _FACTORS))[ids[:, column]])
    for left in range(len(factors)):
        for right in range(left):
            logit += 0.22 * (factors[left] * factors[right]).sum(axis=1)
        logit += 0.25 * numbers[:, left] * factors[left][:, 0]
    return 1.0 / (1.0 + np.exp(-(logit + _intercept(logit))))


def _intercept(logit: npt.NDArray[np.float64]) -> float:
    """Returns what has to be added so that the mean probability is `BASE_RATE`, by bisection."""
    low, high = -50.0, 50.0
    for _ in range(60):
        middle = (low + high) / 2
        if (1.0 / (1.0 + np.exp(-(logit + middle)))).mean() < BASE_RATE:
            low = middle
        else:
            high = middle
    return (low + high) / 2
