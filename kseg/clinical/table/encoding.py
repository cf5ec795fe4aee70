"""In which alphabet is a file of text written?"""

from __future__ import annotations

import codecs
import re
import unicodedata

UNPLAIN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
"""What no text holds."""

WESTERN_KINDS = frozenset({"L", "N", "P", "Z"})
"""Of Unicode: letters, digits, punctuation, blanks."""

WESTERN_SIGNS = frozenset("°±€")
COMMON_SHARE = 0.5


def decoded(data: bytes) -> tuple[str, str] | None:
    """Turn a file's bytes into text.

    UTF-8 and UTF-16 cannot be mistaken. GBK is what decodes into Chinese characters that are in common use, and
    Windows-1252 what decodes into letters of Western languages: either's bytes are often valid in the other.

    Args:
        data: The whole file.

    Returns:
        The text, and the name of its encoding, "" for UTF-8; None where it is in none of the four.
    """
    encoding, name = _encoding(data)
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        return None
    return None if UNPLAIN.search(text) else (text, name)


def _encoding(data: bytes) -> tuple[str, str]:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16", "UTF-16"
    if _reads_as(data, "utf-8-sig") is None:
        if _is_chinese(_reads_as(data, "gb18030")):
            return "gb18030", "GBK"
        if _is_western(_reads_as(data, "cp1252")):
            return "cp1252", "Windows-1252"
    return "utf-8-sig", ""


def _reads_as(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None


def _is_chinese(text: str | None) -> bool:
    foreign = {sign for sign in text or "" if not sign.isascii()}
    return sum(map(_is_common, foreign)) >= COMMON_SHARE * len(foreign) > 0


def _is_common(sign: str) -> bool:
    """Whether it is of GB 2312's first level, or one of its signs, such as a full-width bracket."""
    try:
        row = sign.encode("gb2312")[0]
    except UnicodeEncodeError:
        return False
    return 0xA1 <= row <= 0xA9 or 0xB0 <= row <= 0xD7


def _is_western(text: str | None) -> bool:
    foreign = {sign for sign in text or "" if not sign.isascii()} - WESTERN_SIGNS
    return text is not None and all(unicodedata.category(sign)[0] in WESTERN_KINDS for sign in foreign)
