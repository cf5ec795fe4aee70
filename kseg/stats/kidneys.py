"""Do the groups differ where each kidney counts, and two of one patient are alike?"""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import stats

from kseg.stats.finding import Finding
from kseg.stats.obstacles import are_identical

ALL_BUT_IDENTICAL = 1 - 1e-5
"""From this correlation of a patient's kidneys on the fitted likelihood is too flat, and F off by a percent or more."""

PERFECT = 1e-9
"""The share of the variance below which nothing is left over beside the groups but rounding."""


def mixed_model(kidneys: pd.DataFrame, groups: Sequence[str]) -> list[Finding]:
    """Test the groups in a linear mixed model of the kidneys, with a random intercept for each patient.

    Wald's test that all groups have one mean, its chi squared over the degrees of freedom held against F with as many
    denominator degrees of freedom as there are patients beyond the groups: groups differ between patients.

    Args:
        kidneys: One structure and metric, a row a kidney, with `case_id`, `group` and `value`.
        groups: In order; the first is the control.

    Returns:
        One finding with F, and as effect the correlation of the two kidneys of a patient; where the model cannot be
        fitted the note says why, and how many kidneys have no value or no group. None where no kidneys were scored.

    Reference:
        Laird NM, Ware JH. Random-effects models for longitudinal data. Biometrics 1982;38(4):963-974.
    """
    if kidneys.empty:
        return []
    grouped, valued = kidneys["group"].isin(list(groups)), kidneys["value"].notna()
    lost = [f"kidneys without a value: {(grouped & ~valued).sum()}"] if (grouped & ~valued).any() else []
    lost += [f"kidneys without a group: {(~grouped).sum()}"] if not grouped.all() else []
    return [_tested(kidneys[grouped & valued], groups).noting(*lost)]


def _tested(known: pd.DataFrame, groups: Sequence[str]) -> Finding:
    patients = known.groupby("group")["case_id"].nunique()
    n = int(known["case_id"].nunique())
    if len(patients) < 2 or n <= len(patients):
        return Finding("groups", n, note="not computed: fewer than two groups have several patients")
    if not known["case_id"].duplicated().any():
        return Finding("groups", n, note="not computed: no patient has two kidneys with a value")
    if are_identical(known["value"].to_numpy(np.float64)):
        return Finding("groups", n, note="not computed: all values are the same")
    if _left_over(known) < PERFECT:
        return Finding("groups", n, note="not computed: the values within each group are identical")
    return _fitted(known, [group for group in groups if group in patients.index], n)


def _left_over(known: pd.DataFrame) -> float:
    """The share of the variance that the groups' means leave."""
    residuals = known["value"] - known.groupby("group")["value"].transform("mean")
    return float(residuals.var(ddof=0) / known["value"].var(ddof=0))


def _fitted(known: pd.DataFrame, present: list[str], n: int) -> Finding:
    from statsmodels.regression.mixed_linear_model import MixedLM  # takes a second, and few evaluations have kidneys

    values = known["value"].to_numpy(np.float64)
    dummies = np.array([[float(group == other) for other in present[1:]] for group in known["group"]])
    exogenous = np.column_stack([np.ones(len(known)), dummies])
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        try:
            model = MixedLM(values / values.std(), exogenous, groups=known["case_id"].to_numpy()).fit(reml=True)
        except np.linalg.LinAlgError:
            return Finding("groups", n, note="not computed: the model cannot be fitted")
    df1, df2 = len(present) - 1, n - len(present)
    means, covariance = model.fe_params[1:], model.cov_params()[1 : df1 + 1, 1 : df1 + 1]
    between = float(model.cov_re[0, 0])
    shared = between / (between + float(model.scale))
    if not shared < ALL_BUT_IDENTICAL:
        why = "not computed: the kidneys of each patient are all but identical; the tests of patients say what there is"
        return Finding("groups", n, note=why)
    f = float(means @ np.linalg.solve(covariance, means)) / df1
    if not np.isfinite(f):
        return Finding("groups", n, note="not computed: the model cannot be fitted")
    doubts = "" if model.converged else "the fit did not converge"
    if not doubts and any("boundary" in str(one.message) for one in told):
        doubts = "the kidneys of a patient are no more alike than those of different ones"
    return Finding(
        "groups",
        n,
        statistic=f,
        df1=df1,
        df2=df2,
        p=float(stats.f.sf(f, df1, df2)),
        effect_name="intraclass_correlation",
        effect=shared,
        note="; ".join(remark for remark in (f"{len(known)} kidneys", doubts) if remark),
    )
