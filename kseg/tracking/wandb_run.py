"""A run in Weights & Biases: its name, its group, what it may know, and how it ends."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import wandb

from kseg.runs.ending import SIGNALS, Terminated
from kseg.tracking.facts import RunFacts
from kseg.tracking.guard import END, Guard
from kseg.tracking.redaction import HIDDEN, Redaction, tellable
from kseg.tracking.service import answered_within

log = logging.getLogger("kseg")

DEFAULT_NAME = "defaults"
"""The name of a run to which the command line changed nothing."""

LONGEST_NAME = 128
"""Letters that W&B takes."""

STEP, EPOCH, HOURS = "trainer/global_step", "epoch", "hours"
"""The axes by which runs compare."""

LINES_AN_ATTEMPT = 1_000_000
"""Where the next attempt begins to count its lines: W&B takes none that counts less than one before it."""

PATIENCES_A_CALL = 10
"""For how many times an account's patience a single call may last, on a slow disk, before W&B's process is ended."""

KILLED = 255
"""The exit code by which W&B tells a run that was asked to end from one that failed."""


@dataclass(frozen=True)
class Account:
    """Where W&B keeps a run.

    Args:
        project: W&B's project.
        group: The sweep or experiment.
        folder: Holds W&B's folder `wandb`, shared by all runs so that one command lists or syncs them.
        mode: `offline`, `online` or `disabled`.
        patience_s: How long W&B's server is waited for at the start.
        upload_s: How long at the end, until all has been sent.
    """

    project: str
    group: str
    folder: Path
    mode: str
    patience_s: float = 30.0
    upload_s: float = 600.0

    @property
    def end_s(self) -> float:
        """How long W&B may take to end a run: to send it, or to write it down."""
        return self.upload_s if self.mode == "online" else self.patience_s


class WandbRun:
    """One run, of which whatever is told goes through one `Redaction`, and every call through one `Guard`.

    Args:
        facts: Of the run.
        account: Where W&B keeps it.
        redaction: What leaves the machine, and how.
        kind: `train`, `evaluate` or `compare`.
        overrides: What the command line changed: they name the run.
        tags: Network, data, fold.
    """

    def __init__(
        self,
        facts: RunFacts,
        account: Account,
        redaction: Redaction,
        *,
        kind: str,
        overrides: Sequence[str],
        tags: Sequence[str],
    ) -> None:
        self.account, self.redaction, self.id = account, redaction, facts.tracking_id
        self.guard = Guard()
        self.began, self.seconds_before = time.time(), facts.seconds_before
        told = {
            "project": redaction.text(account.project),
            "group": shortened(redaction.text(account.group)),
            "job_type": kind,
            "name": shortened(redaction.text(",".join(tellable(overrides)))) or DEFAULT_NAME,
            "tags": [redaction.text(tag) for tag in tags],
            "config": {**redaction.config(facts.config), **facts.provenance, "attempt": facts.attempt},
        }
        self.run: Any = self.guard.call(lambda: begin(account, self.id, told))
        if self.run is not None:
            self.guard.call(lambda: self._begin_lines(facts.attempt))

    @contextlib.contextmanager
    def answered(self) -> Iterator[None]:
        """Wait for W&B's process inside the block, though not for ever."""
        with answered_within(PATIENCES_A_CALL * self.account.patience_s):
            yield

    def log(self, values: Mapping[str, Any], step: int | None = None) -> None:
        """Write a line of numbers, pictures or tables, with the axes beside them; the values are told as they are."""
        if self.run is None:
            return
        self.guard.call(lambda: self._log(values, step))

    def summarize(self, values: Mapping[str, Any]) -> None:
        """Write values into the summary, by which a sweep is sorted."""
        if self.run is not None:
            self.guard.call(lambda: self._summarize(values))

    @property
    def hours(self) -> float:
        """Since the start, without what lay between two attempts."""
        return (time.time() - self.began + self.seconds_before) / 3600

    def end(self, error: BaseException | None) -> None:
        """End the run: finished, failed, or killed, with the error's kind as its reason.

        The error's text stays on the machine: it may hold a path or a patient's id.
        """
        if self.run is None:
            return
        state, reason, code = ending(error)
        self.guard.try_again()  # it is tried to end even a run that took nothing more
        self.summarize({"ended": state, "reason": reason, "logging/seconds": self.guard.seconds})
        self.guard.call(lambda: self._finish(code), of=END)
        if any(self.guard.failures.values()):  # else W&B would tell once more, as the process ends, what it cannot do
            self.guard.try_again()
            self.guard.call(self._teardown, of=END)
        self.run = None

    def _log(self, values: Mapping[str, Any], step: int | None) -> None:
        axes: dict[str, Any] = {HOURS: self.hours} if step is None else {STEP: step, HOURS: self.hours}
        with self.answered():
            self.run.log({**values, **axes})

    def _summarize(self, values: Mapping[str, Any]) -> None:
        told = {name: self.redaction.text(one) if isinstance(one, str) else one for name, one in values.items()}
        with self.answered():
            self.run.summary.update(told)

    def _finish(self, code: int) -> None:
        account, place = self.account, Path(self.run.dir).parent
        try:
            with answered_within(account.end_s + account.patience_s):
                self.run.finish(exit_code=code)
        except TimeoutError as error:
            raise TimeoutError(
                f"not done in {account.end_s:.0f} s; `wandb sync {place}` sends what is missing"
            ) from error

    def _teardown(self) -> None:
        with contextlib.suppress(SystemExit), answered_within(self.account.patience_s):  # W&B's, where its process died
            wandb.teardown()

    def _begin_lines(self, attempt: int) -> None:
        for axis in (STEP, EPOCH, HOURS):
            self.run.define_metric(axis)
        self.run.define_metric("*", step_metric=STEP, step_sync=True)
        if attempt > 1:
            self.run.log({"attempt": attempt, HOURS: self.hours}, step=(attempt - 1) * LINES_AN_ATTEMPT, commit=True)


def shortened(name: str) -> str:
    """A name that W&B takes; a digest keeps apart those that are alike in their first letters."""
    if len(name) <= LONGEST_NAME:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    return f"{name[: LONGEST_NAME - 9]}-{digest}"


def ending(error: BaseException | None) -> tuple[str, str, int]:
    """How a run ended: W&B's state, why, and the exit code that stands for it."""
    if error is None:
        return "finished", "", 0
    if isinstance(error, Terminated):
        return "killed", SIGNALS.get(error.number, "signal"), KILLED  # type: ignore[call-overload]
    if isinstance(error, KeyboardInterrupt):
        return "killed", "Ctrl-C", KILLED
    return "failed", getattr(error, "kind", type(error).__name__), 1


def begin(account: Account, tracking_id: str, told: Mapping[str, Any]) -> Any:
    """Start a run in W&B, or go on with it under its old id; on this machine, if the server does not answer.

    What W&B gathers by itself (host, user, command line, git remote, console) is switched off: it may name patients.

    Args:
        account: Where W&B keeps it.
        tracking_id: The run's.
        told: What `wandb.init` takes, redacted.

    Returns:
        W&B's run.
    """
    account.folder.mkdir(parents=True, exist_ok=True)
    shared = account.folder.absolute() / "wandb"
    os.environ["WANDB_DATA_DIR"] = str(shared)  # else files wait for their upload in the user's home
    os.environ["WANDB_CACHE_DIR"] = str(shared / "cache")
    os.environ.pop("WANDB_SERVICE", None)  # another process's: it would keep the id of a run that was killed
    settings = _settings(account)
    fixed: dict[str, Any] = {"dir": str(shared.parent), "id": tracking_id, "resume": "allow", "settings": settings}
    with contextlib.chdir(shared.parent):  # W&B's service stays there, and finds staged files by short paths
        if account.mode == "online":
            try:
                return wandb.init(mode="online", **told, **fixed)
            except (wandb.Error, OSError, TimeoutError) as error:
                wandb.teardown()  # the service that waits for the server would not give the run's id away
                log.warning(
                    "W&B cannot be reached (%s): logs locally instead, in %s; `wandb sync` sends it later",
                    str(error).strip().partition("\n")[0],
                    shared,
                )
                return wandb.init(mode="offline", **told, **fixed)
        return wandb.init(mode=account.mode, **told, **fixed)  # type: ignore[arg-type]


def _settings(account: Account) -> wandb.Settings:
    return wandb.Settings(
        console="off",
        disable_code=True,
        disable_git=True,
        host=HIDDEN,
        silent=True,
        init_timeout=account.patience_s,
        login_timeout=account.patience_s,
        finish_timeout=account.end_s,
        finish_timeout_raises=True,
        x_disable_machine_info=True,
        x_disable_meta=True,
        x_save_requirements=False,
    )
