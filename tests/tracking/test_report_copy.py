from html import escape
from types import SimpleNamespace

import pandas as pd
import pytest

from kseg.report.findings import Findings
from kseg.tracking.guard import REPORT_COPY, Guard
from kseg.tracking.redaction import HIDDEN, Redaction
from kseg.tracking.report_copy import shareable, write_both

PICTURE = "data:image/png;base64,ab/P117/cd+/tmp/clinic/x="  # what looks like an id or a path in it is none


ESCAPED = "Li & Wei"


def page(path, *, found, config, made):
    """As a report names patients: in words, and beside numbers."""
    shown = [case for case in found.metrics["case_id"] if (found.predictions / f"{case}.nii.gz").read_bytes() == b"map"]
    words = [f"<p>{escape(case)}: n = 12, {PICTURE}</p>" for case in shown]
    strange = f"<p>No picture: {found.predictions}/x.nii.gz is broken</p>"
    path.write_text("\n".join([*words, strange, made["commit"], f"tested: {config['split']['test']}"]))


def found_in(predictions, ids):
    tables = dict.fromkeys(
        ("patients", "volumes", "patient_volumes", "fractions", "missed", "groups_table", "tests_table", "cases"),
        pd.DataFrame(),
    )
    metrics = pd.DataFrame({"case_id": ids})
    return Findings(metrics=metrics, **tables, predictions=predictions, groups=["mild"], confidence=0.95, alpha=0.05)


def both(tmp_path, ids):
    predictions = tmp_path / "predictions"
    predictions.mkdir()
    for case in ids:
        (predictions / f"{case}.nii.gz").write_bytes(b"map")
    redaction = Redaction(bytes(32), frozenset(ids), (str(tmp_path), "/tmp/clinic"))
    guard = Guard()
    write_both(
        tmp_path / "report.html",
        write=page,
        copy=tmp_path / "copy.html",
        told=SimpleNamespace(guard=guard, redaction=redaction),
        found=found_in(predictions, ids),
        config={"split": {"test": [101, 102]}},
        made={"commit": "abc"},
    )
    assert guard.failures.total() == 0
    return (tmp_path / "report.html").read_text(), (tmp_path / "copy.html").read_text(), redaction


def test_the_copy_has_pseudonyms_and_the_report_keeps_its_names(tmp_path):
    own, told, redaction = both(tmp_path, ["P117"])
    assert own.startswith(f"<p>P117: n = 12, {PICTURE}</p>")
    assert told == (
        f"<p>{redaction.patient('P117')}: n = 12, {PICTURE}</p>\n<p>No picture: {HIDDEN}</p>\nabc\ntested: 2"
    )


def test_a_patient_whose_id_could_be_any_number_is_renamed_and_the_number_is_not(tmp_path):
    own, told, redaction = both(tmp_path, ["12"])
    assert own.startswith("<p>12: n = 12, ")
    assert told.startswith(f"<p>{redaction.patient('12')}: n = 12, {PICTURE}</p>")
    assert str(tmp_path) not in told


def test_a_patient_whose_id_html_spells_otherwise_is_renamed(tmp_path):
    own, told, redaction = both(tmp_path, [ESCAPED])
    assert own.startswith("<p>Li &amp; Wei: n = 12, ")
    assert told.startswith(f"<p>{redaction.patient(ESCAPED)}: n = 12, {PICTURE}</p>")


@pytest.mark.parametrize("name", ["n", "p", "A"])
def test_a_patient_who_is_called_like_a_word_of_the_page_changes_no_other_word(tmp_path, name):
    _, told, redaction = both(tmp_path, [name])
    assert told == f"<p>{redaction.patient(name)}: n = 12, {PICTURE}</p>\n<p>No picture: {HIDDEN}</p>\nabc\ntested: 2"


def test_a_user_who_is_called_like_a_tag_changes_no_tag(monkeypatch):
    monkeypatch.setenv("LOGNAME", "table")
    page = "<style>table {}</style><table>the table</table>"
    assert shareable(page, Redaction(bytes(32))) == f"<style>table {{}}</style><table>the {HIDDEN}</table>"


def test_a_copy_that_cannot_be_written_stops_nobody(tmp_path):
    guard = Guard()
    told = SimpleNamespace(guard=guard, redaction=Redaction(bytes(32), frozenset({"1"})))
    (tmp_path / "file").write_text("")
    place = {"copy": tmp_path / "file" / "b", "found": found_in(tmp_path, [])}
    write_both(tmp_path / "a.html", write=lambda path, found: path.write_text(""), told=told, **place)
    assert (tmp_path / "a.html").is_file()
    assert guard.failures[REPORT_COPY] == 1
