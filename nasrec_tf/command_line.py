"""Running one command: flags in, exit code out, one line per error.

Exit codes, the same everywhere: 0 done; 2 wrong usage, configuration or description; 3 bad or missing data; 4 the
environment lacks something; 5 training diverged; 6 the model was not blessed; 130 stopped by Ctrl-C; 1 a bug.
"""

import os
import sys
import warnings
from collections.abc import Callable, Sequence

from absl import flags

from nasrec_tf.errors import NasrecError

USAGE_ERROR = 2
_INTERRUPTED = 130


def run_command(
    program: str,
    arguments: Sequence[str] | None,
    *,
    description: str | None,
    define_flags: Callable[[flags.FlagValues], None],
    run: Callable[[flags.FlagValues, list[str]], None],
) -> int:
    """Reads the flags, runs the command with them and its other arguments, and returns the exit code.

    Args:
        program: what the user types, "nasrec search".
        arguments: what follows that; None for those of this process.
        description: what `--help` shows above the flags.
    """
    # google.api_core on the age of this Python; it says nothing of what the user asked for.
    warnings.filterwarnings("ignore", "You are using a non-supported Python version", FutureWarning)
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    values = flags.FlagValues()
    define_flags(values)
    if {"-h", "--help"} & set(arguments):
        sys.stdout.write(f"{(description or '').strip()}\n\nFlags:\n{_describe(values)}\n")
        return 0
    try:
        run(values, list(values([program, *arguments])[1:]))
    except flags.Error as error:
        sys.stderr.write(f"{program}: {error}. See: {program} --help\n")
        return USAGE_ERROR
    except NasrecError as error:
        sys.stderr.write(f"{program}: {error}\n")
        return error.exit_code
    except KeyboardInterrupt:
        sys.stderr.write(f"\n{program}: stopped. What was finished is kept; run the same command to go on.\n")
        return _INTERRUPTED
    except BrokenPipeError:
        # Whoever reads (head, less) has seen enough; Python must not flush into the closed pipe at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _describe(values: flags.FlagValues) -> str:
    lines = []
    for name in values:
        flag = values[name]
        default = "" if flag.default is None else f" (default: {flag.default})"
        lines.append(f"  --{name}: {flag.help}{default}")
    return "\n".join(lines)
