"""Which kidneys, and which structures, were outlined and not predicted at all?"""

from __future__ import annotations

import pandas as pd

from kseg.labels import BOTH_SIDES

MISSED_COLUMNS = ("case_id", "group", "side", "structure", "reference_ml")
WHOLE = "parenchyma"


def missed(volumes: pd.DataFrame) -> pd.DataFrame:
    """Find what is outlined and has no predicted voxel.

    Args:
        volumes: As in volumes.csv; where it has rows a kidney, a missed kidney is found beside one that was not.

    Returns:
        `MISSED_COLUMNS`, a row a case, side and structure, in the order of the table. What lacks with all parenchyma
        stands in the row of the parenchyma alone, and what lacks in both kidneys in the row of both.
    """
    lost = volumes[(volumes["predicted_ml"] == 0) & (volumes["reference_ml"] > 0)]
    wholes = {(case, side) for case, side, name in _keys(lost) if name == WHOLE}
    everywhere = {(case, name) for case, side, name in _keys(lost) if side == BOTH_SIDES}
    everywhere |= {(case, name) for case, side in wholes if side == BOTH_SIDES for name in set(volumes["structure"])}
    kept = [
        (name == WHOLE or (case, side) not in wholes) and (side == BOTH_SIDES or (case, name) not in everywhere)
        for case, side, name in _keys(lost)
    ]
    return lost.loc[kept, list(MISSED_COLUMNS)].reset_index(drop=True)


def missed_in_words(volumes: pd.DataFrame) -> str:
    """Say of each case what was missed, such as "P101 (severe): all parenchyma of the left kidney, 131 ml".

    Args:
        volumes: As in volumes.csv.

    Returns:
        Lines for the terminal; "" where nothing was missed.
    """
    lines = ["\nOutlined and not predicted at all:"]
    rows = missed(volumes).itertuples(index=False, name=None)
    for case, group, side, structure, reference_ml in rows:
        which = "" if side == BOTH_SIDES else f" of the {side} kidney"
        what = f"{'all ' if structure == WHOLE else ''}{structure}{which}"
        lines.append(f"  {case}{f' ({group})' if group else ''}: {what}, {reference_ml:.0f} ml")
    return "\n".join(lines) + "\n" if len(lines) > 1 else ""


def _keys(rows: pd.DataFrame) -> list[tuple[str, str, str]]:
    return list(rows[["case_id", "side", "structure"]].itertuples(index=False, name=None))
