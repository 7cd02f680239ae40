"""`nasrec SUBCOMMAND`: finds the subcommand, reads its flags, turns errors into exit codes.

Exit codes: 0 done; 2 wrong usage, configuration or description; 3 bad or missing data; 4 the environment lacks
something; 5 training diverged; 6 the model was not blessed; 130 stopped by Ctrl-C; 1 anything unexpected.
"""

import importlib
import os
import sys
import warnings
from collections.abc import Sequence
from types import MappingProxyType, ModuleType

from absl import flags

from nasrec_tf.errors import NasrecError

# Name -> what the overview says. The module of the same name holds `define_flags` and `run`, and its docstring is the
# subcommand's help.
SUBCOMMANDS = MappingProxyType(
    {
        "demo": "run the main job end to end: clicks, search, pipeline, serving, one table at the end",
        "data": "list click logs, or show where one comes from and what is in it",
        "search": "train a supernet and search it; resumes where it was stopped",
        "train": "train an architecture or a baseline from scratch and score it on the test rows",
        "profile": "print what an architecture costs on a processing-in-memory design",
        "evaluate": "score an exported model on raw rows",
    }
)
_USAGE_ERROR = 2
_INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one subcommand and returns its exit code."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    # google.api_core on the age of this Python; it says nothing of what the user asked for.
    warnings.filterwarnings("ignore", "You are using a non-supported Python version", FutureWarning)
    if not arguments or arguments[0] in {"-h", "--help", "help"}:
        print(_overview())
        return 0 if arguments else _USAGE_ERROR
    name, *rest = arguments
    if name not in SUBCOMMANDS:
        print(f"nasrec: unknown subcommand {name!r}; it must be one of: {', '.join(SUBCOMMANDS)}", file=sys.stderr)
        return _USAGE_ERROR
    return _run(name, importlib.import_module(f"nasrec_tf.command.{name}"), rest)


def _run(name: str, module: ModuleType, arguments: list[str]) -> int:
    values = flags.FlagValues()
    module.define_flags(values)
    if {"-h", "--help"} & set(arguments):
        print(f"{(module.__doc__ or '').strip()}\n\nFlags:\n{_describe(values)}")
        return 0
    try:
        positional = values([name, *arguments])[1:]
        module.run(values, positional)
    except flags.Error as error:
        print(f"nasrec {name}: {error}. See: nasrec {name} --help", file=sys.stderr)
        return _USAGE_ERROR
    except NasrecError as error:
        print(f"nasrec {name}: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print(f"\nnasrec {name}: stopped. What was finished is kept; run the same command to go on.", file=sys.stderr)
        return _INTERRUPTED
    except BrokenPipeError:
        # Whoever reads us (head, less) has seen enough. Python would complain once more when it closes stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _overview() -> str:
    width = max(map(len, SUBCOMMANDS))
    lines = [f"  {name:<{width}}  {summary}" for name, summary in SUBCOMMANDS.items()]
    return "\n".join(
        [
            "nasrec: searched click-through-rate models, from click logs to a served and costed model",
            "",
            "Usage: nasrec SUBCOMMAND [flags]",
            "",
            *lines,
            "",
            "Start with: nasrec demo --fast        Help on one: nasrec search --help",
        ]
    )


def _describe(values: flags.FlagValues) -> str:
    lines = []
    for name in values:
        flag = values[name]
        default = "" if flag.default is None else f" (default: {flag.default})"
        lines.append(f"  --{name}: {flag.help}{default}")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
