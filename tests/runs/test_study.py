"""Optuna's own study, in its own database, cut off as a killed search leaves it."""

import warnings

import pytest

from kseg.errors import InputError
from kseg.runs.study import trials_left

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    optuna = pytest.importorskip("optuna")

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture
def storage(tmp_path):
    return f"sqlite:///{tmp_path}/study.db"


def ask(storage):
    study = optuna.load_study(study_name="search", storage=storage)
    trial = study.ask()
    return study, trial, trial.suggest_float("lr", 1e-4, 1e-2, log=True)


def test_a_new_search_lacks_all_its_trials(storage):
    assert trials_left(storage, "search", 20) == (20, 0)


def test_a_trial_that_was_cut_off_is_the_next_to_be_tried_and_counts_once(storage):
    trials_left(storage, "search", 5)
    study, done, _ = ask(storage)
    study.tell(done, 0.8)
    study, failed, _ = ask(storage)
    study.tell(failed, state=optuna.trial.TrialState.FAIL)
    _, _, rate = ask(storage)  # and then the search is killed
    for _ in range(3):  # killed again before it tried anything
        assert trials_left(storage, "search", 5)[0] == 3
    study, again, same = ask(storage)
    assert same == rate
    study.tell(again, 0.9)
    assert trials_left(storage, "search", 5) == (2, 4)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert optuna.load_study(study_name="search", storage=storage).best_value == 0.9


def test_a_search_goes_in_the_direction_that_was_asked_and_never_in_another(storage):
    trials_left(storage, "search", 5, ["minimize"])
    study, done, _ = ask(storage)
    study.tell(done, 0.2)
    study, worse, _ = ask(storage)
    study.tell(worse, 0.9)
    assert study.best_value == 0.2
    with pytest.raises(InputError, match="study search does not go to maximize"):
        trials_left(storage, "search", 5, ["maximize"])


def test_a_search_that_is_done_lacks_nothing(storage):
    trials_left(storage, "search", 1)
    study, done, _ = ask(storage)
    study.tell(done, 0.8)
    assert trials_left(storage, "search", 1) == (0, 1)
