"""How is text from elsewhere told, so that it steers no terminal and reads as it is written?"""

from __future__ import annotations

import re

STEERING = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
"""Control characters (ESC moves a terminal's cursor), ends of lines, marks and overrides of the direction of writing,
which make `txe.exe` of `exe.txt`, and bytes of names that are not UTF-8, as Python reads them."""

REPLACEMENT = "\ufffd"


def printable(text: str) -> str:
    """Replace what no terminal and no line of a table is to be given.

    Args:
        text: From a config, a model's file, a path, a DICOM header: whoever wrote it.

    Returns:
        The same text in one line, with a replacement character for each such sign.
    """
    return STEERING.sub(REPLACEMENT, text)
