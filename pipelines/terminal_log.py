"""What a run shows on the terminal: every component as it starts and ends, and not what TFX and Beam log."""

import contextlib
import logging
import time
import warnings
from collections.abc import Iterator


class _ComponentHandler(logging.Handler):
    """Prints the start and the end of every component; `LocalDagRunner` tells them by its log only."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self._started_s = 0.0

    def emit(self, record: logging.LogRecord) -> None:
        if record.msg == "Component %s is running.":
            self._started_s = time.monotonic()
            print(record.getMessage().split()[1], flush=True)
        elif record.msg == "A cached execution %d is used.":
            print("  unchanged, taken from an earlier run", flush=True)
        elif record.msg == "Component %s is finished.":
            print(f"  {time.monotonic() - self._started_s:.1f} s", flush=True)


@contextlib.contextmanager
def terminal_log(*, verbose: bool) -> Iterator[None]:
    """Shows the components, and with `verbose` also what the libraries say about themselves."""
    from absl import logging as absl_logging

    from nasrec_tf.legacy_keras import tf

    root = logging.getLogger()
    library_handler = logging.StreamHandler()
    # What matters of a failure reaches the caller as an exception.
    library_handler.setLevel(logging.INFO if verbose else logging.CRITICAL)
    root.addHandler(library_handler)
    if verbose:
        root.setLevel(logging.INFO)
    else:
        tf.get_logger().setLevel(logging.ERROR)
    component_handler = _ComponentHandler()
    logger = absl_logging.get_absl_logger()
    logger.addHandler(component_handler)
    # By verbosity, not by the logger's level, which TensorFlow resets whenever it saves a model.
    verbosity = absl_logging.get_verbosity()
    absl_logging.set_verbosity(absl_logging.INFO)
    try:
        with warnings.catch_warnings():
            if not verbose:
                warnings.simplefilter("ignore")
            yield
    finally:
        absl_logging.set_verbosity(verbosity)
        logger.removeHandler(component_handler)
        root.removeHandler(library_handler)
