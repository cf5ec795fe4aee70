import hashlib
import logging
import multiprocessing
import stat
from pathlib import Path

import pytest

from kseg.clinical.cohort import write_cohort
from kseg.errors import InputError
from kseg.runs.config import write_config
from kseg.tracking.__main__ import main
from kseg.tracking.pseudonyms import KEY_FILE, look_up, open_key, pseudonym, read_key
from kseg.tracking.redaction import HIDDEN, Redaction


def test_a_pseudonym_is_an_hmac():
    rfc_4231_test_case_2 = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    assert pseudonym("what do ya want for nothing?", b"Jefe") == rfc_4231_test_case_2[:12]


def test_nobody_is_told_by_the_hash_alone():
    assert pseudonym("P117", bytes(32)) != hashlib.sha256(b"P117").hexdigest()[:12]
    assert pseudonym("P117", bytes(32)) != pseudonym("P117", b"1" * 32)


def test_the_key_is_made_once_for_its_owner_alone(tmp_path):
    (tmp_path / "data").mkdir()
    key = open_key(tmp_path / "data", tmp_path / "runs")
    assert len(key) == 32
    assert stat.S_IMODE((tmp_path / "data" / KEY_FILE).stat().st_mode) == 0o600
    assert open_key(tmp_path / "data", tmp_path / "runs") == key
    assert [file.name for file in (tmp_path / "data").iterdir()] == [KEY_FILE]


def test_processes_that_ask_at_once_share_one_key(tmp_path):
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        keys = pool.starmap(open_key, [(tmp_path, tmp_path)] * 16)
    assert len(set(keys)) == 1


def test_where_the_data_cannot_be_written_the_key_lies_beside_the_runs_and_that_is_said(tmp_path, caplog):
    with caplog.at_level(logging.WARNING):
        key = open_key(Path("/proc"), tmp_path / "runs")
    assert f"lies in {tmp_path / 'runs'}" in caplog.text
    assert open_key(Path("/proc"), tmp_path / "runs") == key


def test_where_there_is_no_data_no_key_is_made_and_that_is_said(tmp_path, caplog):
    assert open_key(tmp_path / "nowhere", tmp_path / "runs") is None
    assert not list(tmp_path.rglob(KEY_FILE))
    assert f"{tmp_path / 'nowhere'} is not there" in caplog.text


def test_where_the_data_is_not_mounted_the_key_beside_the_runs_is_read_first(tmp_path, caplog):
    key = open_key(Path("/proc"), tmp_path / "runs")
    caplog.clear()
    assert open_key(tmp_path / "nowhere", tmp_path / "runs") == key
    assert caplog.text == ""


def unreadable(folder):
    """A folder in the key's place: nobody can read it, not even root."""
    (folder / KEY_FILE).mkdir(parents=True)


def broken(folder):
    (folder / KEY_FILE).write_text("no key\n")


@pytest.mark.parametrize("spoil", [unreadable, broken])
def test_a_key_that_cannot_be_read_is_replaced_by_no_other(tmp_path, caplog, spoil):
    (tmp_path / "data").mkdir()
    spoil(tmp_path / "data")
    assert open_key(tmp_path / "data", tmp_path / "runs") is None
    assert [path.name for path in tmp_path.rglob("*")] == ["data", KEY_FILE]
    assert f"{tmp_path / 'data' / KEY_FILE}: " in caplog.text
    with pytest.raises(InputError, match=r"the key|holds no key"):
        read_key(tmp_path / "data", tmp_path / "runs")


def test_patients_without_a_key_are_hidden_altogether(cohort):
    redaction = Redaction.of_run(None, cohort, [])
    assert redaction.patient("P117") == HIDDEN
    assert redaction.text("P117: 3 mm") == f"{HIDDEN}: 3 mm"


def test_a_patient_is_looked_up_by_the_key():
    key = b"k" * 32
    assert look_up(pseudonym("P118", key), ["P117", "P118", "P118", "P119"], key) == ["P118"]
    assert look_up("0" * 12, ["P117"], key) == []


def test_the_hospital_looks_a_patient_up_on_the_command_line(tmp_path, facts, cohort, capsys):
    facts.folder.mkdir(parents=True)
    write_config(facts.folder / "config.yaml", facts.config)
    write_cohort(facts.folder / "cohort.csv", cohort)
    key = open_key(tmp_path / "clinic", tmp_path)
    main([str(facts.folder), pseudonym("LiWei-2", key)])
    assert capsys.readouterr().out == "LiWei-2\n"
    with pytest.raises(InputError, match="is nobody in"):
        main([str(facts.folder), "0" * 12])
    (tmp_path / "clinic" / KEY_FILE).unlink()
    with pytest.raises(InputError, match=f"there is no {KEY_FILE} in"):
        main([str(facts.folder), "0" * 12])
    assert not list(tmp_path.rglob(KEY_FILE))
