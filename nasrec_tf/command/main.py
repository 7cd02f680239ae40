"""`nasrec SUBCOMMAND`: finds the subcommand and runs it."""

import importlib
import sys
from collections.abc import Sequence
from types import MappingProxyType

from nasrec_tf.command_line import USAGE_ERROR, run_command

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


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one subcommand and returns its exit code."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    if not arguments or arguments[0] in {"-h", "--help", "help"}:
        print(_overview())
        return 0 if arguments else USAGE_ERROR
    name, *rest = arguments
    if name not in SUBCOMMANDS:
        print(f"nasrec: unknown subcommand {name!r}; it must be one of: {', '.join(SUBCOMMANDS)}", file=sys.stderr)
        return USAGE_ERROR
    module = importlib.import_module(f"nasrec_tf.command.{name}")
    return run_command(
        f"nasrec {name}", rest, description=module.__doc__, define_flags=module.define_flags, run=module.run
    )


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


if __name__ == "__main__":
    sys.exit(main())
