"""What is a way, and can it be run here?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from typing import Any

LINEAR, NEAREST = "linear", "nearest"
"""How labels are resampled: each structure by itself, or as they are."""
INSTALL = "`make peers` installs it, then run this with .venv-peers/bin/python"


@dataclass(frozen=True)
class Way:
    """One way to the same end.

    Args:
        name: On the command line.
        title: In the table.
        module: What runs it.
        package: What must be installed; the distribution has the same name.
        note: What is on, in a few words, for the reader who asks whether the comparison is fair.
        settings: Keywords of the module's functions.
        labels: How they are resampled.
        from_a_ct: Patches that share a CT that is loaded, as the table says it.
        cycle: Patches that come in one go, see `side_by_side.patch_rate.measure`.
    """

    name: str
    title: str
    module: str
    package: str
    note: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    labels: str = LINEAR
    from_a_ct: str = "1"
    cycle: int = 1


def installed(ways: Sequence[Way]) -> tuple[list[Way], list[str]]:
    """Tell the ways that can be run from those whose package is absent.

    Args:
        ways: All that were asked for.

    Returns:
        Those that can be run, and one line for each package that is absent.
    """
    there = [way for way in ways if find_spec(way.package)]
    absent = dict.fromkeys(way.package for way in ways if way not in there)
    return there, [f"{package} is not installed, and left out: {INSTALL}" for package in absent]


def versions(ways: Sequence[Way]) -> str:
    """What is compared, at which version.

    Args:
        ways: Those that are run.
    """
    packages = dict.fromkeys(["torch", *(way.package for way in ways)])
    return ", ".join(f"{package} {_version(package)}" for package in packages)


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:  # run from its source, without having been installed
        return "as it stands here"
