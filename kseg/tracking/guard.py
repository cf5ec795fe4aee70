"""Logging never stops a training, and it is known how long it takes."""

from __future__ import annotations

import logging
from collections.abc import Callable
from time import perf_counter
from typing import TypeVar

from kseg.runs.ending import Terminated

log = logging.getLogger("kseg")

Answer = TypeVar("Answer")

ENOUGH = 3
"""Failures after which nothing more is tried: each of them may have waited for a service that is gone."""


class Guard:
    """Calls what logs; an error is told once and kept from the training.

    Attributes:
        seconds: Spent inside the calls.
        failures: Calls that raised, since anything more was tried.
    """

    def __init__(self) -> None:
        self.seconds = 0.0
        self.failures = 0
        self.is_told = False

    def call(self, work: Callable[[], Answer]) -> Answer | None:
        """Do the work.

        Args:
            work: Logs something.

        Returns:
            What the work returned; None where it failed, or where it was not tried any more.

        Raises:
            Terminated: The run was asked to end meanwhile.
        """
        if self.failures >= ENOUGH:
            return None
        began = perf_counter()
        try:
            return work()
        except Terminated:
            raise
        except Exception as error:
            self._tell(error)
            return None
        finally:
            self.seconds += perf_counter() - began

    def _tell(self, error: Exception) -> None:
        self.failures += 1
        if not self.is_told:
            self.is_told = True
            log.warning(
                "W&B does not take what is logged (%s: %s); the run goes on, its own folder keeps all results",
                type(error).__name__,
                str(error).strip().partition("\n")[0],
            )
        log.debug("Logging failed", exc_info=error)
