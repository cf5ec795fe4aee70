"""What a user did that cannot work: told in plain words, without a traceback."""

from __future__ import annotations

from collections.abc import Sequence


class InputError(ValueError):
    """Bad input, told to the user in one line a problem: what came, what was needed, which case, what to do.

    Args:
        problems: One line each; all that were found, not only the first.
    """

    def __init__(self, problems: str | Sequence[str]) -> None:
        self.problems = (problems,) if isinstance(problems, str) else tuple(problems)
        super().__init__("\n".join(self.problems))

    def __reduce__(self) -> tuple[type[InputError], tuple[tuple[str, ...]]]:
        """Survive the way back from a worker process with every problem."""
        return type(self), (self.problems,)
