"""What can be chosen as GROUP=NAME, for a command's help and for whoever mistypes it."""

from __future__ import annotations

from pathlib import Path

from omegaconf import OmegaConf

CONF = Path(__file__).parents[2] / "conf"
"""kseg's own configuration, wherever kseg is called from."""


def choices_in(group: Path) -> list[str]:
    """The names that a group's folder offers; those that begin with `_` are parts of others."""
    return sorted(file.stem for file in group.glob("*.yaml") if not file.name.startswith("_"))


def groups_of(conf: Path, name: str) -> list[str]:
    """The groups that a config's defaults choose from, and those within them."""
    found: list[str] = []
    for entry in OmegaConf.load(conf / f"{name}.yaml").defaults:
        if isinstance(entry, str):
            found += [] if entry == "_self_" else groups_of(conf, entry)
            continue
        group = str(next(iter(entry)))
        if not group.startswith("override "):
            found += [group, *_groups_within(conf, group)]
    return [group for group in dict.fromkeys(found) if choices_in(conf / group)]


def _groups_within(conf: Path, group: str) -> list[str]:
    """A network's optimizer, a queue's sampler: folders of which a choice of the group picks a file by default."""
    defaults = [
        OmegaConf.select(OmegaConf.load(file), "defaults", default=[]) for file in sorted((conf / group).glob("*.yaml"))
    ]
    named = [str(key) for one in defaults for entry in one if not isinstance(entry, str) for key in entry]
    return sorted({f"{group}/{key}" for key in named if (conf / group / key).is_dir()})


def choices_of(name: str) -> str:
    """The groups of a command and their choices, one line a group, as conf/NAME.yaml asks for them in its help."""
    return "\n".join(f"{group}: {', '.join(choices_in(CONF / group))}" for group in sorted(groups_of(CONF, name)))


OmegaConf.register_new_resolver("choices_of", choices_of, replace=True)
