import socket

import pandas as pd
import pytest

from kseg.tracking.pseudonyms import pseudonym
from kseg.tracking.redaction import HIDDEN, Redaction, redaction_of, tellable

KEY = bytes(32)


def test_paths_and_lists_of_patients_stay_on_the_machine():
    config = {
        "paths": {"root": "/home/jane"},
        "data": {"root": "/data/clinic", "table": "clinical.csv"},
        "split": {"train": None, "val": [], "test": ["P125", "P126"], "cohort": "LiWei/cohort.csv"},
        "cohort": {"ungrouped": "keep"},
        "callbacks": [{"dirpath": "/home/jane/runs"}],
        "model": {"network": {"channels": [16, 32]}},
        "run_dir": "LiWei/run",
        "seed": 1,
    }
    assert Redaction(KEY).config(config) == {
        "data": {"root": HIDDEN, "table": HIDDEN},
        "split": {"train": None, "val": 0, "test": 2, "cohort": HIDDEN},
        "cohort": {"ungrouped": "keep"},
        "callbacks": [{"dirpath": HIDDEN}],
        "model": {"network": {"channels": [16, 32]}},
        "run_dir": HIDDEN,
        "seed": 1,
    }


def test_a_run_is_named_by_what_tells_it_from_others():
    typed = [
        "model=segresnet",
        "seed=2",
        "data.root=/data/clinic",
        "run_dir=x",
        "split.test=[P125]",
        "data.table=LiWei.xlsx",
        "+split.cohort=LiWei",
        "cohort=ckd_epi_2021",
        "split.counts.test=4",
    ]
    assert tellable(typed) == ["model=segresnet", "seed=2", "cohort=ckd_epi_2021", "split.counts.test=4"]


def test_words_keep_their_sense_without_the_patient_the_path_and_the_host(facts):
    redaction = redaction_of(facts)
    told = redaction.text(f"LiWei-2 of {facts.folder}/x y.nii lies on {socket.gethostname()}")
    assert told == f"{redaction.patient('LiWei-2')} of {HIDDEN}"  # a path's end is not known: the rest goes with it
    told = redaction.text(
        f"P117: cortex outside; see /data/Li Wei/ct.nii, on {socket.gethostname()}, 3 mm/s, 1.5 mL/min"
    )
    who = redaction.patient("P117")
    assert told == f"{who}: cortex outside; see {HIDDEN}, on {HIDDEN}, 3 mm/s, 1.5 mL/min"


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("see /data/Li Wei/ct.nii, on", f"see {HIDDEN}, on"),
        ("see /Li Wei/ct.nii", f"see {HIDDEN}"),
        ("file:///home/x/Li Wei", HIDDEN),
        ("at '/data/Li Wei' it", f"at '{HIDDEN}' it"),
        ("/data/x/ct.nii: Li Wei is broken", HIDDEN),
        ("~jane/clinic/ct.nii", HIDDEN),
        ("./clinic/Li Wei.nii\nnext", f"{HIDDEN}\nnext"),
        (r"C:\Users\Li Wei\ct.nii", HIDDEN),
        (r"\\server\share\Li Wei", HIDDEN),
        ("//server/share/Li Wei", HIDDEN),
        ("<p>in /data/Li Wei</p>", f"<p>in {HIDDEN}</p>"),
        ("https://doi.org/10.1/x, 60 mL/min/1.73 m²", "https://doi.org/10.1/x, 60 mL/min/1.73 m²"),
        ("/* a style */ p { margin: 0 }", "/* a style */ p { margin: 0 }"),
    ],
)
def test_a_path_is_hidden_to_the_quote_the_comma_or_the_line_s_end(said, told):
    assert Redaction(KEY).text(said) == told


def test_an_id_is_one_beside_an_underscore_and_in_other_capitals():
    redaction = Redaction(KEY, frozenset({"P117", "LiWei", "ML", "A"}))
    told = pseudonym("P117", KEY)
    assert redaction.text("P117_ct, p117, mean_P117.csv") == f"{told}_ct, {told}, mean_{told}.csv"
    assert redaction.text("liwei") == pseudonym("LiWei", KEY)
    assert redaction.text("ML has 3 ml, a group A") == f"{pseudonym('ML', KEY)} has 3 ml, a group A"


def test_what_a_clinic_calls_its_files_and_columns_stays_on_the_machine():
    config = {
        "data": {
            "_target_": "kseg.cases.folder.read_folder",
            "images": "LiWei",
            "columns": {"patient_id": "Name of Li Wei", "sex": None},
            "values": {"parenchyma": [1, 2]},
        },
        "split": {
            "_target_": "x",
            "group": "severe",
            "counts": {"test": 6},
            "chosen": [101, 102],
            "folds": [[{"test": [7]}]],
        },
    }
    assert Redaction(KEY).config(config) == {
        "data": {
            "_target_": "kseg.cases.folder.read_folder",
            "images": HIDDEN,
            "columns": {"patient_id": HIDDEN, "sex": None},
            "values": {"parenchyma": [1, 2]},
        },
        "split": {"_target_": "x", "group": "severe", "counts": {"test": 6}, "chosen": 2, "folds": 1},
    }


@pytest.mark.parametrize(
    "typed",
    [
        *(
            "data.images=LiWei",
            "data.columns.patient_id=LiWei",
            "+data.columns={patient_id:LiWei}",
            "data={root:LiWei}",
        ),
        *("split.test=[101,102]", "split={test:[101,102]}", "split.test=P117", "split.chosen='[101]'"),
    ],
)
def test_what_a_clinic_calls_its_files_and_whom_it_chose_names_no_run(typed):
    assert tellable([typed]) == []


@pytest.mark.parametrize(
    "typed", ["data=folder", "data.patients_per_group=4", "split.val=0.125", "split.group=severe", "split.val=null"]
)
def test_numbers_and_choices_name_a_run(typed):
    assert tellable([typed]) == [typed]


def test_the_user_is_hidden_by_whatever_name(monkeypatch):
    monkeypatch.setenv("LOGNAME", "jane.doe")
    monkeypatch.setenv("HOME", "/somewhere/drdoe")
    assert Redaction(KEY).text("by jane.doe, in drdoe's folder") == f"by {HIDDEN}, in {HIDDEN}'s folder"


def test_a_short_number_is_a_patient_in_its_column_and_any_number_elsewhere():
    table = pd.DataFrame({"case_id": ["7", "12"], "note": ["n = 12", "12 of P1234"], "value": [0.5, 7.0]})
    told = Redaction(KEY, frozenset({"7", "12", "P1234"})).table(table)
    assert told["case_id"].tolist() == [pseudonym("7", KEY), pseudonym("12", KEY)]
    assert told["note"].tolist() == ["n = 12", f"12 of {pseudonym('P1234', KEY)}"]
    assert told["value"].tolist() == [0.5, 7.0]


def test_columns_of_paths_are_left_out_and_columns_of_dice_are_not(cohort):
    assert {"image", "parenchyma", "cortex"}.isdisjoint(Redaction(KEY).table(cohort).columns)
    runs = pd.DataFrame({"run": ["seed=1"], "cortex": [0.8], "parenchyma": [0.9]})
    pd.testing.assert_frame_equal(Redaction(KEY).table(runs), runs)


@pytest.mark.parametrize("word", ["LiWeiX", "xP117", "P1175"])
def test_a_word_that_holds_an_id_is_no_id(facts, word):
    assert redaction_of(facts).text(word) == word
