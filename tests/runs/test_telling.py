"""Is what a user can change told in a line, and a fault not hidden?"""

import pytest

from kseg.errors import InputError
from kseg.runs.telling import told_plainly


@pytest.mark.parametrize("place", ["file", "file/below"])
def test_a_file_where_a_folder_is_to_be_made_is_told_in_a_line(tmp_path, capsys, place):
    (tmp_path / "file").touch()
    with pytest.raises(SystemExit) as ended, told_plainly():
        (tmp_path / place).mkdir(parents=True, exist_ok=True)
    assert ended.value.code == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"kseg: {tmp_path}/file")


def test_any_other_error_of_the_system_is_not_hidden(tmp_path):
    with pytest.raises(FileNotFoundError), told_plainly():
        (tmp_path / "none").read_bytes()


def test_what_is_told_steers_no_terminal(capsys):
    with pytest.raises(SystemExit), told_plainly():
        raise InputError("\x1b[2Jfine\u202e: is empty")
    assert capsys.readouterr().err == "kseg: \ufffd[2Jfine\ufffd: is empty\n"
