"""Tables as LaTeX."""

import re

import pytest

from kseg.report.latex import escaped, latex_tables
from kseg.report.printed import Line, Printed


@pytest.mark.parametrize(
    ("text", "latex"),
    [
        # Lamport L. LaTeX: a document preparation system. 2nd ed. 1994, section 2.1: the ten characters of its own
        ("a_b&c%", r"a\_b\&c\%"),
        ("#$~^{}\\", r"\#\$\textasciitilde{}\textasciicircum{}\{\}\textbackslash{}"),
        ("<script>", r"\textless{}script\textgreater{}"),
        ("=1+1", "=1+1"),
        ("[x]", "{[}x{]}"),
        ("ω² \N{MINUS SIGN}0.1 \N{EN DASH} ±", r"$\omega$$^2$ $-$0.1 -- $\pm$"),
        ("two\nlines", "two lines"),
        ("Ömsk", "Ömsk"),
    ],
)
def test_text_is_printed_as_it_is(text, latex):
    assert escaped(text) == latex


def test_a_table_has_its_rules_its_label_and_a_line_above_what_stands_apart():
    table = Printed("dice", "Dice of A&B", ["group", "n"], "lr", [Line(["mild", "6"]), Line(["all", "6"], kind="all")])
    text = latex_tables([table])
    assert r"\caption{Dice of A\&B.}" in text
    assert r"\label{tab:dice}" in text
    body = text[text.index(r"\toprule") : text.index(r"\end{tabular}")].split("\n")
    assert body == [
        *(r"\toprule", r"group & n \\", r"\midrule", r"mild & 6 \\"),
        *(r"\midrule", r"all & 6 \\", r"\bottomrule", ""),
    ]


def test_every_row_has_as_many_cells_as_columns_whatever_a_patient_is_called():
    names = ["a & b", r"\\", "}{", "%", "$x$", "&&&"]
    text = latex_tables([Printed("x", "x", ["case", "n"], "lr", [Line([name, "1"]) for name in names])])
    rows = [line for line in text.splitlines() if line.endswith(r" \\")]
    assert len(rows) == 1 + len(names)
    assert {len(re.findall(r"(?<!\\)&", row)) for row in rows} == {1}


def test_a_bold_cell_is_bold_and_stays_so_where_an_empty_column_before_it_goes():
    lines = [Line(["A&B", "", "0.8"], bold=frozenset({2})), Line(["C", "", "0.9"])]
    table = Printed("x", "x", ["case", "error", "Dice"], "lrr", lines).without_empty_columns()
    assert r"A\&B & \textbf{0.8} \\" in latex_tables([table])
    assert r"C & 0.9 \\" in latex_tables([table])


def test_a_row_that_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="the table dice has 2 columns"):
        Printed("dice", "Dice", ["group", "n"], "lr", [Line(["mild"])])


def test_columns_without_a_word_are_left_out():
    table = Printed("x", "x", ["case", "df", "remark"], "lrw", [Line(["A", "", "lost"]), Line(["B", "", ""])])
    assert table.without_empty_columns() == Printed(
        "x", "x", ["case", "remark"], "lw", [Line(["A", "lost"]), Line(["B", ""])]
    )
