"""Is there what was typed: the key, the choice? If not: what is nearest, in one line."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from hydra import compose, initialize_config_dir
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override, OverrideType, QuotedString
from hydra.errors import HydraException
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from kseg.runs.arguments import typed_overrides
from kseg.runs.choices import CONF, choices_in, groups_of

NEAREST = 3
SAYS_ELSEWHERE = (
    *("-cn", "--config-name", "-cp", "--config-path", "-cd", "--config-dir", "hydra.searchpath"),
    *("-h", "--help", "--hydra-help"),
)
"""What makes Hydra read other configs than kseg's, or run nothing."""


def refuse_mistyped_arguments(name: str, conf: Path = CONF) -> None:
    """Stop, in a line for each, at keys and choices that there are not; Hydra would list all choices, or advise `+`.

    Args:
        name: Of the command's config.
        conf: Its folder.

    Raises:
        SystemExit: After one line on stderr for each such argument.
    """
    problems = mistyped_arguments(sys.argv[1:], name, conf)
    for problem in problems:
        print(f"kseg: {problem}", file=sys.stderr)
    if problems:
        raise SystemExit(1)


def mistyped_arguments(arguments: Sequence[str], name: str, conf: Path = CONF) -> list[str]:
    """Find keys and choices that there are not.

    Args:
        arguments: Without the program's name; Hydra's grammar can read them.
        name: Of the command's config.
        conf: Its folder.

    Returns:
        One line each, with the nearest that there are.
    """
    if any(argument.lstrip("+").partition("=")[0] in SAYS_ELSEWHERE for argument in arguments):
        return []
    typed = OverridesParser.create().parse_overrides(typed_overrides(arguments))
    changes = [one for one in typed if one.type == OverrideType.CHANGE and not one.key_or_group.startswith("hydra")]
    chosen = [one for one in changes if (conf / one.key_or_group).is_dir()]
    problems = [problem for one in chosen for problem in _choice_problems(one, conf)]
    own = OmegaConf.load(conf / f"{name}.yaml")  # a sweep's jobs are given these keys alone: no need to compose
    keyed = [one for one in changes if one not in chosen and one.package is None and one.key_or_group not in own]
    if problems or not keyed:
        return problems
    settings = [_tried(one) for one in typed if one in chosen or one.type in (OverrideType.ADD, OverrideType.FORCE_ADD)]
    try:
        with initialize_config_dir(version_base="1.3", config_dir=str(conf.resolve())):
            keys = dict(_keys(OmegaConf.to_container(compose(name, settings), resolve=False), ""))
    except (HydraException, OmegaConfBaseException, ValueError):
        return []  # Hydra tells what else is wrong
    known = [*keys, *groups_of(conf, name)]
    return [_key_problem(one, known) for one in keyed if not _is_there(one.key_or_group, keys)]


def _choice_problems(override: Override, conf: Path) -> Iterator[str]:
    group = override.key_or_group
    names = [name for name in _values(override) if name and not (conf / group / name).with_suffix(".yaml").is_file()]
    for name in names:
        nearest = _nearest(name, choices_in(conf / group))
        yield f"{group}={name}: there is no such {group}{nearest}; --help lists every choice"


def _key_problem(override: Override, known: list[str]) -> str:
    key = override.key_or_group
    return f"{override.input_line}: there is no key {key}{_nearest(key, known)}; --help lists every key"


def _nearest(word: str, known: Sequence[str]) -> str:
    ending = [one for one in known if one.endswith(f".{word}")]
    found = list(dict.fromkeys([*ending, *get_close_matches(word, known, NEAREST)]))[:NEAREST]
    return f", nearest is {' or '.join(found)}" if found else ""


def _values(override: Override) -> list[str]:
    """The names that were typed, of a sweep all of them."""
    value: Any = "null" if override._value is None else override._value
    several = value.list if hasattr(value, "list") else value if isinstance(value, list) else [value]
    return [
        one.text if isinstance(one, QuotedString) else one for one in several if isinstance(one, str | QuotedString)
    ]


def _tried(override: Override) -> str:
    """An override as it was typed; of a sweep its first choice."""
    line = str(override.input_line)
    if not override.is_sweep_override():
        return line
    return f"{line.partition('=')[0]}={next(iter(override.sweep_string_iterator()))}"


def _keys(node: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Every key of a config with its value, but the private ones."""
    for key, value in node.items() if isinstance(node, dict) else ():
        if not str(key).startswith("_"):
            inner = f"{path}.{key}" if path else str(key)
            yield inner, value
            yield from _keys(value, inner)


def _is_there(key: str, keys: dict[str, Any]) -> bool:
    """Whether a key is in a config, or may be: below an interpolation, or private, Hydra knows."""
    parts = key.split(".")
    above = [keys.get(".".join(parts[:depth])) for depth in range(1, len(parts))]
    return key in keys or any(isinstance(one, str) and "${" in one for one in above) or parts[-1].startswith("_")
