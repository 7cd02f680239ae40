"""One process at a time in a folder of the cache."""

import contextlib
import fcntl
from collections.abc import Iterator
from pathlib import Path

from nasrec_tf.errors import DataError


@contextlib.contextmanager
def cache_lock(folder: Path) -> Iterator[None]:
    """Waits until no other process holds `folder`; the system lets go of it when a process dies.

    Raises:
        DataError: if the cache cannot be written.
    """
    with contextlib.ExitStack() as stack:
        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
            handle = stack.enter_context(folder.with_name(f".{folder.name}.lock").open("w"))
            fcntl.flock(handle, fcntl.LOCK_EX)
        except OSError as error:
            raise DataError(
                f"the cache must be a folder that can be written. Received: {folder.parent} ({error.strerror}). Name "
                f"another one by NASREC_CACHE."
            ) from error
        yield
