"""What is the answer, in plain words: how well does the network outline, and does it differ between the groups."""

from __future__ import annotations

from collections.abc import Sequence

from kseg.labels import ALL
from kseg.report.findings import DiceRow
from kseg.report.numbers import number, p_equals
from kseg.report.source import NOT_TOLD, Source
from kseg.report.verdicts import Anova, Power

SIZES = ((0.4, "a large one"), (0.25, "a medium one"), (0.1, "a small one"), (0.0, "less than a small one"))
"""What Cohen (1988) calls an effect from this f on."""

CONSTANT = 1e-9
"""An SD of Dice below which all values are the same but for rounding: voxels are whole, and Dice lie farther apart."""

QUESTION = (
    "How well does the network outline the kidney on CT, "
    "and does it do so equally well at every stage of kidney disease?"
)


def answer(
    rows: Sequence[DiceRow],
    anovas: Sequence[Anova],
    unscored: Sequence[str],
    power: Power | None,
    source: Source = NOT_TOLD,
) -> list[str]:
    """Answer the question in a few sentences.

    Args:
        rows: The Dice of every group and of all.
        anovas: The tests between the groups.
        unscored: Structures that nobody's outlines show.
        power: What the design could have seen.
        source: Where the CTs came from; of synthetic ones the first sentence warns.

    Returns:
        The sentences.
    """
    warned = [source.warning] if source.warning else []
    if not rows:
        return [*warned, "The tables hold no Dice."]
    found = [_how_well(rows[-1], source), *worst_groups(rows), *remarks(rows, unscored)]
    return [*warned, *found, *_how_equally(rows, anovas, power)]


def worst_groups(rows: Sequence[DiceRow]) -> list[str]:
    """Name the group with the lowest mean Dice of every structure, and the highest, whatever the tests say.

    Args:
        rows: The Dice of every group and of all.

    Returns:
        A sentence; none where fewer than two groups have a mean.
    """
    *groups, everyone = rows
    extremes = [_extremes(groups, place, cell.structure) for place, cell in enumerate(everyone.cells)]
    found = [text for text in extremes if text]
    return [f"The lowest mean Dice of a group is {enumerate_words(found)}."] if found else []


def _extremes(groups: Sequence[DiceRow], place: int, structure: str) -> str:
    known = [(row.cells[place].mean, row.group, row.cells[place].n) for row in groups if row.cells[place].n]
    if len(known) < 2:
        return ""
    (low, worst, n), (high, best, _) = min(known), max(known)
    lowest = f"{number(low, 3)} in {worst} for the {structure} (n = {n}"
    return f"{lowest}; highest {number(high, 3)} in {best})" if high > low else f"{lowest}; the same in all)"


def remarks(rows: Sequence[DiceRow], unscored: Sequence[str]) -> list[str]:
    """Say what a reader would miss in the tables.

    Args:
        rows: The Dice of every group and of all.
        unscored: Structures that nobody's outlines show.

    Returns:
        Sentences: on structures without outlines, and on patients without a group.
    """
    *groups, everyone = rows
    without_group = everyone.patients - sum(row.patients for row in groups)
    sentences = []
    if unscored:
        sentences.append(f"Not outlined in any test patient, and so not scored: {enumerate_words(unscored)}.")
    if not groups:
        sentences.append("No test patient has a group, so nothing is compared between groups.")
    elif without_group:
        patients = f"{without_group} test patient" + ("s have" if without_group != 1 else " has")
        sentences.append(f"{patients} no group: counted among all, and in no comparison.")
    return sentences


def verdict(anova: Anova) -> str:
    """Say what one test found, never that there is no difference.

    Args:
        anova: The test.

    Returns:
        A short clause.
    """
    if not anova.computed:
        return anova.note
    clause = _clause(anova)
    return f"{clause} ({anova.note})" if anova.note else clause


def _clause(anova: Anova) -> str:
    within = f"every group lies within {anova.margin:g} of the control"
    if anova.different:
        return f"the groups differ, but {within}" if anova.equivalent else "the groups differ"
    if anova.equivalent:
        return within
    beyond = f", but not every group lies within {anova.margin:g} of the control" if anova.not_equivalent else ""
    return f"this test cannot tell the groups apart{beyond}"


def power_remark(rows: Sequence[DiceRow], power: Power | None) -> str:
    """Say what a test with so few patients can see.

    Args:
        rows: The Dice of every group and of all.
        power: The smallest effect that would be found.

    Returns:
        A clause without a capital; "" when no group has a patient.
    """
    sizes = [row.patients for row in rows if row.group != ALL and row.patients]
    if not sizes:
        return ""
    fewest, most = min(sizes), max(sizes)
    n = f"n = {fewest} a group" if fewest == most else f"n = {fewest} to {most} a group"
    if power is None:
        return f"what could have been seen with {n} was not computed"
    size = next(words for f, words in SIZES if power.f >= f)
    return f"with {n} the smallest difference to be seen is {size}, Cohen's f = {number(power.f, 2)} ({power.note})"


def enumerate_words(words: Sequence[str]) -> str:
    """Join words as in `parenchyma, cortex and medulla`."""
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last


def _how_well(everyone: DiceRow, source: Source) -> str:
    measured = [f"{number(cell.mean, 3)} for the {cell.structure}" for cell in everyone.cells if cell.n]
    if not measured:
        return "No test patient could be scored."
    patients = source.counted(everyone.patients)
    found = enumerate_words(measured)
    return f"On {patients} the network reaches a mean Dice of {found} (1 would be the outlines themselves)."


def _how_equally(rows: Sequence[DiceRow], anovas: Sequence[Anova], power: Power | None) -> list[str]:
    different = [
        f"the {anova.structure} ({p_equals(anova.p_holm, anova.alpha)})"
        for anova in anovas
        if anova.computed and anova.different
    ]
    alike = [anova for anova in anovas if anova.computed and anova.equivalent]
    undecided = [
        f"the {anova.structure} ({p_equals(anova.p_holm, anova.alpha)})"
        for anova in anovas
        if anova.computed and not anova.different and not anova.equivalent
    ]
    apart = [anova for anova in anovas if anova.computed and anova.not_equivalent]
    failed = _failures(rows, anovas)
    test = f"{test_name(anovas)} ANOVA (p corrected by Holm)"
    sentences = []
    if different:
        sentences.append(f"{test} finds that the groups differ in {enumerate_words(different)}.")
    if alike:
        where = enumerate_words([f"the {anova.structure}" for anova in alike])
        margin = f"{alike[0].margin:g}"
        sentences.append(f"In {where} every group is equivalent to the control: within {margin} of its mean.")
    if undecided:
        subject = "It" if different else test
        remark = power_remark(rows, power)
        where = enumerate_words(undecided)
        sentences.append(f"{subject} cannot tell the groups apart in {where}{f'; {remark}' if remark else ''}.")
    if apart:
        where = enumerate_words([f"the {anova.structure}" for anova in apart])
        beyond = f"its mean lies more than {apart[0].margin:g} from the control's"
        sentences.append(f"In {where} some group is not equivalent to the control all the same: {beyond}.")
    if failed:
        sentences.append(f"{test_name(anovas)} ANOVA cannot be computed {enumerate_words(failed)}.")
    return sentences


def test_name(anovas: Sequence[Anova]) -> str:
    """Call the test on which the verdict rests, as in `Welch's ANOVA`."""
    return "Welch's" if any(anova.is_welch for anova in anovas) else "One-way"


def _failures(rows: Sequence[DiceRow], anovas: Sequence[Anova]) -> list[str]:
    """Where no test could be computed, and why; structures with the same reason are named together."""
    failed: dict[str, list[str]] = {}
    for anova in anovas:
        if not anova.computed:
            failed.setdefault(_why(rows, anova), []).append(f"the {anova.structure}")
    return [f"in {enumerate_words(structures)} ({why})" for why, structures in failed.items()]


def _why(rows: Sequence[DiceRow], anova: Anova) -> str:
    """Because of which groups: those whose patients all have one Dice, which has no variance."""
    constant = [
        f"all {cell.n} patients of {row.group} have a Dice of {number(cell.mean, 3)}"
        for row in rows
        for cell in row.cells
        if row.group != ALL and cell.structure == anova.structure and cell.n > 1 and cell.sd < CONSTANT
    ]
    return enumerate_words(constant) if constant else anova.note.removeprefix("not computed: ")
