"""How tables get into a manuscript: as LaTeX, with booktabs."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from kseg.report.printed import Line, Printed

SPECIAL = {
    "\\": r"\textbackslash{}",
    **{letter: f"\\{letter}" for letter in "&%$#_{}"},
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "[": "{[}",
    "]": "{]}",
    "±": r"$\pm$",
    "\N{MINUS SIGN}": "$-$",
    "\N{EN DASH}": "--",
    "\N{RIGHT SINGLE QUOTATION MARK}": "'",
    "“": "``",
    "”": "''",
    "²": r"$^2$",
    "₁": r"$_1$",
    "₂": r"$_2$",
    "ω": r"$\omega$",
    "ε": r"$\varepsilon$",
    "\N{GREEK SMALL LETTER RHO}": r"$\rho$",
    "≥": r"$\geq$",
    "≤": r"$\leq$",
    "\n": " ",
    "\r": " ",
    "\t": " ",
}
"""What LaTeX would take for a command, and what its usual fonts lack; a bracket could open an option of `\\\\`."""

COLUMNS = {"l": "l", "r": "r", "w": r"p{0.34\linewidth}"}

PREAMBLE = r"""% Needs \usepackage{booktabs} and, for names beyond ASCII, a text in UTF-8.
% Wide tables may want \usepackage{rotating} or \resizebox."""


def escaped(text: str) -> str:
    """Write any text so that LaTeX prints it as it is."""
    return "".join(SPECIAL.get(letter, letter) for letter in text)


def latex_tables(tables: Sequence[Printed]) -> str:
    """Write tables, one after another.

    Args:
        tables: In order.

    Returns:
        A text to be read by a document that loads booktabs; a table's label is `tab:` and its name.
    """
    return "\n\n".join([PREAMBLE, *map(_table, tables)]) + "\n"


def _table(table: Printed) -> str:
    return "\n".join(
        [
            r"\begin{table}",
            r"\centering" + (r"\footnotesize" if table.dense else ""),
            rf"\caption{{{escaped(table.caption)}.}}",
            rf"\label{{tab:{table.name}}}",
            rf"\begin{{tabular}}{{{''.join(COLUMNS[letter] for letter in table.align)}}}",
            r"\toprule",
            _row(table.head),
            r"\midrule",
            *[line for row in table.lines for line in _lines(row)],
            r"\bottomrule",
            r"\end{tabular}",
            r"\end{table}",
        ]
    )


def _lines(row: Line) -> list[str]:
    printed = _row(row.cells, row.bold)
    return [r"\midrule", printed] if row.kind else [printed]


def _row(cells: Sequence[str], bold: Collection[int] = ()) -> str:
    printed = [rf"\textbf{{{escaped(cell)}}}" if place in bold else escaped(cell) for place, cell in enumerate(cells)]
    return " & ".join(printed) + r" \\"
