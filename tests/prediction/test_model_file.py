import io
import json
import os
import pickle
import random
import stat
import zipfile
from contextlib import suppress

import numpy as np
import pytest
import torch

from kseg.errors import InputError
from kseg.prediction.carried import carried_of
from kseg.prediction.contents import contents_in_words
from kseg.prediction.model_file import read_model_file, write_model_file


@pytest.fixture
def carried(make_run, tmp_path):
    return carried_of(make_run(tmp_path / "run"))


@pytest.fixture
def exported(carried, tmp_path):
    write_model_file(tmp_path / "small.kseg", [carried])
    return tmp_path / "small.kseg"


def rewritten(exported, **members):
    """The same file, with other or further members; None leaves one out."""
    with zipfile.ZipFile(exported) as archive:
        old = {name: archive.read(name) for name in archive.namelist()}
    changed = exported.with_name("changed.kseg")
    with zipfile.ZipFile(changed, "w", zipfile.ZIP_STORED) as archive:
        for name, content in {**old, **members}.items():
            if content is not None:
                archive.writestr(name, content)
    return changed


def described(exported):
    with zipfile.ZipFile(exported) as archive:
        return json.loads(archive.read("model.json"))


def saved(content):
    file = io.BytesIO()
    torch.save(content, file)
    return file.getvalue()


class Touches:
    """What runs a command when it is unpickled."""

    def __init__(self, marker):
        self.marker = marker

    def __reduce__(self):
        return os.system, (f"touch {self.marker}",)


def test_what_is_written_is_read_again(carried, exported):
    (read,) = read_model_file(exported)
    assert {key: value for key, value in vars(read).items() if key != "weights"} == {
        key: value for key, value in vars(carried).items() if key != "weights"
    }
    assert read.weights.keys() == carried.weights.keys()
    assert all(torch.equal(weights, read.weights[name]) for name, weights in carried.weights.items())


def test_several_networks_travel_in_one_file(carried, make_run, tmp_path):
    second = carried_of(make_run(tmp_path / "second", name="fold 2"))
    write_model_file(tmp_path / "both.kseg", [carried, second])
    assert [one.provenance["name"] for one in read_model_file(tmp_path / "both.kseg")] == ["small", "fold 2"]


def test_the_same_network_gives_the_same_file_and_its_digest_is_that_of_sha256sum(carried, tmp_path, run):
    digests = [write_model_file(tmp_path / name, [carried]) for name in ("one.kseg", "two.kseg")]
    assert run(["sha256sum", str(tmp_path / "one.kseg")]).stdout.split()[0] == digests[0] == digests[1]


def test_no_patient_no_place_and_no_machine_travels(exported):
    content = exported.read_bytes()
    for secret in (b"Doe0", b"/home/doctor", b"clinic-ws-17", b"/etc/passwd", b"/x.nii", b"0.123456"):
        assert secret not in content
    provenance = described(exported)["networks"][0]["provenance"]
    assert provenance["git_commit"] == "c0ffee"
    assert provenance["cohort"]["counts"] == [
        {"group": "mild", "split": split, "cases": cases} for split, cases in (("test", 1), ("train", 2), ("val", 1))
    ]
    assert provenance["validation"] == {"val/dice/mean": 0.5, "val/x": None}
    assert [(row["group"], row["mean"]) for row in provenance["test"]] == [("all", 0.91)]  # not the group of one


@pytest.mark.parametrize(
    "place", ["/home/doctor/weights.pt", "~/weights.pt", "C:\\Users\\doctor\\w.pt", "\\\\server\\w"]
)
def test_a_config_that_names_a_place_on_a_disk_is_not_exported(make_run, small_config, tmp_path, place):
    model = {**small_config["model"], "network": {**small_config["model"]["network"], "pretrained": place}}
    carried = carried_of(make_run(tmp_path / "run", model=model))
    with pytest.raises(InputError, match="leads nowhere on another machine"):
        write_model_file(tmp_path / "small.kseg", [carried])
    assert not (tmp_path / "small.kseg").exists()


def test_an_export_takes_the_place_of_a_link_and_not_of_what_it_points_to(carried, tmp_path):
    (tmp_path / "precious").write_text("mine")
    (tmp_path / "link.kseg").symlink_to(tmp_path / "precious")
    write_model_file(tmp_path / "link.kseg", [carried])
    assert (tmp_path / "precious").read_text() == "mine"


def test_words_tell_what_the_file_holds_and_cannot_steer_a_terminal(carried):
    told = contents_in_words(carried)
    assert "1 mild test, 2 mild train, 1 mild val" in told
    assert not {"?", "\ufffd"} & set(told)
    assert "cortex dice: mean 0.910, n 3" in told
    hostile = {
        "name": "\x1b[2J\nfine \u202etxt.exe",
        "test": 3,
        "cohort": [],
        "versions": None,
        "validation": {"a": "\x07"},
    }
    assert not any(
        sign in contents_in_words(carried.__class__(**{**vars(carried), "provenance": hostile}))
        for sign in "\x1b\x07\u202e"
    )


@pytest.mark.parametrize(
    "name", ["../../evil.pt", "/tmp/evil.pt", "..\\evil.pt", "weights/../../evil", "weights/1.pt", "code.py"]
)
def test_a_part_that_does_not_belong_there_is_refused_and_nothing_is_unpacked(exported, tmp_path, name):
    before = sorted(tmp_path.rglob("*"))
    changed = rewritten(exported, **{name: b"evil"})
    with pytest.raises(InputError, match="belong"):
        read_model_file(changed)
    assert sorted(tmp_path.rglob("*")) == sorted([*before, changed])


def test_a_link_among_the_parts_is_not_followed(exported, tmp_path):
    (tmp_path / "secret.pt").write_bytes(saved({"a": torch.zeros(1)}))
    link = zipfile.ZipInfo("weights/0.pt")
    link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    changed = rewritten(exported, **{"weights/0.pt": None})
    with zipfile.ZipFile(changed, "a") as archive:
        archive.writestr(link, str(tmp_path / "secret.pt"))
    with pytest.raises(InputError, match="is no model that kseg exported"):
        read_model_file(changed)


@pytest.mark.parametrize("name", ["model.json", "weights/0.pt"])
def test_a_bomb_is_refused_before_it_is_unpacked(exported, name):
    changed = rewritten(exported, **{name: None})
    with zipfile.ZipFile(changed, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, b" " * 50_000_000)
    assert changed.stat().st_size < 1_000_000
    with pytest.raises(InputError, match="compressed"):
        read_model_file(changed)


def test_a_bomb_inside_of_the_weights_is_refused(exported):
    inner = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(saved({"a": torch.zeros(3)}))) as old, zipfile.ZipFile(inner, "w") as new:
        for name in old.namelist():
            content = bytes(50_000_000) if "/data/" in name else old.read(name)
            new.writestr(name, content, zipfile.ZIP_DEFLATED)
    with pytest.raises(InputError, match="compressed"):
        read_model_file(rewritten(exported, **{"weights/0.pt": inner.getvalue()}))


def test_parts_that_lie_over_one_another_are_refused(exported):
    """As in Fifield 2019, "A better zip bomb": many names for the same bytes."""
    with zipfile.ZipFile(exported) as archive:
        info = archive.getinfo("weights/0.pt")
        archive.NameToInfo = {}
        overlaid = exported.with_name("overlaid.kseg")
        overlaid.write_bytes(exported.read_bytes())
    with zipfile.ZipFile(overlaid, "a") as archive:
        for _ in range(3):
            archive.filelist.append(info)
        archive._didModify = True
    with pytest.raises(InputError, match="is no model that kseg exported"):
        read_model_file(overlaid)


@pytest.mark.parametrize("raw", [True, False], ids=["pickle", "zip of torch"])
def test_weights_that_would_run_a_command_run_nothing(exported, tmp_path, raw):
    evil = pickle.dumps(Touches(tmp_path / "marker")) if raw else saved({"a": Touches(tmp_path / "marker")})
    refused = "is no model that kseg exported" if raw else "nothing of it was run"
    with pytest.raises(InputError, match=refused):
        read_model_file(rewritten(exported, **{"weights/0.pt": evil}))
    assert not (tmp_path / "marker").exists()
    with suppress(RuntimeError):  # a plain pickle turns out to be no weights, after it has run
        torch.load(io.BytesIO(evil), weights_only=False)
    assert (tmp_path / "marker").exists()


@pytest.mark.parametrize(
    "weights", [[1, 2], {"a": "b"}, {}.keys, torch.zeros(2)], ids=["list", "words", "function", "tensor"]
)
def test_what_is_no_weights_by_their_names_is_refused(exported, weights):
    content = saved(weights) if not callable(weights) else b"no"
    with pytest.raises(InputError):
        read_model_file(rewritten(exported, **{"weights/0.pt": content}))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda all_: all_.pop("format"),
        lambda all_: all_.pop("networks"),
        lambda all_: all_.update(networks=[]),
        lambda all_: all_.update(networks={"0": 1}),
        lambda all_: all_["networks"][0].pop("divided"),
        lambda all_: all_["networks"][0].update(divided="yes"),
        lambda all_: all_["networks"][0].update(model=["x"]),
        lambda all_: all_["networks"][0].update(weights={"a": 1}),
        lambda all_: all_["networks"].append(all_["networks"][0]),
    ],
)
def test_a_description_that_says_something_else_is_refused(exported, spoil):
    contents = described(exported)
    spoil(contents)
    with pytest.raises(InputError, match="is no model that kseg exported"):
        read_model_file(rewritten(exported, **{"model.json": json.dumps(contents)}))


@pytest.mark.parametrize("text", ["", "[]", "nonsense", "[" * 100_000, b"\xff\xfe"])
def test_a_description_that_is_none_is_refused(exported, text):
    with pytest.raises(InputError, match="is no model that kseg exported"):
        read_model_file(rewritten(exported, **{"model.json": text}))


def test_a_later_version_says_so(exported):
    contents = {**described(exported), "version": 2}
    with pytest.raises(InputError, match="is of version 2; this kseg reads version 1"):
        read_model_file(rewritten(exported, **{"model.json": json.dumps(contents)}))


def test_a_damaged_file_is_told_in_plain_words_wherever_the_damage_is(exported):
    """200 files with a byte turned, 100 cut off: either refused, or what turned is of no weight."""
    whole, drawn = exported.read_bytes(), random.Random(3)
    (sound,) = read_model_file(exported)
    refused = 0
    for number in range(300):
        at = drawn.randrange(len(whole))
        damaged = (
            whole[:at]
            if number < 100
            else whole[:at] + bytes([whole[at] ^ (1 << drawn.randrange(8))]) + whole[at + 1 :]
        )
        exported.write_bytes(damaged)
        try:
            (read,) = read_model_file(exported)
        except InputError:
            refused += 1
            continue
        assert read.model == sound.model
        assert all(np.array_equal(read.weights[name], weights) for name, weights in sound.weights.items())
    assert refused > 280
