"""What would a journal's checklist ask, and what does the run answer of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kseg.report.findings import Findings
from kseg.report.methods import NOT_PROVIDED, methods, stated
from kseg.report.printed import Line, Printed
from kseg.report.source import source_of

REFERENCE = (
    "Tejani AS, Klontz ME, Gatti AA, et al. Checklist for Artificial Intelligence in Medical Imaging (CLAIM): "
    "2024 update. Radiol Artif Intell 2024;6(4):e240300."
)

TOPICS = (
    *("AI named in the title, and which kind", "Abstract", "Background and intended use", "Aims and hypotheses"),
    *("Prospective or retrospective", "Goal", "Sources of the data", "Who was included", "Preprocessing"),
    *("Subsets of the data", "De-identification", "Missing data", "Scanning", "How the reference was obtained"),
    *("Why this reference", "Who drew it", "How the test cases were drawn", "Variation between and within readers"),
    *("How cases were divided", "At which level apart", "Sample size", "The model", "Software", "Starting weights"),
    *("Training", "Choice of the final model", "Ensembling", "Measures of performance", "Tests and uncertainty"),
    *("Robustness", "Explanations", "Tested on internal data", "Tested on external data", "Trial registration"),
    *(
        "Numbers included and excluded",
        "Patients of each part",
        "Performance with uncertainty",
        "Diagnostic performance",
    ),
    *("Failures", "Limitations", "Meaning for practice", "Protocol or further details", "Availability", "Funding"),
)
"""The 44 items in order, in a few words each."""


def claim_table(config: Mapping[str, Any], found: Findings, made: Mapping[str, str]) -> Printed:
    """Answer the checklist as far as the run knows.

    Args:
        config: The run's, in plain containers.
        found: What was found.
        made: Seed, commit and versions.

    Returns:
        A row an item; `NOT_PROVIDED` where only the authors can tell.
    """
    known = _answers(config, methods(config, found, made), found)
    return Printed(
        "claim",
        "CLAIM, 2024 update, as far as the run can answer",
        ["item", "what is asked", "answer"],
        "rww",
        [Line([str(item), topic, known.get(item) or NOT_PROVIDED]) for item, topic in enumerate(TOPICS, start=1)],
        dense=True,
    )


def _answers(config: Mapping[str, Any], by_topic: Mapping[str, str], found: Findings) -> dict[int, str]:
    def from_topic(topic: str, words: str) -> str:
        return words if by_topic[topic] != NOT_PROVIDED else ""

    is_trained = stated(config, "model") is not None
    powered = "power" in set(found.tests_table["test"])
    source = source_of(config)
    tested = source.counted(found.patients["case_id"].nunique())
    return {
        7: source.words,
        9: from_topic("Preparation", "see Methods, Preparation"),
        12: "a score that cannot be had is counted as missing and enters no mean; see Dice in numbers",
        19: from_topic("Split", "see Methods, Split"),
        20: from_topic("Split", "the patient: all CTs of one patient lie in one part"),
        21: f"{tested}; " + ("see Further tests, Power" if powered else "no power was computed"),
        22: from_topic("Network", "see Methods, Network"),
        23: by_topic["Made with"],
        24: f"random, with seed {stated(config, 'seed')}" if is_trained else "",
        25: from_topic("Training", "see Methods, Loss and optimiser, Training and Augmentation"),
        26: from_topic("Training", f"best {stated(config, 'objective')} on the validation cases"),
        27: from_topic("Inference", "none but mirroring, see Methods, Inference"),
        28: by_topic["Scores"],
        29: by_topic["Tests"],
        30: "by group of kidney function; no other analysis of robustness",
        31: "none: outlines are shown on the CT",
        32: from_topic("Split", "test cases of the same cohort, apart from training"),
        35: f"{tested}; who was excluded before is not provided",
        36: by_topic["Patients"],
        37: "see Dice by group and Dice in numbers",
        38: "not applicable: outlines, no diagnosis",
        39: "see Failures, and the worst case of each group",
    }
