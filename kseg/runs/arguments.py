"""Can Hydra read what was typed? If not: the quotes that are missing, in one line."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.errors import HydraException, OverrideParseException

KEY_AND_VALUE = re.compile(r"(?P<key>[+~]{0,2}[\w./@-]+)=(?P<value>.*)", re.DOTALL)
TAKES_A_WORD = frozenset(
    {
        *("--cfg", "-c", "--info", "-i", "--package", "-p", "--config-path", "-cp"),
        *("--config-name", "-cn", "--config-dir", "-cd", "--experimental-rerun"),
    }
)
"""Hydra's own flags that are followed by a word."""


def refuse_unreadable_arguments(arguments: Sequence[str] | None = None) -> None:
    """Stop, in plain words, at arguments that would end in an error of Hydra's grammar.

    A path with a blank falls apart in the shell, and outside quotes Hydra reads ASCII letters and few signs.

    Args:
        arguments: Without the program's name; by default what was typed.

    Raises:
        SystemExit: After one line on stderr for each such argument.
    """
    problems = argument_problems(sys.argv[1:] if arguments is None else arguments)
    for problem in problems:
        print(f"kseg: {problem}", file=sys.stderr)
    if problems:
        raise SystemExit(1)


def argument_problems(arguments: Sequence[str]) -> list[str]:
    """Find arguments that Hydra cannot read.

    Args:
        arguments: Without the program's name.

    Returns:
        One line each, with what to type instead.
    """
    sweeps = bool({"-m", "--multirun"} & set(arguments))
    problems = []
    for words in _rejoined(arguments):
        argument, override = " ".join(words), _parsed(words)
        if override is None:
            problems.append(f"{argument}: {_remedy(argument)}")
        elif override.is_sweep_override() and "/" in argument and not sweeps:
            key, _, value = argument.partition("=")
            as_list = f"'{key}=[{value}]'"
            problems.append(f"{argument}: commas part the choices of a sweep (-m); {_remedy(argument)}, or {as_list}")
    return problems


def typed_overrides(arguments: Sequence[str]) -> list[str]:
    """What of a command line is no flag of Hydra's, nor a flag's word."""
    return [" ".join(words) for words in _rejoined(arguments)]


def _rejoined(arguments: Sequence[str]) -> list[list[str]]:
    """Put what the shell tore at blanks together again: words without a key belong to the argument before them."""
    rejoined: list[list[str]] = []
    for before, word in zip(["", *arguments], arguments, strict=False):
        if word.startswith("-") or before in TAKES_A_WORD:
            continue
        if rejoined and "=" not in word and not word.startswith("~"):
            rejoined[-1].append(word)
        else:
            rejoined.append([word])
    return rejoined


def _parsed(words: Sequence[str]) -> Override | None:
    if len(words) > 1:
        return None
    try:
        return OverridesParser.create().parse_overrides([*words])[0]
    except (OverrideParseException, HydraException):
        return None


def _remedy(argument: str) -> str:
    stated = KEY_AND_VALUE.fullmatch(argument)
    if not stated:
        return "is no KEY=VALUE; --help lists every key"
    if as_list := _as_list(stated["key"], stated["value"].strip("\"'")):
        return f"a list needs quotes for the shell, and no blanks: {as_list}"
    value = stated["value"].strip("\"'").replace("\\", "\\\\").replace('"', '\\"').replace("'", "'\\''")
    return f"the value must be quoted, and again for the shell: '{stated['key']}=\"{value}\"'"


def _as_list(key: str, value: str) -> str | None:
    """A list as shell and Hydra read it, its words quoted where they must be; None where no list was meant."""
    if not (value.startswith("[") and value.endswith("]")):
        return None
    words = [word.strip().strip("\"'") for word in re.split(r"([,\[\]])", value)]
    plain = [word if word in ",[]" or _parsed([f"{key}={word}"]) else f'"{word}"' for word in words]
    argument = f"{key}={''.join(plain)}"
    override = _parsed([argument])
    return f"'{argument}'" if override and isinstance(override.value(), list) and "'" not in argument else None
