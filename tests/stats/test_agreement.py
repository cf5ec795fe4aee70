"""Agreement of volumes, against pingouin, SciPy and published examples."""

import numpy as np
import pandas as pd
import pingouin
import pytest

from kseg.stats.agreement import bland_altman, concordance_correlation, intraclass_correlation

PEFR = np.array(
    [
        *((494, 512), (395, 430), (516, 520), (434, 428), (476, 500), (557, 600), (413, 364), (442, 380), (650, 658)),
        *((433, 445), (417, 432), (656, 626), (267, 260), (478, 477), (178, 259), (423, 350), (427, 451)),
    ],
    dtype=float,
)
"""Peak expiratory flow by two meters, first readings: Bland and Altman 1986, the table of data."""


SLEEP = np.column_stack(
    [[0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0], [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]]
)
"""R's data set sleep, the same ten patients under two drugs: Student 1908."""


def volumes_of(pairs):
    return pd.DataFrame(pairs, columns=["reference_ml", "predicted_ml"])


@pytest.fixture(params=["pefr", "drawn"])
def pairs(request):
    if request.param == "pefr":
        return PEFR
    random = np.random.default_rng(4)
    outlined = random.normal(160, 40, 24)
    return np.column_stack([outlined, outlined * 1.05 - 4 + random.normal(0, 6, 24)])


def test_bias_and_limits_are_those_of_bland_and_altman():
    # Bland and Altman 1986: mean difference -2.1 l/min (large meter minus mini), SD 38.8; limits -79.7 and 75.5; they
    # use 2 SD where 1.96 is now usual, and difference the other way round.
    bias, lower, upper, _ = bland_altman(volumes_of(PEFR))
    assert bias.effect == pytest.approx(2.1, abs=0.05)
    sd = (upper.effect - lower.effect) / (2 * 1.96)
    assert sd == pytest.approx(38.8, abs=0.05)
    # their intervals: bias -22.0 to 17.8 (SE 9.4, t 2.12); limits with SE 16.3: lower -114.3 to -45.1
    assert (bias.ci_low, bias.ci_high) == pytest.approx((-17.8, 22.0), abs=0.1)
    assert (upper.ci_high - upper.effect) / 2.12 == pytest.approx(16.3, abs=0.2)


def test_bias_limits_and_slope_are_those_of_r():
    # R 4.2.2, d <- b - a; m <- (a + b) / 2 of the data set sleep: mean(d), t.test(b, a, paired = TRUE), lm(d ~ m) with
    # confint, and mean(d) - 1.96 * sd(d) +- qt(.975, 9) * sd(d) * sqrt(1 / 10 + 1.96^2 / 18)
    bias, lower, _, slope = bland_altman(volumes_of(SLEEP))
    found = (bias.effect, bias.ci_low, bias.ci_high, bias.p)
    assert found == pytest.approx((1.58, 0.70011424, 2.45988576, 0.00283289), abs=1e-8)
    found = (lower.ci_low, lower.effect, lower.ci_high)
    assert found == pytest.approx((-2.38851756, -0.83079115, 0.72693526), abs=1e-8)
    found = (slope.effect, slope.ci_low, slope.ci_high, slope.p)
    assert found == pytest.approx((0.12527980, -0.42357319, 0.67413279, 0.61291288), abs=1e-8)


def test_the_same_difference_in_all_is_told_and_crashes_nothing():
    outlined = np.random.default_rng(6).normal(150, 40, 12)
    bias, lower, upper, slope = bland_altman(volumes_of(np.column_stack([outlined, outlined + 0.1])))
    assert (bias.effect, lower.effect, upper.effect) == pytest.approx((0.1, 0.1, 0.1))
    assert np.isnan(bias.p)
    assert bias.note == "the difference is the same in all patients"
    assert slope.effect == pytest.approx(0, abs=1e-9)


def test_the_paired_p_is_pingouins(pairs):
    bias, *_ = bland_altman(volumes_of(pairs))
    expected = pingouin.ttest(pairs[:, 1], pairs[:, 0], paired=True)
    assert bias.p == pytest.approx(float(expected["p_val"].iloc[0]), rel=1e-6)


def test_the_proportional_bias_is_a_regression_on_the_means(pairs):
    *_, slope = bland_altman(volumes_of(pairs))
    expected = pingouin.linear_regression(pairs.mean(axis=1), pairs[:, 1] - pairs[:, 0]).iloc[1]
    assert slope.effect == pytest.approx(expected["coef"])
    assert slope.p == pytest.approx(expected["pval"])
    assert (slope.ci_low, slope.ci_high) == pytest.approx((expected["CI2.5"], expected["CI97.5"]))


@pytest.mark.filterwarnings("ignore:The inplace keyword")
def test_the_icc_is_pingouins(pairs):
    (found,) = intraclass_correlation(volumes_of(pairs))
    long = pd.DataFrame(
        {"patient": np.repeat(np.arange(len(pairs)), 2), "method": [0, 1] * len(pairs), "ml": pairs.ravel()}
    )
    pingouin.options["round.column.CI95"] = None
    expected = pingouin.intraclass_corr(long, targets="patient", raters="method", ratings="ml").set_index("Type")
    row = expected.loc["ICC(A,1)"]
    assert found.effect == pytest.approx(row["ICC"])
    column = next(name for name in expected.columns if name.startswith("CI95"))
    assert (found.ci_low, found.ci_high) == pytest.approx(tuple(row[column]), abs=1e-6)


@pytest.mark.parametrize(("pairs", "icc", "ccc"), [(SLEEP, 0.59621825, 0.57061770), (PEFR, 0.94592841, 0.94274243)])
def test_icc_and_concordance_are_those_of_r(pairs, icc, ccc):
    # R 4.2.2: ms <- anova(lm(y ~ patient + method))[["Mean Sq"]]; (ms1 - ms3) / (ms1 + ms3 + 2 * (ms2 - ms3) / n);
    # v <- (n - 1) / n; 2 * v * cov(a, b) / (v * var(a) + v * var(b) + (mean(a) - mean(b))^2)
    assert intraclass_correlation(volumes_of(pairs))[0].effect == pytest.approx(icc, abs=1e-8)
    assert concordance_correlation(volumes_of(pairs))[0].effect == pytest.approx(ccc, abs=1e-8)


@pytest.mark.parametrize(
    ("pairs", "confidence", "interval"),
    [
        (PEFR, 0.95, (0.85049187317, 0.97872627917)),
        (PEFR, 0.90, (0.87143022464, 0.97502856570)),
        (SLEEP, 0.95, (0.15148736357, 0.81582827825)),
        (SLEEP, 0.90, (0.22827609600, 0.78738256453)),
    ],
)
def test_the_interval_of_the_concordance_is_that_of_epir(pairs, confidence, interval):
    # R 4.2.2 with epiR 2.0.57: epi.ccc(a, b, ci = "z-transform", conf.level = confidence)$rho.c
    (found,) = concordance_correlation(volumes_of(pairs), confidence=confidence)
    assert (found.ci_low, found.ci_high) == pytest.approx(interval, abs=1e-10)


def test_lins_concordance_by_hand():
    # Three pairs on a line one apart: variances 2/3, covariance 2/3, shift 1: 2 (2/3) / (4/3 + 1) = 4/7.
    (found,) = concordance_correlation(volumes_of(np.array([[1.0, 2.0], [2.0, 3.0], [3.0, 4.0]])))
    assert found.effect == pytest.approx(4 / 7)


def test_the_concordance_of_large_samples_is_covered_by_its_interval():
    random = np.random.default_rng(11)
    truth = 2 * 0.9 / (2 + 0.3**2)  # unit variances, correlation .9, shift .3
    covered = 0
    for _ in range(400):
        drawn = random.multivariate_normal([0, 0.3], [[1, 0.9], [0.9, 1]], size=60)
        (found,) = concordance_correlation(volumes_of(drawn))
        covered += found.ci_low < truth < found.ci_high
    assert 0.92 < covered / 400 < 0.98


@pytest.mark.parametrize("test", [bland_altman, intraclass_correlation, concordance_correlation])
@pytest.mark.parametrize("drawn", [[], [[1.0, 2.0]], [[1.0, 2.0], [np.nan, 3.0], [2.0, 2.0]]])
def test_what_cannot_be_computed_is_a_row_that_says_so(test, drawn):
    found, *more = test(volumes_of(np.array(drawn).reshape(-1, 2)))
    assert not more
    assert found.note.startswith("not computed: fewer than 3 patients")
    assert ("without one of the two: 1" in found.note) == (len(drawn) == 3)


def test_perfect_agreement_is_one_and_crashes_nothing():
    outlined = np.random.default_rng(6).normal(150, 40, 24)
    (found,) = intraclass_correlation(volumes_of(np.column_stack([outlined, outlined])))
    assert found.effect == pytest.approx(1)


def test_equal_volumes_are_told():
    (found,) = intraclass_correlation(volumes_of(np.full((4, 2), 100.0)))
    assert found.note == "not computed: all volumes are the same"


@pytest.mark.parametrize(
    ("pairs", "constant"),
    [
        ([[100.0, 120.1]] * 2 + [[150.0, 120.1]], "the predicted volumes"),
        ([[100.1, 120.0]] * 2 + [[100.1, 130.0]], "the outlined volumes"),
        ([[100.1, 120.1]] * 3, "the outlined and the predicted volumes"),
    ],
)
def test_without_concordance_it_is_told_which_volumes_are_constant(pairs, constant):
    (found,) = concordance_correlation(volumes_of(np.array(pairs)))
    assert found.note == f"not computed: {constant} are all the same"
