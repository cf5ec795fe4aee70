import pytest
from omegaconf import OmegaConf

from kseg.errors import InputError
from kseg.runs.config import made_place, read_config, resolved, write_config


def test_a_resolved_config_is_plain_and_survives_the_disk(tmp_path):
    config = resolved(OmegaConf.create({"seed": 3, "split": {"seed": "${seed}"}, "size": [64, 64], "none": None}))
    assert config == {"seed": 3, "split": {"seed": 3}, "size": [64, 64], "none": None}
    write_config(tmp_path / "config.yaml", config)
    assert read_config(tmp_path / "config.yaml") == config


def test_every_value_that_must_be_given_is_told():
    with pytest.raises(InputError) as told:
        resolved(OmegaConf.create({"data": {"root": "???"}, "run": "???"}))
    assert [problem.split(" ")[0] for problem in told.value.problems] == ["data.root", "run"]


def test_a_folder_without_a_config_is_no_run(tmp_path):
    with pytest.raises(InputError, match="is no run"):
        read_config(tmp_path / "config.yaml")


def test_a_moved_run_finds_its_files_in_its_new_folder(tmp_path):
    config = {"paths": {"run": "/old/run"}, "callbacks": [{"dirpath": "/old/run/checkpoints"}], "data": "/old/runs"}
    write_config(tmp_path / "config.yaml", config)
    moved = read_config(tmp_path / "config.yaml")
    assert moved["callbacks"] == [{"dirpath": f"{tmp_path}/checkpoints"}]
    assert moved["data"] == "/old/runs"


@pytest.mark.parametrize("content", ["a: [", "- 1", "3", "", "a: b: c", "!!python/object/apply:os.getcwd []", "\x00"])
def test_what_is_no_config_is_told_in_plain_words(tmp_path, content):
    (tmp_path / "config.yaml").write_text(content)
    with pytest.raises(InputError, match="is no config of a run"):
        read_config(tmp_path / "config.yaml")


@pytest.mark.parametrize("paths", ["3", "[a]", "{run: 4}", "{run: [x]}", "{}"])
def test_a_config_whose_places_say_nothing_is_read_as_it_is(tmp_path, paths):
    (tmp_path / "config.yaml").write_text(f"paths: {paths}\nname: x")
    assert read_config(tmp_path / "config.yaml")["name"] == "x"
    assert made_place(tmp_path / "config.yaml") is None
