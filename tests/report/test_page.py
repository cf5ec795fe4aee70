"""The page."""

import html as html_text
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from kseg.metrics.missed import missed
from kseg.report.kidney_function import correlation_table
from kseg.report.page import write_report
from kseg.stats.volumes import cortical_fractions

MADE = {"run": "unet/<b>", "seed": "7", "commit": "abc1234"}


@pytest.fixture(scope="module")
def write(study, tmp_path_factory):
    """Write the page of an evaluation and read it."""

    def write(found, config=None):
        path = tmp_path_factory.mktemp("page") / "new" / "report.html"
        write_report(path, found, config=config or {}, made=MADE, study=study, window_hu=(-150, 300))
        return path.read_text(encoding="utf-8")

    return write


@pytest.fixture(scope="module")
def html(write, evaluation, volume_tests):
    """The page as it is after a run, but for the best patient, who is called `<script>` and has no CT."""
    best = evaluation.metrics.copy()
    best.loc[best["case_id"].str.startswith("<"), "value"] = 0.99
    tests = pd.concat([evaluation.tests_table, volume_tests], ignore_index=True)
    return write(replace(evaluation, metrics=best, tests_table=tests))


def words(html):
    text = re.sub(r"<[^>]*>", " ", re.sub(r"(?s)<style>.*?</style>", "", html))
    return re.sub(r"\s+", " ", html_text.unescape(text).replace("\N{MINUS SIGN}", "-"))


def fraction_against_egfr():
    """As in tests.csv; the structure of a share of the parenchyma is the cortex."""
    row = {"structure": "cortex", "metric": "cortical_fraction", "test": "spearman", "n": 6, "note": ""}
    row |= {"effect": 0.5, "ci_low": 0.1, "ci_high": 0.8, "p_holm": 0.04}
    return pd.DataFrame([row | {"contrast": source} for source in ("outlined", "predicted")])


def test_the_page_needs_nothing_beside_itself_and_is_small(html):
    assert not re.search(r"(?:src|href)=\"(?!data:)", html)
    assert not re.search(r"<link|<script|@import|url\(", html)
    assert html.count('src="data:image/svg+xml;base64,') == 4  # boxes, volumes, errors, eGFR
    assert html.count('src="data:image/jpeg;base64,') == 5  # three cases of each of two groups; one has no CT
    assert len(html.encode()) < 10e6


PHANTOM = {
    "data": {"_target_": "kseg.cases.phantom.read_phantom", "root": "/x", "patients_per_group": 16, "seed": 2025}
}


def test_a_phantom_is_called_one_before_any_number_and_beside_the_study(write, evaluation, html):
    text = words(write(evaluation, PHANTOM))
    top = text[: text.index("Dice by group")]
    assert top.index("Synthetic data: a program, kseg's phantom, drew these CTs") < top.index("0.925")
    assert "On 6 synthetic test patients the network" in top
    assert "mean ± SD over synthetic test patients" in text
    assert "its row cannot be compared with the others" in text
    assert "Data. kseg's phantom (seed 2025): synthetic CTs" in text
    assert "ynthetic" not in words(html)
    assert "phantom" not in words(html)


def test_the_answer_stands_at_the_top_and_never_says_no_difference(html):
    text = words(html)
    top = text[: text.index("Dice by group")]
    assert "On 6 test patients the network reaches a mean Dice of 0.925 for the parenchyma" in top
    assert "the groups differ in the cortex (p = 0.013)." in top
    assert (
        "The lowest mean Dice of a group is 0.910 in severe for the parenchyma (n = 3; highest 0.940 in control)" in top
    )
    assert "0.810 in severe for the cortex (n = 3; highest 0.840 in control) and" in top
    assert "cannot tell the groups apart in the parenchyma (p = 0.329); with n = 3 a group the smallest" in top
    assert "Cohen's f = 1.80 (found in 80% of such studies, at p < 0.05)" in top  # that of Welch's, as the verdict is
    assert "Welch's ANOVA cannot be computed in the medulla (why)." in top
    assert "no difference" not in text
    assert "no significant" not in text


@pytest.mark.slow
def test_a_group_of_which_all_have_one_dice_leaves_welch_uncomputed_and_is_named(write, evaluation):
    # Three severe patients whose cortex was missed: no variance, no Welch, and the largest difference there can be.
    metrics, table, tests = (getattr(evaluation, one).copy() for one in ("metrics", "groups_table", "tests_table"))
    severe = (metrics["group"] == "severe") & (metrics["structure"] == "cortex")
    metrics.loc[severe, "value"] = 0.0
    row = (table["group"] == "severe") & (table["structure"] == "cortex")
    table.loc[row, ["mean", "sd", "worst"]] = 0.0
    failed = (tests["test"] == "welch_anova") & (tests["structure"] == "cortex")
    tests = tests[~tests["test"].isin(["welch_anova"]) | failed]
    tests.loc[failed, ["statistic", "df1", "df2", "p", "p_holm"]] = np.nan
    tests.loc[failed, ["verdict", "note"]] = ["", "not computed: the values within severe are identical"]
    text = words(write(replace(evaluation, metrics=metrics, patients=metrics, groups_table=table, tests_table=tests)))
    because = "in the cortex (all 3 patients of severe have a Dice of 0.000)"
    assert f"Welch's ANOVA cannot be computed {because}." in text
    assert "The lowest mean Dice of a group is 0.910 in severe for the parenchyma" in text
    assert "0.000 in severe for the cortex (n = 3; highest 0.840 in control)" in text
    assert "Welch's analysis of variance of Dice between the groups" in text
    assert "One-way analysis of variance of Dice between the groups, for comparison" in text
    assert "cortex 6 27.50 1 4 0.006 0.013 0.40 0.10 to 0.60" in text  # the one-way ANOVA, which was computed


@pytest.mark.slow
def test_structures_that_cannot_be_tested_for_one_reason_give_it_once(write, evaluation):
    tests = evaluation.tests_table[evaluation.tests_table["test"] == "welch_anova"].copy()
    tests[["statistic", "df1", "df2", "p", "p_holm"]] = np.nan
    tests["verdict"], tests["note"] = "", "not computed: no group has two values"
    top = words(write(replace(evaluation, tests_table=tests))).partition("Dice by group")[0]
    told = "cannot be computed in the parenchyma, the cortex and the medulla (no group has two values)."
    assert f"Welch's ANOVA {told}" in top


def test_the_studys_row_stands_beside_with_its_remark(html):
    text = words(html)
    assert "Luo and Li 2025, all 24 0.935 0.815 not reported" in text
    assert "F = 3.467 and 4.972" in text
    assert "with its 3 and 20 degrees of freedom these are p = 0.036 and p = 0.010" in text


def test_the_tables_hold_the_numbers(html):
    text = words(html)
    assert "control 3 0.940 ± 0.010 0.840 ± 0.010" in text
    assert "cortex 6 27.50 1 3.7 0.006 0.013 the groups differ" in text
    assert "cortex severe - control -0.030 -0.050 to -0.010 0.020 0.013 inconclusive" in text
    assert "cortex 6 27.50 1 4 0.006 0.013 0.40 0.10 to 0.60" in text
    assert "parenchyma 6 0 102.5 103.0 0.5 ± 1.9 0.5 ± 1.8 1.5" in text  # errors of 3, 2, 1, 0, -1, -2 ml
    assert "asked for a wider level than the one named" in text
    assert "run unet/<b>" in text
    assert "commit abc1234" in text


@pytest.mark.parametrize(
    ("effect", "said"),
    [
        (-0.271, "not equivalent: lower by more than the margin"),
        (0.271, "not equivalent: higher by more than the margin"),
    ],
)
def test_a_group_beyond_the_margin_is_said_to_be_not_equivalent_and_on_which_side(write, evaluation, effect, said):
    tests = evaluation.tests_table.copy()
    tost = (tests["test"] == "tost") & (tests["structure"] == "cortex")
    tests.loc[tost, ["effect", "ci_low", "ci_high"]] = [effect, effect - 0.036, effect + 0.035]
    tests.loc[tost, ["p", "p_holm", "verdict"]] = [1.0, 1.0, "not equivalent"]
    tests.loc[(tests["test"] == "welch_anova") & (tests["structure"] == "parenchyma"), "verdict"] = "not equivalent"
    text = words(write(replace(evaluation, tests_table=tests)))
    assert f"{effect + 0.035:.3f} 0.020 1.000 {said}" in text
    assert "every group is equivalent" not in text
    assert "cannot tell the groups apart in the parenchyma" in text
    assert "In the parenchyma some group is not equivalent to the control all the same" in text
    assert "cannot tell the groups apart, but not every group lies within 0.02 of the control" in text


def test_agreement_and_correlation_are_shown_as_they_were_tested(html):
    text = words(html)
    limits = "0.5 (-1.5 to 2.5) -3.2 (-6.9 to 0.5) 4.2 (0.5 to 7.9)"
    assert f"cortex 6 {limits} -2.00 < 0.001 0.712 (0.100 to 0.900) not tested" in text
    assert "cortex Spearman 6 0.83 0.060 0.41 0.060" in text


def test_the_cortical_fraction_is_called_so_and_no_structure():
    fraction = fraction_against_egfr()
    table = correlation_table(fraction, alpha=0.05, confidence=0.95)
    assert [line.cells[0] for line in table.lines] == ["cortical fraction"]


def test_the_tables_of_volumes_are_of_one_size(html):
    volumes = html[html.index("<h2>Volumes</h2>") : html.index("Best, median and worst case")]
    assert re.findall(r"<table[^>]*>", volumes) == ['<table class="dense">'] * 3  # means, agreement, eGFR


def test_the_lowest_dice_are_bold(html):
    failed = html[html.index("<h2>Failures</h2>") : html.index("<h2>Volumes</h2>")]
    assert len(re.findall(r"<strong>\s*[\d.]+\s*</strong>", failed)) == 5 * 3  # of three structures


@pytest.mark.slow
def test_what_was_not_tested_is_said(write, evaluation):
    text = words(write(evaluation))
    assert "Agreement: not tested." in text
    assert "Correlation with eGFR: not tested." in text
    assert "bias and limits were not tested, so no lines are drawn" in text


@pytest.mark.slow
def test_levels_are_those_of_the_config(write, evaluation):
    anova = {"stats": {"tests": {"anova": {"confidence": 0.8}}}}
    text = words(write(replace(evaluation, alpha=0.01, confidence=0.975), anova))
    assert "98 % interval" in text  # of the equivalence, 1 - 2 alpha
    assert "80 % interval" in text
    assert "97.5 % interval of the mean" in text
    assert "A p above 0.01 does not show" in text
    assert "0.05 does" not in text


@pytest.mark.slow
def test_missed_structures_and_cases_without_a_dice_are_listed_by_case(write, evaluation):
    volumes = evaluation.volumes.copy()
    volumes.loc[(volumes["case_id"] == "E") & (volumes["structure"] == "cortex"), "predicted_ml"] = 0
    metrics = evaluation.metrics.copy()
    metrics.loc[(metrics["case_id"] == "B") & (metrics["structure"] != "parenchyma"), "value"] = np.nan
    text = words(write(replace(evaluation, volumes=volumes, missed=missed(volumes), metrics=metrics)))
    assert "E severe cortex both kidneys 104.0" in text
    assert "B control cortex, medulla" in text
    assert "No structure that is outlined was missed altogether" in words(write(evaluation))


def test_a_patient_called_script_harms_nothing_and_without_a_ct_is_shown_without_a_picture(html):
    assert "<script" not in html
    assert "best by the cortex: <script>alert(1)</script> (control), Dice parenchyma 0.990" in words(html)
    assert "No picture: /nowhere/&lt;b&gt;.nii.gz: no such file" in html


def test_a_table_from_elsewhere_has_a_page_without_volumes_and_pictures(write, evaluation):
    elsewhere = replace(
        evaluation,
        metrics=evaluation.metrics.drop(columns="side"),
        patients=evaluation.patients.drop(columns="side"),
        volumes=evaluation.volumes.iloc[:0],
        patient_volumes=evaluation.patient_volumes.iloc[:0],
        fractions=evaluation.fractions.iloc[:0],
        missed=evaluation.missed.iloc[:0],
        cases=evaluation.cases.iloc[:0],
        tests_table=evaluation.tests_table.iloc[:0],
    )
    text = words(write(elsewhere))
    assert "No volumes were measured" in text
    assert "No pictures: a cohort says where the CTs are, and none was given." in text
    assert "the cohort does not hold this patient" not in text
    assert "No test was run" in text
    assert "without volumes nobody can tell what was missed" in text
    assert "Network. not provided" in text


def test_patients_without_a_dice_are_counted_and_harm_no_figure(write, evaluation):
    metrics = evaluation.metrics.assign(value=np.nan)
    table = evaluation.groups_table.assign(n=0, n_missing=3, mean=np.nan, sd=np.nan)
    tests = evaluation.tests_table.assign(statistic=np.nan, p=np.nan, p_holm=np.nan)
    text = words(write(replace(evaluation, metrics=metrics, patients=metrics, groups_table=table, tests_table=tests)))
    assert "No test patient could be scored" in text
    assert "3 in the parenchyma, 3 in the cortex, 3 in the medulla" in text
    assert "No patient has a Dice" in text


def test_a_cohort_without_groups_and_cortex_has_a_page_that_says_so(write, evaluation):
    shown = evaluation.metrics["structure"] == "parenchyma"
    metrics = evaluation.metrics.assign(group="", value=evaluation.metrics["value"].where(shown))
    volumes = evaluation.patient_volumes.assign(group="")
    volumes.loc[volumes["structure"] != "parenchyma", ["reference_ml", "predicted_ml"]] = np.nan
    table = evaluation.groups_table.copy()
    table.loc[table["structure"] != "parenchyma", ["n", "n_missing", "mean", "sd"]] = [0, 6, np.nan, np.nan]
    table.loc[table["group"] != "all", ["n", "n_missing", "mean", "sd"]] = [0, 0, np.nan, np.nan]
    found = replace(
        evaluation,
        metrics=metrics,
        patients=metrics,
        volumes=volumes,
        patient_volumes=volumes,
        fractions=cortical_fractions(volumes),
        groups_table=table,
        cases=evaluation.cases.assign(group=""),
    )
    text = words(write(found))
    assert "No test patient has a group, so nothing is compared between groups." in text
    assert "Not outlined in any test patient, and so not scored: cortex and medulla." in text
    assert "Do the groups differ?" not in text
    assert "control" not in text
    assert "medulla 6" not in text
    assert "parenchyma all 6" in text


@pytest.mark.slow
def test_tables_stand_beside_the_page_as_latex(study, evaluation, tmp_path):
    write_report(tmp_path / "report.html", evaluation, config={}, made=MADE, study=study, window_hu=(-150, 300))
    text = (tmp_path / "tables.tex").read_text()
    assert r"control & 3 & 0.940 $\pm$ 0.010 & 0.840 $\pm$ 0.010 & 0.740 $\pm$ 0.010 \\" in text
    assert r"\label{tab:equivalence}" in text
    assert r"\textless{}script\textgreater{}alert(1)" in text
