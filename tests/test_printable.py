"""Does text from elsewhere come without what steers a terminal, and else as it is?"""

import unicodedata

import pytest

from kseg.printable import printable

BIDIRECTIONAL = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
"""Classes of signs that turn the direction of writing: Unicode Standard Annex 9, table 4, explicit formatting."""


def test_no_sign_stays_that_unicode_calls_a_control_or_that_turns_the_writing():
    signs = [chr(code) for code in range(0x110000)]
    steering = [
        sign
        for sign in signs
        if unicodedata.category(sign) in {"Cc", "Cs", "Zl", "Zp"} or unicodedata.bidirectional(sign) in BIDIRECTIONAL
    ]
    assert len(steering) > 2048
    assert printable("".join(steering)) == "\ufffd" * len(steering)


@pytest.mark.parametrize("mark", ["\u200e", "\u200f", "\u061c"])  # LRM, RLM, ALM: the same annex, implicit marks
def test_marks_of_direction_are_replaced(mark):
    assert printable(f"P1{mark}.nii") == "P1\ufffd.nii"


@pytest.mark.parametrize(
    "text", ["P 7.\u00e9", "\u6771\u4eac/CT", "\u05e9\u05dc\u05d5\u05dd", "\U0001fac0", "a\u00a0b"]
)
def test_words_of_any_language_stay(text):
    assert printable(text) == text
