"""Every error this project raises on purpose, and the exit code the command line gives it.

A message states the rule with the argument in backquotes, the value received, and the remedy.
"""


class NasrecError(Exception):
    """Root of the tree; catch it to catch everything nasrec_tf raises on purpose."""

    exit_code = 1


class InvalidSpecError(NasrecError, ValueError):
    """A description (architecture, space, schema, hardware design) breaks one of its rules."""

    exit_code = 2


class ConfigError(NasrecError, ValueError):
    """A configuration file or flag has an unknown key, a missing key or a wrong type."""

    exit_code = 2


class DataError(NasrecError):
    """Input data is missing, unreadable or breaks its format."""

    exit_code = 3


class MalformedRowsError(DataError):
    """More rows of a click log are malformed than its reader was told to accept."""


class NotReadyError(NasrecError):
    """The environment lacks something (a package, a Keras version, a running server)."""

    exit_code = 4


class TrainingDivergedError(NasrecError):
    """The loss stopped being a finite number; the last good weights are kept."""

    exit_code = 5


class NotBlessedError(NasrecError):
    """A trained model did not pass its evaluation thresholds and was not pushed."""

    exit_code = 6
