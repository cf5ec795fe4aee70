"""Logging never stops a training, and it is known how long it takes."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import TypeVar

from kseg.runs.ending import Terminated

log = logging.getLogger("kseg")

Answer = TypeVar("Answer")

ENOUGH = 3
"""Lines in a row that failed, after which nothing more is tried: each may have waited for a service that is gone."""

LINES, PICTURES, FILES, REPORT_COPY = "what is logged", "pictures", "files", "the report's copy"
START, CHOICE, RESULTS, END = "the run", "the chosen checkpoint", "the results", "the run's end"
"""Of what it is told by itself that it failed; lines alone say that the service is gone."""


class Guard:
    """Calls what logs; an error is told once of each kind and kept from the training.

    Attributes:
        seconds: Spent inside the calls.
        failures: Calls in a row that raised, by what was to be told.
    """

    def __init__(self) -> None:
        self.seconds = 0.0
        self.failures: Counter[str] = Counter()
        self._told: set[str] = set()
        self._depth = 0

    def call(self, work: Callable[[], Answer], of: str = LINES) -> Answer | None:
        """Do the work.

        Args:
            work: Logs something; it may call this guard itself.
            of: Of what it tells.

        Returns:
            What the work returned; None where it failed, or where it was not tried any more.

        Raises:
            Terminated: The run was asked to end meanwhile.
        """
        if self.failures[LINES] >= ENOUGH:
            return None
        with self._timed():
            try:
                answer = work()
            except Terminated:
                raise
            except Exception as error:
                self._fail(of, error)
                return None
        self.failures[of] = 0
        return answer

    def try_again(self) -> None:
        """Forget the failures, not that they were told."""
        self.failures.clear()

    @contextmanager
    def _timed(self) -> Iterator[None]:
        """Sum the time of the outermost calls: it holds that of those within."""
        began, self._depth = perf_counter(), self._depth + 1
        try:
            yield
        finally:
            self._depth -= 1
            self.seconds += 0.0 if self._depth else perf_counter() - began

    def _fail(self, of: str, error: Exception) -> None:
        self.failures[of] += 1
        log.debug("Logging failed", exc_info=error)
        if of not in self._told:
            self._told.add(of)
            log.warning(
                "W&B does not take %s (%s: %s); the run goes on, its own folder keeps all but the curves",
                of,
                type(error).__name__,
                str(error).strip().partition("\n")[0],
            )
        if self.failures[LINES] == ENOUGH:
            log.warning("W&B failed %d times in a row: until this run ends, it is told nothing more", ENOUGH)
