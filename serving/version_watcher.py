"""`VersionWatcher`: keeps the latest version under a base path loaded."""

import threading
import time
import weakref
from dataclasses import dataclass
from pathlib import Path

import grpc
from absl import logging

from nasrec_tf.errors import ConfigError, NotReadyError
from serving.protocol import ModelVersionStatus, tf
from serving.servable import Servable, find_versions, load_servable


@dataclass(frozen=True)
class VersionState:
    """Where a version is in its life (`ModelVersionStatus.State`), and what went wrong if it ended early."""

    state: int
    error_code: int = 0
    error_text: str = ""


@dataclass(frozen=True)
class _Failure:
    num_attempts: int
    retry_at_s: float


class VersionWatcher:
    """Polls a base path and serves the highest version in it, as TF Serving's default policy does.

    A new version is loaded completely before it replaces the old one, whose requests finish on it. A version that
    fails to load is tried `max_load_retries` more times and then ends with its error; it never replaces a good one.
    A base path that holds no version unloads the model; one that cannot be listed changes nothing.

    Raises:
        ConfigError: if a name is missing, the base path is relative, or a number is below its bound.
    """

    def __init__(
        self,
        model_name: str,
        base_path: str | Path,
        *,
        poll_wait_s: float = 1.0,
        max_load_retries: int = 5,
        retry_wait_s: float = 60.0,
    ) -> None:
        if not model_name:
            raise ConfigError("`model_name` must not be empty. Received: ''. Give the name clients ask for.")
        if not Path(base_path).is_absolute():
            raise ConfigError(
                f"Expected model {model_name} to have an absolute path or URI; got base_path()={base_path}. "
                f"Give `model_base_path` as the absolute path of the folder that holds the version folders."
            )
        settings = {"poll_wait_s": poll_wait_s, "max_load_retries": max_load_retries, "retry_wait_s": retry_wait_s}
        for name, value in settings.items():
            if not value >= 0:
                raise ConfigError(f"`{name}` must be at least 0. Received: {value}. Give 0 or more.")
        self.model_name = model_name
        self.base_path = Path(base_path)
        self._poll_wait_s = poll_wait_s
        self._max_load_retries = max_load_retries
        self._retry_wait_s = retry_wait_s
        self._served: Servable | None = None
        self._states: dict[int, VersionState] = {}
        self._failures: dict[int, _Failure] = {}
        self._complaint = ""
        self._changed = threading.Condition()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, name=f"versions of {model_name}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Stops polling; a load that is under way is awaited."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def find(self, version: int | None = None) -> Servable | None:
        """Returns the served version, or None if none is or it is not the asked one."""
        served = self._served
        return served if served is not None and version in {None, served.version} else None

    def states(self) -> dict[int, VersionState]:
        """Returns every version met so far, highest first."""
        return dict(sorted(self._states.copy().items(), reverse=True))

    def wait_until_served(self, timeout_s: float | None = None) -> Servable:
        """Waits for the first version, for ever by default, as the real server does.

        Raises:
            NotReadyError: if the version ended with an error, or the time is over.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._served is not None or self._given_up(), timeout_s)
        if self._served is not None:
            return self._served
        if self._given_up():
            version, state = next(iter(self.states().items()))
            raise NotReadyError(
                f"1 servable(s) did not become available: {{name: {self.model_name} version: {version}}} due to "
                f"error: {state.error_text} Push a sound version under {self.base_path} and start again."
            )
        raise NotReadyError(
            f"`model_base_path` must hold a version of {self.model_name} that loads within {timeout_s} s. "
            f"Received: {self._complaint or self.base_path}. Push a version there."
        )

    def _given_up(self) -> bool:
        latest = next(iter(self.states().values()), None)
        return latest is not None and latest.state == ModelVersionStatus.END and latest.error_code != 0

    def _watch(self) -> None:
        while True:
            self._poll()
            if self._poll_wait_s == 0 and not self._is_retrying():
                return
            if self._stopping.wait(self._poll_wait_s or self._retry_wait_s):
                return

    def _is_retrying(self) -> bool:
        return any(failure.num_attempts <= self._max_load_retries for failure in self._failures.values())

    def _poll(self) -> None:
        try:
            present = find_versions(self.base_path)
        except OSError as error:
            self._complain(f"Could not find base path {self.base_path} for servable {self.model_name}: {error}")
            return
        if not present:
            self._complain(
                f"No versions of servable {self.model_name} found under base path {self.base_path}. "
                f"Did you forget to name your leaf directory as a number (eg. '/1/')?"
            )
            self._serve(None)
            return
        self._complaint = ""
        latest = max(present)
        self._forget_failures(except_of=latest)
        if self._served is None or self._served.version != latest:
            self._try_to_load(latest, present[latest])

    def _complain(self, text: str) -> None:
        if text != self._complaint:
            logging.warning(text)
            self._complaint = text

    def _forget_failures(self, *, except_of: int) -> None:
        for version in [version for version in self._failures if version != except_of]:
            del self._failures[version]
            if self._states[version].state == ModelVersionStatus.LOADING:
                self._set_state(version, VersionState(ModelVersionStatus.END))

    def _try_to_load(self, version: int, path: Path) -> None:
        failure = self._failures.get(version, _Failure(0, 0.0))
        if failure.num_attempts > self._max_load_retries or time.monotonic() < failure.retry_at_s:
            return
        self._set_state(version, VersionState(ModelVersionStatus.LOADING))
        try:
            servable = load_servable(self.model_name, version, path)
        except Exception as error:  # noqa: BLE001 (a broken model may raise anything, and must not end the watch)
            self._record_failure(version, failure.num_attempts + 1, error)
        else:
            self._failures.pop(version, None)
            self._serve(servable)

    def _record_failure(self, version: int, num_attempts: int, error: Exception) -> None:
        self._failures[version] = _Failure(num_attempts, time.monotonic() + self._retry_wait_s)
        text = f"{type(error).__name__}: {error}"
        if num_attempts <= self._max_load_retries:
            logging.warning(
                "loading %s version %d failed, retry %d of %d in %g s: %s",
                *(self.model_name, version, num_attempts, self._max_load_retries, self._retry_wait_s, text),
            )
            return
        logging.error("giving up on %s version %d: %s", self.model_name, version, text)
        self._set_state(version, VersionState(ModelVersionStatus.END, _error_code(error), text))

    def _serve(self, servable: Servable | None) -> None:
        replaced, self._served = self._served, servable
        if servable is not None:
            logging.info("serving %s version %d", self.model_name, servable.version)
            self._set_state(servable.version, VersionState(ModelVersionStatus.AVAILABLE))
        if replaced is not None:
            self._set_state(replaced.version, VersionState(ModelVersionStatus.UNLOADING))
            weakref.finalize(replaced, self._end_unloading, replaced.version).atexit = False

    def _end_unloading(self, version: int) -> None:
        # Called when the last request lets go of a servable, in whatever thread that is, so it must not take the lock.
        # The version may have been loaded anew meanwhile.
        if self._states[version].state == ModelVersionStatus.UNLOADING:
            self._states[version] = VersionState(ModelVersionStatus.END)

    def _set_state(self, version: int, state: VersionState) -> None:
        with self._changed:
            self._states[version] = state
            self._changed.notify_all()


def _error_code(error: Exception) -> int:
    if isinstance(error, tf.errors.OpError):
        return int(error.error_code)
    code = grpc.StatusCode.NOT_FOUND if isinstance(error, OSError) else grpc.StatusCode.UNKNOWN
    return int(code.value[0])
