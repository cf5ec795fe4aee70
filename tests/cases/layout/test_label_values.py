"""Are the integers of label maps taken as they are stated, and contradictions told?"""

from pathlib import Path

import pytest

from kseg.cases.layout.label_values import LabelValues, stated_values
from kseg.errors import InputError
from kseg.outlines import Outline

MAP = Path("/labels/P1.nii.gz")


def test_values_say_what_counts_in_a_label_map():
    values = stated_values({"parenchyma": [1, 2], "cortex": [2], "undivided": [3]}, one_file=True)
    assert values.parenchyma_in(MAP) == Outline((MAP,), (1, 2, 3))
    assert values.cortex_in(MAP) == Outline((MAP,), (2,), undecided=(3,))


def test_one_value_needs_no_list():
    assert stated_values({"cortex": 5}, one_file=False) == LabelValues(cortex=(5,))


def test_none_means_all_but_0_the_undivided_among_them():
    values = stated_values({"parenchyma": None, "cortex": [2], "undivided": [3]}, one_file=True)
    assert values.parenchyma_in(MAP) == Outline((MAP,))


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"kidney": [1], "cortex": 2}, ["data.values.kidney: not known; parenchyma, cortex, undivided are needed"]),
        (
            {"parenchyma": [0, 1], "cortex": ["two"], "undivided": True},
            [
                "data.values.parenchyma: 0; integers above 0 are needed, as in [1,2]",
                "data.values.cortex: 'two'; integers above 0 are needed, as in [1,2]",
                "data.values.undivided: True; integers above 0 are needed, as in [1,2]",
            ],
        ),
        (
            {"parenchyma": [1, 2], "cortex": [2], "undivided": [2, 3]},
            ["data.values: 2 cannot be cortex and undivided; keep one"],
        ),
        (
            {"parenchyma": [1, 2]},
            ["data.values.cortex: not given, though both lie in the same files; give its values, as in [2]"],
        ),
        (
            {"parenchyma": [1], "cortex": [2]},
            [
                "data.values.parenchyma: 1 without the cortex's 2; the parenchyma is medulla and cortex, "
                "give the values of both"
            ],
        ),
    ],
)
def test_values_that_cannot_be_are_told(values, said):
    with pytest.raises(InputError) as told:
        stated_values(values, one_file=True)
    assert list(told.value.problems) == said


def test_in_files_of_their_own_parenchyma_and_cortex_may_have_any_values():
    assert stated_values({"parenchyma": [1], "cortex": [2]}, one_file=False) == LabelValues((1,), (2,))
