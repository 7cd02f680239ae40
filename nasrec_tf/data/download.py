"""Fetching an archive: licence and size shown, resumable, verified before anything appears under its final name."""

import contextlib
import hashlib
import http.client
import logging
import tarfile
import urllib.error
import urllib.request
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from nasrec_tf.atomic_file import replace_file
from nasrec_tf.data.cache_lock import cache_lock
from nasrec_tf.data.dataset_config import Download, Member
from nasrec_tf.errors import DataError

TIMEOUT_S = 30.0
CHUNK_BYTES = 1 << 20

_LOG = logging.getLogger(__name__)
_HTTP_PARTIAL = 206
_HTTP_RANGE_NOT_SATISFIABLE = 416


def fetch(download: Download, folder: Path, *, title: str, licence: str) -> None:
    """Puts the members of an archive into `folder`; does nothing if they are there.

    An interrupted transfer leaves a `.part` file, which the next call continues.

    Raises:
        DataError: if no address answers, or a member is missing or has another checksum than stated.
    """
    with cache_lock(folder):
        if all((folder / member.name).is_file() for member in download.members):
            return
        folder.mkdir(parents=True, exist_ok=True)
        size = f"{download.size_bytes:,} bytes" if download.size_bytes else "size not stated"
        _LOG.warning("Downloading %s from %s (%s). Licence: %s", title, download.urls[0], size, licence)
        archive = _fetch_archive(download, folder)
        try:
            _extract(download, archive, folder)
        finally:
            archive.unlink()


def _fetch_archive(download: Download, folder: Path) -> Path:
    """Returns the whole archive, from the first address that gives it."""
    problems = []
    for number, url in enumerate(download.urls):
        part = folder / f".archive-{number}.part"
        size_before = -1
        # A broken transfer is continued as long as every attempt gets further.
        while (size := part.stat().st_size if part.exists() else 0) > size_before:
            size_before = size
            try:
                _continue_transfer(url, part, size)
            except (OSError, http.client.HTTPException) as error:  # URLError and time-outs are OSErrors
                problem = f"{url}: {error}"
            else:
                return part
        problems.append(problem)
    raise DataError("no address gave the archive (" + "; ".join(problems) + ")")


def _continue_transfer(url: str, part: Path, have_bytes: int) -> None:
    """Appends to `part` what is missing; raises an OSError if the connection ends before the end."""
    from tqdm import tqdm

    headers = {"User-Agent": "nasrec_tf", **({"Range": f"bytes={have_bytes}-"} if have_bytes else {})}
    request = urllib.request.Request(url, headers=headers)  # noqa: S310 (`Download` admits http and https only)
    try:
        response = urllib.request.urlopen(request, timeout=TIMEOUT_S)  # noqa: S310
    except urllib.error.HTTPError as error:
        if error.code != _HTTP_RANGE_NOT_SATISFIABLE:
            raise
        if error.headers.get("Content-Range") == f"bytes */{have_bytes}":
            return  # all of it was there
        part.unlink()  # what was there is not this archive
        _continue_transfer(url, part, 0)
        return
    with response:
        continues = response.status == _HTTP_PARTIAL and str(response.headers.get("Content-Range")).startswith(
            f"bytes {have_bytes}-"
        )
        start = have_bytes if continues else 0
        length = response.headers.get("Content-Length")
        total = start + int(length) if length else None
        with (
            part.open("ab" if continues else "wb") as file,
            tqdm(
                total=total, initial=start, unit="B", unit_scale=True, desc=part.parent.name, disable=None
            ) as progress,
        ):
            while chunk := response.read(CHUNK_BYTES):
                file.write(chunk)
                progress.update(len(chunk))
            received = file.tell()
    if total is not None and received < total:
        raise ConnectionError(f"the connection ended after {received:,} of {total:,} bytes")


def _extract(download: Download, archive: Path, folder: Path) -> None:
    wanted = {member.name: member for member in download.members}
    try:
        for name, stream in _open_members(archive, download.archive):
            if member := wanted.pop(name, None):
                _save_member(stream, member, folder / name)
    except (zipfile.BadZipFile, tarfile.TarError, EOFError, zlib.error, OSError) as error:
        raise DataError(f"the archive from {download.urls[0]} cannot be unpacked ({error}). Fetch it again.") from error
    if wanted:
        raise DataError(f"the archive from {download.urls[0]} lacks {sorted(wanted)}. Its publisher changed it.")


def _open_members(archive: Path, kind: str) -> Iterator[tuple[str, IO[bytes]]]:
    """Yields (plain file name, content) of every file in the archive."""
    if kind == "zip":
        with zipfile.ZipFile(archive) as opened:
            for entry in opened.infolist():
                if not entry.is_dir():
                    with opened.open(entry) as stream:
                        yield Path(entry.filename).name, stream
        return
    with tarfile.open(archive, "r|gz") as opened_tar:
        for tar_entry in opened_tar:
            extracted = opened_tar.extractfile(tar_entry)
            if extracted is not None:
                with contextlib.closing(extracted):
                    yield Path(tar_entry.name).name, extracted


def _save_member(stream: IO[bytes], member: Member, path: Path) -> None:
    digest = hashlib.md5(usedforsecurity=False)  # the checksum that publishers state
    with replace_file(path) as temporary:
        with temporary.open("wb") as file:
            while chunk := stream.read(CHUNK_BYTES):
                digest.update(chunk)
                file.write(chunk)
        if digest.hexdigest() != member.md5:
            raise DataError(
                f"{member.name} must have the MD5 {member.md5}. Received: {digest.hexdigest()}. The download is "
                f"removed; run again to fetch it afresh, and if this stays, its publisher changed it."
            )
