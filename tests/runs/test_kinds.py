"""Is a value of the wrong kind told by its key, and no right one refused?"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

import pytest
from hydra import compose, initialize_config_dir

from kseg.errors import InputError
from kseg.runs.config import resolved
from kseg.runs.kinds import refuse_wrong_kinds

ROOT = Path(__file__).parents[2]
GROUPS = ("augment", "callbacks", "checks", "cohort", "data", "metrics", "model", "patches", "split", "trainer")
CHOICES = [[f"{group}={file.stem}" for file in sorted((ROOT / "conf" / group).glob("[!_]*.yaml"))] for group in GROUPS]
NEEDED = {"split=patients": "split.test=[P1]", "split=reuse": "split.cohort=/x"}


def takes(
    size: Sequence[int],
    seed: int,
    share: float = 0.5,
    name: str = "",
    pair: tuple[float, float] = (0, 1),
    both: bool | None = None,
    spare: int = None,  # noqa: RUF013 - as others write it
    shares: Mapping[str, float] | Literal["equal"] = "equal",
):
    """What the configs below call."""


def config(**values):
    return {"patches": {"_target_": "kseg.takes", "_partial_": True, "size": [8, 8], "seed": 1, **values}}


@pytest.fixture(autouse=True)
def called(monkeypatch):
    monkeypatch.setattr("kseg.runs.kinds.get_object", lambda target: takes)


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"size": 96}, "patches.size=96: a list of whole numbers, as [A,B], is needed"),
        ({"size": "[96,96]"}, "patches.size=[96,96]: a list of whole numbers, as [A,B], is needed"),
        ({"size": [96, 1.5]}, "patches.size=[96,1.5]: a list of whole numbers, as [A,B], is needed"),
        ({"seed": "abc"}, "patches.seed=abc: a whole number is needed"),
        ({"seed": None}, "patches.seed=null: a whole number is needed"),
        ({"seed": True}, "patches.seed=True: a whole number is needed"),
        ({"share": "half"}, "patches.share=half: a number is needed"),
        ({"name": [1]}, "patches.name=[1]: a word is needed"),
        ({"pair": [1]}, "patches.pair=[1]: a list of 2 numbers, as [A,B], is needed"),
        ({"both": "maybe"}, "patches.both=maybe: true or false or null is needed"),
        (
            {"shares": {"mild": "much"}},
            "patches.shares={'mild': 'much'}: keys with values, as {A: B}, or a word is needed",
        ),
    ],
)
def test_a_value_of_another_kind_is_told_by_its_key(values, problem):
    with pytest.raises(InputError) as told:
        refuse_wrong_kinds(config(**values), [])
    assert told.value.problems == (problem,)


def test_a_value_that_came_from_another_key_is_told_once_and_as_it_was_typed():
    twice = {"split": config(seed="abc"), **config(seed="abc")}
    with pytest.raises(InputError) as told:
        refuse_wrong_kinds(twice, ["name=first", "seed=abc"])
    assert told.value.problems == ("seed=abc: a whole number is needed",)
    with pytest.raises(InputError) as told:
        refuse_wrong_kinds(config(size="[8,8]"), ["name=first", 'patch_size="[8,8]"'])
    assert told.value.problems == ('patch_size="[8,8]": a list of whole numbers, as [A,B], is needed',)


def test_what_fits_passes():
    fitting = {"share": 1, "name": 7, "pair": [0, 1.5], "both": None, "shares": {"mild": 2}, "size": []}
    refuse_wrong_kinds(config(**fitting), [])
    refuse_wrong_kinds(config(size="fingerprint.patch_size", seed=2.0), [])
    refuse_wrong_kinds(config(spare=None), [])  # its default, though it is annotated as a number


def test_a_users_own_code_takes_what_it_takes():
    own = config(seed="abc")["patches"]
    refuse_wrong_kinds({"patches": {**own, "_target_": "clinic.takes"}}, [])


def test_what_cannot_be_called_is_left_to_the_call(monkeypatch):
    monkeypatch.undo()
    refuse_wrong_kinds({"other": {"_target_": "gone.nowhere", "size": 1}}, [])


@pytest.mark.parametrize("number", range(max(map(len, CHOICES))))
def test_no_choice_is_refused(monkeypatch, number):
    monkeypatch.undo()
    chosen = [choices[number % len(choices)] for choices in CHOICES]
    given = [NEEDED[choice] for choice in chosen if choice in NEEDED]
    places = ("paths.root=/x", "paths.run=/x", "data.root=/x", "overrides=[]", "logger=none")
    with initialize_config_dir(version_base="1.3", config_dir=str(ROOT / "conf")):
        composed = compose("train", overrides=[*chosen, *given, *places])
    refuse_wrong_kinds(resolved(composed), [])
