"""Writing files and folders so that a kill at any moment leaves the old content or the new, never half."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def replace_file(path: str | Path) -> Iterator[Path]:
    """Yields a temporary path beside `path`; on success it takes `path`'s place, on an error it is removed."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        temporary.chmod(0o644)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def replace_folder(path: str | Path) -> Iterator[Path]:
    """Yields an empty temporary folder beside `path`; on success it takes `path`'s place, on an error it is removed."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent))
    try:
        yield temporary
        temporary.chmod(0o755)
        discarded = temporary.with_suffix(".old")
        if path.exists():
            path.rename(discarded)
        temporary.rename(path)
        shutil.rmtree(discarded, ignore_errors=True)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def write_text(path: str | Path, text: str) -> None:
    """Writes `text` to `path` as one step."""
    with replace_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
