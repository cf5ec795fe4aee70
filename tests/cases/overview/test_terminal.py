"""What the terminal shows when a cohort was checked."""

import io
from pathlib import Path

import pandas as pd
from rich.console import Console

from kseg.cases.overview.overview import Overview
from kseg.cases.overview.summary_text import SummaryTable
from kseg.cases.overview.terminal import MOST_REMARKS, print_overview

TABLES = (
    SummaryTable("Volumes, ml", ("group", "cortex"), (("control", "283 (209 to 353)"), ("all", "90")), "A note."),
    SummaryTable("Scans", ("", "mean"), (("kidneys", "two in 2 CTs"),), numbers=False),
)


def shown(*, problems=(), remarks=(), files=()):
    cases = pd.DataFrame({"case_id": ["A", "B"], "patient_id": ["A", "A"]})
    console = Console(file=io.StringIO(), width=80)
    print_overview(Overview(cases, (), TABLES, {}, problems, remarks), files, console)
    return [line.rstrip() for line in console.file.getvalue().splitlines()]


def test_tables_are_aligned_with_their_title_and_note():
    lines = shown()
    first = lines.index("Volumes, ml")
    assert lines[first : first + 5] == [
        "Volumes, ml",
        "group              cortex",
        "control  283 (209 to 353)",
        "all                    90",
        "A note.",
    ]
    scans = lines.index("Scans")
    assert lines[scans + 1] == "kidneys  two in 2 CTs"


def test_the_last_line_counts_what_was_found():
    assert shown(problems=("x",), remarks=("y", "z"))[-1] == "2 CTs of 1 patient: 1 problem, 2 remarks."


def test_a_long_path_and_a_long_remark_stay_in_one_line_each():
    page, remark = Path("/clinic") / ("folder" * 30) / "check.html", "A: " + "word " * 40
    lines = shown(files=[page], remarks=(remark,))
    assert f"  {page}" in lines
    assert remark.rstrip() in lines


def test_many_remarks_are_counted():
    lines = shown(remarks=[f"P{number}: odd" for number in range(MOST_REMARKS + 3)])
    assert f"P{MOST_REMARKS - 1}: odd" in lines
    assert f"P{MOST_REMARKS}: odd" not in lines
    assert "and 3 more, all on the page" in lines


def test_square_brackets_are_no_markup():
    assert "A: [bold]odd[/bold]" in shown(remarks=("A: [bold]odd[/bold]",))
