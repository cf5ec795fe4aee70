"""How does ITK-SNAP learn what the integers of a label map stand for?"""

from __future__ import annotations

from kseg.labels import Label

NAMES = {
    Label.MEDULLA: ("medulla", (86, 180, 233)),
    Label.CORTEX: ("cortex", (245, 163, 0)),
    Label.UNDIVIDED: ("parenchyma, not divided", (0, 158, 115)),
}
"""Each label's name and its colour: red, green, blue."""

HEAD = (
    "# Label descriptions of kseg's label maps, for ITK-SNAP: Segmentation, Import Label Descriptions.",
    "# Columns: integer; red, green, blue from 0 to 255; opacity; whether it is shown; whether its mesh is; name.",
)


def label_descriptions() -> str:
    """Describe the labels in ITK-SNAP's own text format.

    Returns:
        A file's content: comments, then a line a label.
    """
    clear = _line(int(Label.BACKGROUND), (0, 0, 0), "Clear Label", shown=0)
    lines = (_line(int(label), colour, name, shown=1) for label, (name, colour) in NAMES.items())
    return "\n".join([*HEAD, clear, *lines, ""])


def _line(label: int, colour: tuple[int, int, int], name: str, *, shown: int) -> str:
    red, green, blue = colour
    return f'{label:5d} {red:5d} {green:5d} {blue:5d} {shown:9d} {shown:3d} {shown:3d}    "{name}"'
