"""Where a click log comes from: a folder one is told, the cache, a download, or the synthetic stand-in."""

import os
from dataclasses import dataclass
from pathlib import Path

from nasrec_tf.data.dataset_config import ONE_FILE_FOLDS, SPLITS, DatasetConfig, FoldCounts, Layout, Split
from nasrec_tf.data.download import fetch
from nasrec_tf.data.split import LogFiles
from nasrec_tf.data.synthetic import PlantedTruth, generate_synthetic_log, read_planted_truth
from nasrec_tf.errors import DataError

DATA_VARIABLE = "NASREC_DATA"
CACHE_VARIABLE = "NASREC_CACHE"
SYNTHETIC = "synthetic"


@dataclass(frozen=True)
class FoundLog:
    """A click log whose files are there.

    Attributes:
        source: one plain line on where they came from.
        planted: the truth of a synthetic log, None for a real one.
    """

    log: LogFiles
    source: str
    planted: PlantedTruth | None = None


def cache_directory() -> Path:
    """Returns the folder for what is downloaded or generated: NASREC_CACHE, or `nasrec_tf` in the user's cache."""
    if told := os.environ.get(CACHE_VARIABLE):
        return Path(told).expanduser()
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser() / "nasrec_tf"


def find_log(name_or_path: str | Path, *, data: str | Path | None = None, accept_licence: bool = False) -> FoundLog:
    """Looks for a click log in this order: `data`, NASREC_DATA, the cache, a download, the synthetic stand-in.

    Raises:
        DataError: if a folder one is told (`data` or NASREC_DATA) lacks the files, or nothing is left to try.
    """
    config = DatasetConfig.from_yaml(name_or_path)
    told = data if data is not None else os.environ.get(DATA_VARIABLE)
    if config.name == SYNTHETIC and data is None:
        return _synthetic("")
    if told is not None and str(told):
        return _from_told(config, Path(told).expanduser(), "data" if data is not None else DATA_VARIABLE)
    cached = cache_directory() / config.name
    if found := _from_folder(config, cached):
        return found
    reason = _download(config, cached, accept_licence)
    if found := _from_folder(config, cached):
        return found
    if config.synthetic_stand_in:
        return _synthetic(f" in place of {config.title} ({reason})")
    raise DataError(f"{config.title} could not be had: {reason}. {config.how_to_get}")


def _from_told(config: DatasetConfig, path: Path, argument: str) -> FoundLog:
    if path.is_file():
        files: dict[Split, tuple[Path, ...]] = {"train": (path,), "valid": (), "test": ()}
        return _found(config, LogFiles(config, files, ONE_FILE_FOLDS), str(path), "")
    for folder in (path / config.name, path):
        if found := _from_folder(config, folder):
            return found
    wanted = " or ".join("{" + ", ".join(_names(layout)) + "}" for layout in config.layouts)
    raise DataError(
        f"`{argument}` must be a file of {config.title}, or a folder that holds it (itself or in {config.name}/) as "
        f"{wanted}, each also with .gz. Received: {path}"
        f"{'' if path.exists() else ', which does not exist'}. {config.how_to_get}"
    )


def _names(layout: Layout) -> tuple[str, ...]:
    return (*layout.train, *layout.valid, *layout.test)


def _from_folder(config: DatasetConfig, folder: Path) -> FoundLog | None:
    for layout in config.layouts:
        found = {name: _existing(folder / name) for name in _names(layout)}
        paths = {name: path for name, path in found.items() if path is not None}
        if len(paths) < len(found):
            continue
        files: dict[Split, tuple[Path, ...]] = {
            split: tuple(paths[name] for name in getattr(layout, split)) for split in SPLITS
        }
        log = LogFiles(config, files, layout.folds, layout.drop_repeated_rows)
        return _found(config, log, str(folder), layout.note)
    return None


def _existing(path: Path) -> Path | None:
    packed = path.with_name(path.name + ".gz")
    return next((candidate for candidate in (path, packed) if candidate.is_file()), None)


def _found(config: DatasetConfig, log: LogFiles, place: str, note: str) -> FoundLog:
    planted = read_planted_truth(log.files["train"][0].parent) if config.name == SYNTHETIC else None
    return FoundLog(log, f"{config.title}, from {place}" + (f" ({note})" if note else ""), planted)


def _download(config: DatasetConfig, folder: Path, accept_licence: bool) -> str:
    """Fetches what may be fetched into `folder`; returns why nothing came, for people."""
    if config.download is None:
        return "it is nowhere on this machine and may not be downloaded without an account"
    if config.download.needs_acceptance and not accept_licence:
        return "it is nowhere on this machine, and its archive is fetched only with accept_licence=True"
    try:
        fetch(config.download, folder, title=config.title, licence=config.licence)
    except DataError as error:
        if accept_licence:
            raise
        return str(error)
    return "the archive lacks a file"


def _synthetic(instead: str) -> FoundLog:
    config = DatasetConfig.from_yaml(SYNTHETIC)
    folder = generate_synthetic_log(config, cache_directory())
    files: dict[Split, tuple[Path, ...]] = {split: (folder / f"{split}.tsv",) for split in SPLITS}
    source = f"{config.title}{instead}, from {folder}"
    return FoundLog(LogFiles(config, files, FoldCounts(train=1)), source, read_planted_truth(folder))
