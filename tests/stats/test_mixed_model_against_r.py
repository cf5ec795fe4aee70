"""The mixed model of kidneys against nlme 3.1-162 in R 4.2.2, on two of its data sets with two values a subject."""

import pandas as pd
import pytest

from kseg.stats.kidneys import mixed_model

CHICKS = {
    "1": "171 205, 187 215, 187 202, 154 157, 199 223, 160 157, 250 305, 134, 100 98, 112 124, 184 175, 185 205, 81 96,"
    "248 266, 123 142, 120 157, 107 117",
    "2": "307 331, 148 167, 163 175, 72 74, 231 265, 205 251, 163 192, 207 233, 230 309, 151 150",
    "3": "204 256, 263 305, 146 147, 294 341, 332 373, 227 220, 157 178, 232 290, 214 272, 262 321",
    "4": "184 204, 234 281, 198 200, 146, 174 196, 210 238, 185 205, 261 322, 203 237, 234 264",
}
"""ChickWeight on days 18 and 21 by diet, chick after chick; two chicks died between."""
CHILDREN = {
    "Male": "29 31, 23 26.5, 24 27.5, 26.5 27, 22.5 26, 27 28.5, 24.5 26.5, 24.5 25.5, 31 26, 31 31.5, 23.5 25, 24 28,"
    "26 29.5, 25.5 26, 26 30, 23.5 25",
    "Female": "21.5 23, 24 25.5, 24.5 26, 25 26.5, 22.5 23.5, 21 22.5, 23 25, 23.5 24, 22 21.5, 19 19.5, 28 28",
}
"""Orthodont at 12 and 14 years by sex: Potthoff RF, Roy SN. Biometrika 1964;51(3/4):313-326."""


def kidneys_of(groups):
    rows = [
        (f"{group}{place}", group, float(value))
        for group, subjects in groups.items()
        for place, subject in enumerate(subjects.split(","))
        for value in subject.split()
    ]
    return pd.DataFrame(rows, columns=["case_id", "group", "value"])


@pytest.mark.parametrize(
    ("groups", "n", "df", "f", "p", "shared", "note"),
    [
        (CHICKS, 47, (3, 43), 4.795320178, 0.00572011382, 0.8440780798, "92 kidneys"),
        (CHILDREN, 27, (1, 25), 11.93279537, 0.001979114882, 0.5844997611, "54 kidneys"),
    ],
    ids=["ChickWeight", "Orthodont"],
)
def test_it_equals_r(groups, n, df, f, p, shared, note):
    # m <- lme(y ~ group, random = ~1 | subject, control = lmeControl(tolerance = 1e-12, msTol = 1e-12)), by REML;
    # anova(m): F, degrees of freedom, p; VarCorr(m): the share of the subjects' variance
    (found,) = mixed_model(kidneys_of(groups), list(groups))
    assert (found.n, found.df1, found.df2) == (n, *df)
    assert (found.statistic, found.p, found.effect) == pytest.approx((f, p, shared), rel=1e-5)
    assert found.note == note
