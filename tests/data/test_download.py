"""The downloader against a server on the loopback that knows Range, breaks connections and serves wrong content."""

import hashlib
import io
import tarfile
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from nasrec_tf.data import download as download_module
from nasrec_tf.data.dataset_config import Download, Member
from nasrec_tf.data.download import fetch
from nasrec_tf.errors import DataError

CONTENT = bytes(range(256)) * 2000
MD5 = hashlib.md5(CONTENT, usedforsecurity=False).hexdigest()


class Server:
    """Serves `body`; `break_after` bytes of an answer cut the connection, as often as `num_breaks` says."""

    def __init__(self, body):
        self.body = body
        self.break_after = None
        self.num_breaks = 0
        self.knows_range = True
        self.status = None
        self.ranges = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                outer.answer(self)

            def log_message(self, *args):
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}/archive"
        self.thread = threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.01})
        self.thread.start()

    def answer(self, handler):
        asked = handler.headers.get("Range")
        self.ranges.append(asked)
        if self.status:
            handler.send_error(self.status)
            return
        start = int(asked.removeprefix("bytes=").rstrip("-")) if asked and self.knows_range else 0
        total = len(self.body)
        if asked and self.knows_range and start >= total:
            handler.send_response(416)
            handler.send_header("Content-Range", f"bytes */{total}")
            handler.end_headers()
            return
        handler.send_response(206 if start else 200)
        if start:
            handler.send_header("Content-Range", f"bytes {start}-{total - 1}/{total}")
        handler.send_header("Content-Length", str(total - start))
        handler.end_headers()
        sent = self.body[start:]
        if self.num_breaks:
            self.num_breaks -= 1
            sent = sent[: self.break_after]
        handler.wfile.write(sent)

    def close(self):
        self.http.shutdown()
        self.http.server_close()
        self.thread.join()


@pytest.fixture
def archive():
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as opened:
        opened.writestr("inside/train.csv", CONTENT)
        opened.writestr("inside/other.csv", b"not wanted")
    return packed.getvalue()


@pytest.fixture
def server(archive):
    server = Server(archive)
    yield server
    server.close()


def describe(*urls, md5=MD5, kind="zip", size_bytes=None):
    members = (Member("train.csv", md5),)
    return Download(urls, kind, members, needs_acceptance=False, verified="here", size_bytes=size_bytes)


def run(download, folder):
    fetch(download, folder, title="A log", licence="Free for research")


def test_members_arrive_and_nothing_else_stays(server, tmp_path, caplog):
    run(describe(server.url, size_bytes=1234), tmp_path / "log")
    assert (tmp_path / "log" / "train.csv").read_bytes() == CONTENT
    assert [path.name for path in (tmp_path / "log").iterdir()] == ["train.csv"]
    assert server.url in caplog.text
    assert "1,234 bytes" in caplog.text
    assert "Free for research" in caplog.text
    run(describe(server.url), tmp_path / "log")
    assert len(server.ranges) == 1


def test_a_broken_connection_is_continued_where_it_ended(server, archive, tmp_path):
    server.break_after, server.num_breaks = len(archive) // 3, 2
    run(describe(server.url), tmp_path)
    assert (tmp_path / "train.csv").read_bytes() == CONTENT
    assert server.ranges == [None, f"bytes={len(archive) // 3}-", f"bytes={2 * (len(archive) // 3)}-"]


def test_a_later_run_continues_what_an_earlier_one_left(server, archive, tmp_path):
    server.break_after, server.num_breaks = 0, 9
    (tmp_path / ".archive-0.part").write_bytes(archive[:1000])
    with pytest.raises(DataError, match="ended after 1,000 of"):
        run(describe(server.url), tmp_path)
    assert (tmp_path / ".archive-0.part").read_bytes() == archive[:1000]
    server.num_breaks = 0
    run(describe(server.url), tmp_path)
    assert (tmp_path / "train.csv").read_bytes() == CONTENT
    assert server.ranges[-1] == "bytes=1000-"


def test_a_part_that_is_already_whole_is_used(server, archive, tmp_path):
    (tmp_path / ".archive-0.part").write_bytes(archive)
    run(describe(server.url), tmp_path)
    assert (tmp_path / "train.csv").read_bytes() == CONTENT


def test_a_part_longer_than_the_archive_is_thrown_away(server, archive, tmp_path):
    (tmp_path / ".archive-0.part").write_bytes(archive + b"more")
    run(describe(server.url), tmp_path)
    assert (tmp_path / "train.csv").read_bytes() == CONTENT


def test_a_server_without_range_starts_over(server, archive, tmp_path):
    server.knows_range = False
    server.break_after, server.num_breaks = len(archive) // 2, 1
    run(describe(server.url), tmp_path)
    assert (tmp_path / "train.csv").read_bytes() == CONTENT


def test_a_wrong_checksum_leaves_nothing_behind(server, tmp_path):
    with pytest.raises(DataError, match=f"must have the MD5 {'0' * 32}. Received: {MD5}"):
        run(describe(server.url, md5="0" * 32), tmp_path / "log")
    assert list((tmp_path / "log").iterdir()) == []


def test_the_next_address_is_tried_and_failures_are_listed(server, tmp_path):
    other = Server(server.body)
    try:
        other.status = 404
        run(describe(other.url, server.url), tmp_path)
        assert (tmp_path / "train.csv").read_bytes() == CONTENT
        server.status = 503
        with pytest.raises(DataError, match=r"404.*; .*503"):
            run(describe(other.url, server.url), tmp_path / "second")
    finally:
        other.close()


def test_nobody_listening_is_a_clear_error(tmp_path):
    with pytest.raises(DataError, match="no address gave the archive .*refused"):
        run(describe("http://127.0.0.1:9/archive"), tmp_path)


def test_a_silent_server_runs_into_the_time_limit(tmp_path, monkeypatch):
    import socket

    monkeypatch.setattr(download_module, "TIMEOUT_S", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(DataError, match="timed out"):
        run(describe(f"http://127.0.0.1:{silent.getsockname()[1]}/archive"), tmp_path)


def test_an_archive_that_is_none_or_lacks_a_member(server, tmp_path):
    server.body = b"<html>moved</html>"
    for kind in ("zip", "tar.gz"):
        with pytest.raises(DataError, match="cannot be unpacked"):
            run(describe(server.url, kind=kind), tmp_path / kind)
        assert list((tmp_path / kind).iterdir()) == []
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as opened:
        opened.writestr("readme.txt", b"moved")
    server.body = packed.getvalue()
    with pytest.raises(DataError, match=r"lacks \['train.csv'\]"):
        run(describe(server.url), tmp_path)


def test_tar_archives(server, tmp_path):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as opened:
        for name, content in [("readme.txt", b"hello"), ("train.csv", CONTENT)]:
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            opened.addfile(entry, io.BytesIO(content))
    server.body = packed.getvalue()
    run(describe(server.url, kind="tar.gz"), tmp_path)
    assert (tmp_path / "train.csv").read_bytes() == CONTENT
    server.body = packed.getvalue()[: len(packed.getvalue()) // 2]
    with pytest.raises(DataError, match="cannot be unpacked"):
        run(describe(server.url, kind="tar.gz"), tmp_path / "cut")
