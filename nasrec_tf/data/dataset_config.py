"""`DatasetConfig`: one click log as data: how its files look, which make which split, where they may be had."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from nasrec_tf.config import STRICT, find_config, load_config
from nasrec_tf.errors import InvalidSpecError
from nasrec_tf.space.feature_schema import FeatureSchema

Split = Literal["train", "valid", "test"]
SPLITS: tuple[Split, ...] = ("train", "valid", "test")


@dataclass(frozen=True)
class FileFormat:
    """How the lines of a raw file look. Cells are never quoted; an empty cell is a missing value.

    Attributes:
        delimiter: one character.
        columns: every column of the file, in its order.
        has_header: whether the first line repeats the column names.
    """

    __pydantic_config__ = STRICT

    delimiter: str
    columns: tuple[str, ...]
    has_header: bool

    def __post_init__(self) -> None:
        if len(self.delimiter.encode()) != 1 or self.delimiter in "\r\n":
            raise InvalidSpecError(f"`delimiter` must be one ASCII character. Received: {self.delimiter!r}.")
        if len(set(self.columns)) < max(len(self.columns), 2):
            raise InvalidSpecError(f"`columns` must be at least two different names. Received: {[*self.columns]}.")


@dataclass(frozen=True)
class FoldCounts:
    """How many of equal, label-stratified folds each split gets."""

    __pydantic_config__ = STRICT

    train: int
    valid: int = 0
    test: int = 0

    def __post_init__(self) -> None:
        if min(self.train, self.valid, self.test) < 0 or self.train < 1:
            raise InvalidSpecError(f"`folds` must be whole numbers, at least one of them for train. Received: {self}.")

    @property
    def total(self) -> int:
        return self.train + self.valid + self.test


@dataclass(frozen=True)
class Layout:
    """One way in which a folder may hold a data set.

    Attributes:
        train: files of the training split, read in this order; a name also stands for the same name with ".gz".
        valid, test: files of these splits; empty where `folds` cuts the split from the training files.
        folds: how the rows of the training files are shared out.
        drop_repeated_rows: leave out the rows of training files that repeat, cell for cell, an earlier one or one of a
            valid or test file. For samples that were drawn several times from one log; needs memory for all rows.
        note: what a reader of results must know about these files.
    """

    __pydantic_config__ = STRICT

    train: tuple[str, ...]
    valid: tuple[str, ...] = ()
    test: tuple[str, ...] = ()
    folds: FoldCounts = FoldCounts(train=1)
    drop_repeated_rows: bool = False
    note: str = ""

    def __post_init__(self) -> None:
        if not self.train:
            raise InvalidSpecError("`train` of a layout must name at least one file. Received: none.")
        for split in ("valid", "test"):
            if bool(getattr(self, split)) == bool(getattr(self.folds, split)):
                raise InvalidSpecError(
                    f"split `{split}` of a layout must come either from files or from `folds`. Received: files "
                    f"{[*getattr(self, split)]} and {getattr(self.folds, split)} folds."
                )


@dataclass(frozen=True)
class Member:
    """One file inside a downloaded archive: its name there (also its name in the cache) and the MD5 of its content."""

    __pydantic_config__ = STRICT

    name: str
    md5: str


@dataclass(frozen=True)
class Download:
    """An archive that may be had from the network.

    Attributes:
        urls: mirrors, tried in this order.
        archive: kind of the archive.
        members: the files that are kept.
        size_bytes: size of the archive, None where no source states it.
        needs_acceptance: fetched only when explicitly asked: the licence wants a decision, or it is gigabytes.
        verified: what has been checked about this entry, and what could not be.
    """

    __pydantic_config__ = STRICT

    urls: tuple[str, ...]
    archive: Literal["zip", "tar.gz"]
    members: tuple[Member, ...]
    needs_acceptance: bool
    verified: str
    size_bytes: int | None = None

    def __post_init__(self) -> None:
        if not self.urls or not self.members:
            raise InvalidSpecError("`urls` and `members` of a download must not be empty. Received: an empty one.")
        for url in self.urls:
            if not url.startswith(("https://", "http://")):
                raise InvalidSpecError(f"`urls` must be http or https addresses. Received: {url}.")
        for member in self.members:
            if Path(member.name).name != member.name:
                raise InvalidSpecError(f"`name` of a member must be a plain file name. Received: {member.name}.")


# The protocol of the NASRec paper for a log that is one file.
ONE_FILE_FOLDS = FoldCounts(train=8, valid=1, test=1)


@dataclass(frozen=True)
class DatasetConfig:
    """One click log.

    Attributes:
        name: also the name of its folder inside a data folder.
        title, licence, citation: shown to people.
        format: how raw files look.
        layouts: ways in which a folder may hold it; the first whose files are all there is read.
        features: what a model reads. Names are column names of `format`, except for "zero" dense features.
        fold_seed: seed of the shuffle that shares rows out to folds; the same for every run, so that results compare.
        download: where an archive may be had, None where it may not.
        how_to_get: told to whoever lacks the files.
        synthetic_stand_in: whether the synthetic log may take its place where nothing real is reachable.
    Raises:
        InvalidSpecError: if a feature or the label is no column.
    """

    __pydantic_config__ = STRICT

    name: str
    title: str
    licence: str
    citation: str
    how_to_get: str
    format: FileFormat
    layouts: tuple[Layout, ...]
    features: FeatureSchema
    fold_seed: int = 2018
    download: Download | None = None
    synthetic_stand_in: bool = False

    def __post_init__(self) -> None:
        missing = [name for name in (self.features.label, *self.column_features) if name not in self.format.columns]
        if missing:
            raise InvalidSpecError(
                f"`features` of data set {self.name!r} must be columns of its files. Not among `columns`: {missing}."
            )
        if Path(self.name).name != self.name or self.name in {"", ".", ".."}:
            raise InvalidSpecError(f"`name` of a data set must be a plain folder name. Received: {self.name!r}.")

    @property
    def column_features(self) -> tuple[str, ...]:
        """Names of the features that stand in the file."""
        dense = [feature.name for feature in self.features.dense if feature.transform != "zero"]
        return (*dense, *self.features.sparse_names)

    @classmethod
    def from_yaml(cls, name_or_path: str | Path) -> "DatasetConfig":
        """Reads a preset (`criteo`, `avazu`, `frappe`, `synthetic`) or a YAML file of your own."""
        return load_config(find_config("dataset", name_or_path), cls)
