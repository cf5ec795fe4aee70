"""How is a path told whose bytes are no text?"""

from __future__ import annotations


def printable(text: str) -> str:
    """Replace what no file and no terminal takes: bytes of names that are not UTF-8, as of disks from elsewhere.

    Args:
        text: With a path in it, as Python reads it.

    Returns:
        The same text, with a replacement character for each such byte.
    """
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
