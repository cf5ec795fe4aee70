"""A search that was cut off: what of it is still to be tried."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Sequence

from kseg.errors import InputError

CUT_OFF = "cut_off"
"""Marks a trial that is tried again under another number."""


def trials_left(storage: str, name: str, wanted: int, directions: Sequence[str] = ("maximize",)) -> tuple[int, int]:
    """Count the trials that a stored study lacks; one that was cut off is the next to be tried.

    Args:
        storage: Optuna's, such as `sqlite:///PATH`.
        name: Of the study.
        wanted: Trials in all.
        directions: `maximize` or `minimize`, for each value that a trial gives.

    Returns:
        `wanted` less those that came to an end; and how many were begun.

    Raises:
        InputError: The study was begun in another direction, or there is none of that name.
    """
    import optuna  # an extra: only searches need it

    optuna.logging.set_verbosity(logging.WARNING)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        try:
            study = optuna.create_study(study_name=name, storage=storage, directions=directions, load_if_exists=True)
        except ValueError as error:
            raise InputError(
                f"the study {name} does not go to {', '.join(directions)} ({error}); give hydra.sweeper.direction "
                "as it was begun, or the search another name"
            ) from error
        trials = study.get_trials(deepcopy=False)
        cut_off = [trial for trial in trials if trial.state == optuna.trial.TrialState.RUNNING]
        for trial in cut_off:
            optuna.trial.Trial(study, trial._trial_id).set_user_attr(CUT_OFF, True)
            study.tell(trial.number, state=optuna.trial.TrialState.FAIL)
            study.enqueue_trial(trial.params)
    ended = [trial for trial in trials if trial.state.is_finished() and CUT_OFF not in trial.user_attrs]
    return max(0, wanted - len(ended)), len(trials)
