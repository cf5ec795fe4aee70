"""Do tumours and cysts count as parenchyma?"""

from __future__ import annotations

from kseg.errors import InputError

LESIONS = ("apart", "parenchyma")
"""What may become of tumours and cysts: they are left out of the kidney, or belong to its parenchyma."""


def count_as_parenchyma(lesions: str) -> bool:
    """Read the setting.

    Args:
        lesions: One of `LESIONS`.

    Raises:
        InputError: It is neither.
    """
    if lesions not in LESIONS:
        raise InputError(f"data.lesions is {lesions!r}; {' or '.join(LESIONS)} is needed")
    return lesions == "parenchyma"
