"""How do the settings of several runs compare: tables, a page, and what the terminal shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from kseg.labels import OUTLINED
from kseg.report.comparison import write_comparison
from kseg.report.ranking_table import print_ranking
from kseg.report.source import Source, source_of
from kseg.report.tables import write_table
from kseg.runs.older import completed
from kseg.stats.pooling import Round, over_rounds, paired_rounds
from kseg.stats.ranking import rank_settings
from kseg.stats.seeds import with_seeds
from kseg.stats.settings import compare_settings
from kseg.stats.settings_in_groups import compare_settings_in_groups
from kseg.stats.worst_group import Served, best_for_the_worst_group


@dataclass(frozen=True)
class Comparison:
    """What was found.

    Args:
        runs: The table of runs.
        ranking: As from `kseg.stats.ranking.rank_settings`, with the spread over seeds.
        tests: As from `kseg.stats.settings.compare_settings`.
        tests_in_groups: As from `kseg.stats.settings_in_groups.compare_settings_in_groups`.
        best: Of each outlined structure, the setting that is best for the worst group.
        groups: In order.
        confidence: Of the intervals.
        alpha: Level of the tests.
        source: Where the CTs came from.
    """

    runs: pd.DataFrame
    ranking: pd.DataFrame
    tests: pd.DataFrame
    tests_in_groups: pd.DataFrame
    best: Mapping[str, Served]
    groups: Sequence[str]
    confidence: float
    alpha: float
    source: Source

    def tables(self) -> dict[str, pd.DataFrame]:
        """Its tables by name, as they are written."""
        tests = pd.concat([self.tests, self.tests_in_groups[self.tests.columns]], ignore_index=True)
        return {"runs": self.runs, "ranking": self.ranking, "tests": tests}

    def show(self) -> None:
        """Print it."""
        print_ranking(self.ranking, self.tests, self.best, alpha=self.alpha, source=self.source)

    def write(self, output: Path, footer: Mapping[str, str]) -> None:
        """Write ranking.csv, tests.csv and comparison.html.

        Args:
            output: The folder.
            footer: What the page says of its own making.
        """
        tables = self.tables()
        write_table(output / "ranking.csv", tables["ranking"])
        write_table(output / "tests.csv", tables["tests"])
        write_comparison(
            output / "comparison.html",
            runs=self.runs,
            ranking=self.ranking,
            tests=self.tests,
            tests_in_groups=self.tests_in_groups,
            best=self.best,
            groups=self.groups,
            confidence=self.confidence,
            alpha=self.alpha,
            footer=footer,
            source=self.source,
        )


def compared(rounds: Sequence[Round], runs: pd.DataFrame, config: Mapping[str, Any]) -> Comparison:
    """Compare settings patient by patient.

    Args:
        rounds: Of two settings or more.
        runs: The table of runs, by whose order the settings stand.
        config: Of one of the runs: its groups, and how often patients are drawn again.

    Raises:
        InputError: The settings, or their seeds, test different patients.
    """
    each = paired_rounds(rounds)
    scores, settings = over_rounds(each), list(runs["setting"].unique())
    stats, groups = config["stats"], list(config["cohort"]["cut_points"])
    how = {name: stats[name] for name in ("resamples", "confidence", "seed")}
    ranking = with_seeds(rank_settings(scores, settings=settings, groups=groups, **how), each)
    tests = compare_settings(scores, settings=settings, confidence=stats["confidence"])
    in_groups = compare_settings_in_groups(scores, settings=settings, groups=groups, confidence=stats["confidence"])
    drawn = {name: stats[name] for name in ("resamples", "seed")}
    best = {
        structure: best_for_the_worst_group(ranking, scores, structure=structure, **drawn) for structure in OUTLINED
    }
    alpha = completed(dict(config))["stats"]["alpha"]
    levels = {"confidence": stats["confidence"], "alpha": alpha}
    return Comparison(runs, ranking, tests, in_groups, best, groups, **levels, source=source_of(config))
