"""Serves a model over TF Serving's gRPC protocol, from Python: for development, tests and small deployments.

$ python -m serving.server --port=8500 --model_name=ctr --model_base_path=/abs/path

Serves the highest numbered version under the base path and swaps to a newer one without failing a request. As the
real server does, it waits for the first version with its port closed, and gives up if that version cannot be loaded.
Prints one line when ready. SIGTERM and Ctrl-C let the requests under way finish, then exit with 0. Other exit codes:
2 wrong flags, 4 the port is taken or the model cannot be loaded.
"""

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType

import grpc
from absl import flags, logging

from nasrec_tf.command_line import run_command
from nasrec_tf.errors import ConfigError, NotReadyError

# The real server's numbers: a version that is still being copied gets five minutes.
_MAX_LOAD_RETRIES = 5
_RETRY_WAIT_S = 60.0
# The real server takes 2 GiB; here a small message may decode to a tensor of this size, in every thread.
_MAX_MESSAGE_BYTES = 256 * 2**20
_DRAIN_S = 30.0


class EmbeddedServer:
    """The server in this process: `with EmbeddedServer("ctr", base_path) as server: connect(server.target)`.

    Args:
        port: 0 picks a free one; `target` says which.
        host: the loopback by default, because the protocol has no authentication.
        poll_wait_s, max_load_retries, retry_wait_s: see `VersionWatcher`.
        startup_timeout_s: how long to wait for the first version; None waits for ever.
        num_threads: requests computed at a time; four per processor by default.
        max_message_bytes: bound of a message and of a tensor in it.
    Raises:
        ConfigError: if an argument breaks a rule.
        NotReadyError: on start, if no version can be served or the port is taken.
    """

    def __init__(
        self,
        model_name: str,
        base_path: str | Path,
        port: int = 0,
        *,
        host: str = "127.0.0.1",
        poll_wait_s: float = 1.0,
        max_load_retries: int = _MAX_LOAD_RETRIES,
        retry_wait_s: float = _RETRY_WAIT_S,
        startup_timeout_s: float | None = None,
        num_threads: int | None = None,
        max_message_bytes: int = _MAX_MESSAGE_BYTES,
    ) -> None:
        from serving.version_watcher import VersionWatcher

        if not 0 <= port <= 65535:
            raise ConfigError(f"`port` must be from 0 to 65535. Received: {port}. 0 picks a free one.")
        self.watcher = VersionWatcher(
            model_name,
            base_path,
            poll_wait_s=poll_wait_s,
            max_load_retries=max_load_retries,
            retry_wait_s=retry_wait_s,
        )
        self._address = f"{host}:{port}"
        self._host = host
        self._startup_timeout_s = startup_timeout_s
        self._max_message_bytes = max_message_bytes
        self._threads = ThreadPoolExecutor(num_threads or 4 * (os.cpu_count() or 1), "request")
        self._server = self._build_server()
        self.target = ""

    def start(self) -> None:
        """Waits for the first version, then opens the port."""
        try:
            self.watcher.start()
            self.watcher.wait_until_served(self._startup_timeout_s)
            self.target = f"{self._host}:{self._bind()}"
            self._server.start()
        except BaseException:
            self.stop(drain_s=0.0)
            raise

    def stop(self, drain_s: float = _DRAIN_S) -> None:
        """Refuses new requests, lets those under way finish for up to `drain_s`, and unloads the model."""
        self._server.stop(drain_s).wait()
        self.watcher.stop()
        self._threads.shutdown(wait=False, cancel_futures=True)

    def __enter__(self) -> "EmbeddedServer":
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def _build_server(self) -> grpc.Server:
        from serving.protocol import model_service_pb2_grpc, prediction_service_pb2_grpc
        from serving.servicer import ModelServicer, PredictionServicer

        options = [
            ("grpc.max_receive_message_length", self._max_message_bytes),
            ("grpc.max_send_message_length", self._max_message_bytes),
            # Without it a second server on the same port starts, and requests go to either.
            ("grpc.so_reuseport", 0),
        ]
        server = grpc.server(self._threads, options=options)
        models = {self.watcher.model_name: self.watcher}
        prediction = PredictionServicer(models, max_tensor_bytes=self._max_message_bytes)
        prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(prediction, server)
        model_service_pb2_grpc.add_ModelServiceServicer_to_server(ModelServicer(models), server)
        return server

    def _bind(self) -> int:
        try:
            return int(self._server.add_insecure_port(self._address))
        except RuntimeError as error:
            raise NotReadyError(
                f"`port` must be free on `host`. Received: {self._address}, which cannot be bound. "
                f"Stop what uses it, or give another --port (0 picks a free one)."
            ) from error


def define_flags(values: flags.FlagValues) -> None:
    """Names and defaults are TF Serving's where it has them."""
    flags.DEFINE_integer("port", 8500, "port of the gRPC API; 0 picks a free one", 0, 65535, flag_values=values)
    flags.DEFINE_string("host", "127.0.0.1", "address to listen on", flag_values=values)
    flags.DEFINE_string("model_name", "default", "name that clients ask for", flag_values=values)
    flags.DEFINE_string("model_base_path", "", "absolute path of the version folders (required)", flag_values=values)
    flags.DEFINE_float(
        "file_system_poll_wait_seconds",
        1,
        "time between two looks for a new version; 0: one look",
        0,
        flag_values=values,
    )
    flags.DEFINE_integer(
        "max_num_load_retries", _MAX_LOAD_RETRIES, "more attempts to load a broken version", 0, flag_values=values
    )
    flags.DEFINE_integer(
        "load_retry_interval_micros", int(_RETRY_WAIT_S * 1e6), "time between two such attempts", 0, flag_values=values
    )
    flags.DEFINE_integer(
        "grpc_max_threads", None, "requests computed at a time (default: 4 per processor)", 1, flag_values=values
    )
    flags.DEFINE_integer(
        "max_message_bytes",
        _MAX_MESSAGE_BYTES,
        "bound of a message and a tensor in it",
        1,
        2**31 - 1,
        flag_values=values,
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Serves until a signal comes and returns the exit code."""
    return run_command("python -m serving.server", arguments, description=__doc__, define_flags=define_flags, run=_run)


def _run(values: flags.FlagValues, stray: list[str]) -> None:
    if stray:
        raise ConfigError(f"the server takes flags only. Received: {stray}. See --help.")
    # Both signals now end every wait below with the same exception.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with contextlib.suppress(KeyboardInterrupt):
        _serve(values)


def _serve(values: flags.FlagValues) -> None:
    server = EmbeddedServer(
        values.model_name,
        values.model_base_path,
        values.port,
        host=values.host,
        poll_wait_s=values.file_system_poll_wait_seconds,
        max_load_retries=values.max_num_load_retries,
        retry_wait_s=values.load_retry_interval_micros * 1e-6,
        num_threads=values.grpc_max_threads,
        max_message_bytes=values.max_message_bytes,
    )
    with server:
        version = server.watcher.wait_until_served().version
        print(f"serving {values.model_name} version {version} at {server.target}", flush=True)
        # From here on, standard error tells every swap of versions.
        logging.set_verbosity(logging.INFO)
        threading.Event().wait()


if __name__ == "__main__":
    sys.exit(main())
