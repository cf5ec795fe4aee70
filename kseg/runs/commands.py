"""Which of a room's commands was typed?"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping

from kseg.runs.arguments import refuse_unreadable_arguments
from kseg.runs.mistyped import refuse_mistyped_arguments


def run_command(
    commands: Mapping[str, Callable[[], None]], configs: Mapping[str, str], *, usage: str, hint: str
) -> None:
    """Run the command that the first argument names.

    Args:
        commands: By name; what each does is its docstring's line.
        configs: The name of each command's config.
        usage: The first line of the help.
        hint: The last.

    Raises:
        SystemExit: There is no such command, or its arguments cannot be read.
    """
    name, *arguments = sys.argv[1:] or ["--help"]
    if name in ("--help", "-h"):
        print(usage, *(f"  {name:8}{command.__doc__}" for name, command in commands.items()), hint, sep="\n")
    elif name not in commands:
        raise SystemExit(f"kseg: no command {name!r}; it is {' or '.join(commands)}, before all else")
    else:
        sys.argv = [sys.argv[0], *arguments]
        refuse_unreadable_arguments()
        refuse_mistyped_arguments(configs[name])
        commands[name]()
