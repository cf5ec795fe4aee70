"""Where a run keeps what."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class RunFolder:
    """The folder of one run; other programs rely on these names.

    Args:
        path: The folder itself.
    """

    path: Path

    @property
    def config(self) -> Path:
        """The resolved config, plain containers only."""
        return self.path / "config.yaml"

    @property
    def cohort(self) -> Path:
        """One row a case."""
        return self.path / "cohort.csv"

    @property
    def best_checkpoint(self) -> Path:
        """The checkpoint that did best on `val`."""
        return self.path / "checkpoints" / "best.ckpt"

    @property
    def last_checkpoint(self) -> Path:
        """The checkpoint from which an interrupted training goes on."""
        return self.path / "checkpoints" / "last.ckpt"

    @property
    def chosen_checkpoint(self) -> Path:
        """The best checkpoint, or the last one where no `val` could choose."""
        return self.best_checkpoint if self.best_checkpoint.is_file() else self.last_checkpoint

    @property
    def predictions(self) -> Path:
        """Label maps on the CTs' own grids."""
        return self.path / "predictions"

    def prediction(self, case_id: str) -> Path:
        """One case's label map."""
        return self.predictions / f"{case_id}.nii.gz"

    @property
    def metrics(self) -> Path:
        """Scores a case, structure and metric."""
        return self.path / "metrics.csv"

    @property
    def volumes(self) -> Path:
        """Outlined and predicted volumes."""
        return self.path / "volumes.csv"

    @property
    def groups(self) -> Path:
        """Scores described by group."""
        return self.path / "groups.csv"

    @property
    def tests(self) -> Path:
        """Groups compared."""
        return self.path / "tests.csv"

    @property
    def report(self) -> Path:
        """The page to read."""
        return self.path / "report.html"

    @property
    def log(self) -> Path:
        """What the run told, with time and, of an error, its whole way."""
        return self.path / "train.log"

    @property
    def terminal(self) -> Path:
        """What a sweep's run wrote to no terminal: also what comes before its log, or ends it without a word."""
        return self.path / "terminal.log"

    @property
    def training(self) -> Path:
        """What a process claims that trains the run; there is no such file."""
        return self.path / "training"

    @property
    def status(self) -> Path:
        """What became of the run."""
        return self.path / "status.json"
