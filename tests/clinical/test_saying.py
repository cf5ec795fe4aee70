"""Are many names shortened, and few left whole?"""

import pandas as pd
import pytest

from kseg.clinical.cohort import cohort_in_a_line
from kseg.clinical.saying import few_of, first_lines


@pytest.mark.parametrize(
    ("number", "said"),
    [(1, "1"), (5, "1, 2, 3, 4, 5"), (6, "1, 2, 3, 4, 5 and 1 more"), (9, "1, 2, 3, 4, 5 and 4 more")],
)
def test_five_names_stand_and_the_others_are_counted(number, said):
    assert few_of([str(name) for name in range(1, number + 1)]) == said


@pytest.mark.parametrize(("number", "last"), [(10, "10: odd"), (11, "1 more are odd"), (30, "20 more are odd")])
def test_ten_lines_stand_and_the_others_are_counted_in_one(number, last):
    lines = first_lines([f"{name}: odd" for name in range(1, number + 1)], "are odd")
    assert lines[:10] == [f"{name}: odd" for name in range(1, 11)]
    assert lines[-1] == last


def test_a_cohort_in_a_line_counts_groups_and_splits():
    cohort = pd.DataFrame({"group": ["control", "", "control"], "split": ["train", "train", "test"]})
    assert cohort_in_a_line(cohort) == "3 CTs: 2 control, 1 without a group; 2 train, 1 test"
