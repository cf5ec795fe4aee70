"""Does ITK-SNAP understand the labels?"""

import re

from kseg.labels import Label
from kseg.report.itk_snap import label_descriptions

LINE = re.compile(r'\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s+([\d.]+)\s+([01])\s+([01])\s+"([^"]*)"')
"""How ITK-SNAP's ColorLabelTable::LoadFromFile reads a line: index, red, green, blue, opacity, shown, mesh, "name";
lines that begin with # are skipped."""


def test_every_line_is_one_that_itk_snap_reads():
    lines = [line for line in label_descriptions().splitlines() if not line.startswith("#")]
    read = [LINE.fullmatch(line).groups() for line in lines]
    assert [int(index) for index, *_ in read] == [int(label) for label in Label]
    assert all(0 <= int(colour) <= 255 for _, *colours, _, _, _, _ in read for colour in colours)
    assert [opacity for *_, opacity, _, _, _ in read] == ["0", "1", "1", "1"]  # the background is not seen
    assert [name for *_, name in read] == ["Clear Label", "medulla", "cortex", "parenchyma, not divided"]
