"""Statistics of groups against R 4.2.2, run once on three of its data sets; the calls stand beside the values."""

import pytest

from kseg.stats.anova import one_way_anova, welch_anova
from kseg.stats.assumptions import levene, shapiro_wilk
from kseg.stats.effect import omega_squared, omega_squared_interval
from kseg.stats.equivalence import equivalence_to_control
from kseg.stats.pairs import games_howell
from kseg.stats.ranks import kruskal_wallis

CLOSE = 2e-9
"""R printed ten digits."""

# y are the values, g the groups.
# aov: anova(aov(y ~ g)): F, degrees of freedom, p
# omega: (SSb - df1 MSw) / (SSb + SSw + MSw) of its sums of squares, and l / (l + N) at the two ends, where
#        uniroot(function(l) pf(F, df1, df2, ncp = l) - p, c(0, 400)) for p = .95 and .05
# welch: oneway.test(y ~ g); kruskal: kruskal.test(y ~ g): H, p
# epsilon: the share of the ranks' variance between the groups, a[1, 2] / sum(a[, 2]) of a <- anova(aov(rank(y) ~ g))
# levene: anova(aov(abs(y - ave(y, g, FUN = median)) ~ g)): F, p; shapiro: shapiro.test(residuals(aov(y ~ g))): W, p
R = {
    "plant_growth": {
        "aov": (4.846087862, 2, 27, 0.01590995833),
        "omega": (0.204078846, 0.03188824813, 0.4287989901),
        "welch": (5.180972408, 2, 17.12841862, 0.01739282149),
        "kruskal": (7.988228749, 0.01842375573),
        "epsilon": 0.275456163774,
        "levene": (1.119185695, 0.3412266241),
        "shapiro": (0.9660681189, 0.4378985955),
    },
    "chick_weights": {
        "aov": (15.36479977, 5, 65, 5.936419853e-10),
        "omega": (0.5028846653, 0.3646973874, 0.6133258671),
        "welch": (19.66172436, 5, 29.95203639, 1.177059716e-08),
        "kruskal": (37.34271769, 5.112829512e-07),
        "epsilon": 0.533467395632,
        "levene": (0.7492638945, 0.5896095048),
        "shapiro": (0.9861643714, 0.6272233274),
    },
    "insect_sprays": {
        "aov": (34.70228206, 5, 66, 3.182583726e-17),
        "omega": (0.7006379036, 0.6030327421, 0.7695339368),
        "welch": (36.06544389, 5, 30.04256051, 7.999379456e-12),
        "kruskal": (54.69134462, 1.510844439e-10),
        "epsilon": 0.770300628484,
        "levene": (3.821356313, 0.004222791139),
        "shapiro": (0.9600585428, 0.02225988678),
    },
}

# Welch's t, df, ptukey(abs(t) * sqrt(2), k, df, lower.tail = FALSE), mean difference -+ qtukey(.95, k, df) * se /
# sqrt(2), and gamma(m / 2) / (sqrt(m / 2) * gamma((m - 1) / 2)) * difference / pooled SD, m = n1 + n2 - 2
PAIRS = {
    "plant_growth": {
        "trt1 - ctrl": (-1.191260382, 16.52358506, 0.4745549222, -1.172087502, 0.4300875015, -0.5101840641),
        "trt2 - ctrl": (2.134020453, 16.78576448, 0.1128891769, -0.1005544333, 1.088554433, 0.9139422785),
        "trt2 - trt1": (3.010098542, 14.10356912, 0.02370345474, 0.1135129933, 1.616487007, 1.289142433),
    },
    "chick_weights": {
        "linseed - horsebean": (3.017174604, 19.76872045, 0.06493843243, -2.517347895, 119.6173479, 1.208475284),
        "casein - sunflower": (-0.2285123473, 20.50230623, 0.9999000381, -78.51739745, 67.85073078, -0.09006667487),
        "casein - meatmeal": (1.728801342, 20.79857078, 0.529270132, -37.8658989, 131.2143837, 0.6957348468),
    },
}

# t.test(x, control, mu = -margin, alternative = "greater") and t.test(x, control, mu = margin, alternative = "less"):
# both t, df, both p; t.test(x, control, conf.level = .9)$conf.int
TOST = {
    ("plant_growth", 1): {
        "trt1 - ctrl": (
            2.019684044,
            -4.402204807,
            16.52358506,
            0.0299692709,
            0.0002072453437,
            -0.9136742931,
            0.1716742931,
        ),
        "trt2 - ctrl": (
            6.453899913,
            -2.185859007,
            16.78576448,
            3.15993552e-06,
            0.02164784715,
            0.09100611865,
            0.8969938814,
        ),
    },
    ("insect_sprays", 5): {
        "B - A": (3.174670697, -2.267621926, 21.78443081, 0.002211291086, 0.01681279518, -2.323224182, 3.989890849),
        "D - A": (-2.972084973, -9.456634006, 16.73467635, 0.9956706224, 2.004709629e-08, -12.26847753, -6.898189138),
        "F - A": (3.181814303, -1.257926585, 20.5227525, 0.002290161815, 0.1112716455, -1.713266029, 6.046599363),
    },
}


@pytest.fixture(params=list(R))
def named_data(request):
    return request.param, request.getfixturevalue(request.param)


def test_analyses_of_variance_equal_r(scores_of, named_data):
    name, values = named_data
    for test, call in ((one_way_anova, "aov"), (welch_anova, "welch")):
        (found,) = test(scores_of(values), list(values))
        assert (found.statistic, found.df1, found.df2, found.p) == pytest.approx(R[name][call], rel=CLOSE)


def test_omega_squared_and_its_interval_equal_r(scores_of, named_data):
    name, values = named_data
    (found,) = one_way_anova(scores_of(values), list(values), alpha=0.05)
    assert (found.effect, found.ci_low, found.ci_high) == pytest.approx(R[name]["omega"], rel=1e-7)


@pytest.mark.parametrize(
    ("f", "expected"),
    [
        (3.467, (0.2356931308, 0.01505377715, 0.4886585135)),
        (4.972, (0.3317741397, 0.07885388502, 0.5611780238)),
    ],
)
def test_the_published_studys_omega_squared_equals_r(f, expected):
    # the calls of `omega` above with 3 and 20 degrees of freedom
    assert (omega_squared(f, 3, 20), *omega_squared_interval(f, 3, 20, confidence=0.9)) == pytest.approx(
        expected, rel=1e-7
    )


def test_ranks_and_assumptions_equal_r(scores_of, named_data):
    name, values = named_data
    for test, call in ((kruskal_wallis, "kruskal"), (levene, "levene")):
        (found,) = test(scores_of(values), list(values))
        assert (found.statistic, found.p) == pytest.approx(R[name][call], rel=CLOSE)
    (found,) = kruskal_wallis(scores_of(values), list(values))
    assert (found.effect_name, found.effect) == ("epsilon_squared", pytest.approx(R[name]["epsilon"], rel=CLOSE))
    (found,) = shapiro_wilk(scores_of(values), list(values))
    assert (found.statistic, found.p) == pytest.approx(R[name]["shapiro"], rel=1e-6)  # both by Royston's approximation


@pytest.mark.parametrize("name", list(PAIRS))
def test_pairs_equal_r(scores_of, name, request):
    values = request.getfixturevalue(name)
    rows = games_howell(scores_of(values), list(values))
    differences = {row.contrast: row for row in rows if row.effect_name == "mean_difference"}
    g = {row.contrast: row.effect for row in rows if row.effect_name == "hedges_g"}
    assert len(differences) == len(g) == len(values) * (len(values) - 1) / 2
    for contrast, (t, df, p, low, high, hedges) in PAIRS[name].items():
        found = differences[contrast]
        assert (found.statistic, found.df2, g[contrast]) == pytest.approx((t, df, hedges), rel=CLOSE)
        assert (found.p, found.ci_low, found.ci_high) == pytest.approx((p, low, high), rel=1e-5)


@pytest.mark.parametrize(("name", "margin"), list(TOST))
def test_equivalence_equals_r(scores_of, name, margin, request):
    values = request.getfixturevalue(name)
    rows = equivalence_to_control(scores_of(values), list(values), margins={"dice": margin}, alpha=0.05)
    found = {row.contrast: row for row in rows}
    for contrast, (above, below, df, p_above, p_below, low, high) in TOST[name, margin].items():
        row = found[contrast]
        nearer = above if p_above > p_below else below
        assert (row.statistic, row.df2, row.p) == pytest.approx((nearer, df, max(p_above, p_below)), rel=CLOSE)
        assert (row.ci_low, row.ci_high) == pytest.approx((low, high), rel=1e-8)
