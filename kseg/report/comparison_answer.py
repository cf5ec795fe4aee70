"""What is the answer, in three sentences: which setting is first, do they differ, and which serves the worst group."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from kseg.report.answer import enumerate_words
from kseg.report.comparison_findings import StructureRanking
from kseg.report.numbers import ALPHA, number, p_equals
from kseg.report.ranking_table import share

QUESTION = "Which of these settings outlines the kidney best, how sure is that, and is it so in every group?"


def comparison_answer(found: Sequence[StructureRanking], names: Mapping[str, str], alpha: float = ALPHA) -> list[str]:
    """Answer the question.

    Args:
        found: Of each structure that has a ranking.
        names: How a setting is called.
        alpha: Level of the tests.

    Returns:
        Three sentences; one where nothing could be ranked.
    """
    if not found:
        return ["No setting can be ranked: the runs hold no Dice of the same patients."]
    return [_who_is_first(found, names), _do_they_differ(found, alpha), _who_serves_the_worst_group(found, names)]


def _who_is_first(found: Sequence[StructureRanking], names: Mapping[str, str]) -> str:
    some = found[0].rows[0]
    patients = f"{some['n']} test patient" + ("s" if some["n"] != 1 else "")
    seeds = sorted({row["seeds"] for row in found[0].rows})
    trained = "" if seeds == [1] else f", each trained {' or '.join(map(str, seeds))} times"
    places = _named_once([_first_of(one, names) for one in found])
    ranked = f"Of {len(names)} settings{trained}, ranked by the mean Dice of {patients},"
    return f"{ranked} the first is {enumerate_words(places)}."


def _first_of(one: StructureRanking, names: Mapping[str, str]) -> tuple[str, str]:
    firsts = [row for row in one.rows if row["rank"] == 1]
    who = enumerate_words([names[row["setting"]] for row in firsts])
    how_often = "" if math.isnan(firsts[0]["first"]) else f"; first in {share(firsts[0]['first'])} of redrawn cohorts"
    return who, f"in the {one.structure} ({number(firsts[0]['mean'], 3)}{how_often})"


def _named_once(places: Sequence[tuple[str, str]]) -> list[str]:
    """Say who and where; who only where it is another than before."""
    before = [None, *[who for who, _ in places]]
    return [where if who == last else f"{who} {where}" for (who, where), last in zip(places, before, strict=False)]


def _do_they_differ(found: Sequence[StructureRanking], alpha: float) -> str:
    told = "; ".join(_differs(one, alpha) for one in found)
    return f"{told[0].upper()}{told[1:]}."


def _differs(one: StructureRanking, alpha: float) -> str:
    over_all = one.friedman or one.pairs[0]
    test = "Friedman's test" if one.friedman else "Wilcoxon's test"
    if math.isnan(over_all["p"]):
        return f"in the {one.structure} the settings could not be tested"
    p = p_equals(over_all["p_holm"], alpha)
    if over_all["p_holm"] >= alpha:
        return f"in the {one.structure} {test} cannot tell the settings apart ({p})"
    pairs = sum(pair["p_holm"] < alpha for pair in one.pairs)
    of_pairs = f", {pairs} of {len(one.pairs)} pairs after Holm's correction" if one.friedman else ""
    return f"in the {one.structure} {test} finds that the settings differ ({p}{of_pairs})"


def _who_serves_the_worst_group(found: Sequence[StructureRanking], names: Mapping[str, str]) -> str:
    served = _named_once([_best(names, one.structure, one.best) for one in found if one.best[0]])
    if not served:
        return "No patient has a group, so there is no worst one."
    return f"Best for its worst group is {enumerate_words(served)}."


def _best(names: Mapping[str, str], structure: str, best: tuple[str, str, float, float]) -> tuple[str, str]:
    setting, group, mean, _ = best
    return names[setting], f"in the {structure} ({number(mean, 3)} in {group})"
