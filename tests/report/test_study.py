"""The published study."""

import pytest
from hydra.utils import instantiate
from omegaconf import OmegaConf


def test_the_studys_own_numbers_give_its_p_values(study):
    # R 4.2.2: pf(c(3.467, 4.972), 3, 20, lower.tail = FALSE)
    assert study.p_values == pytest.approx([0.035546051, 0.009728842], abs=1e-9)


def test_the_remark_says_what_p_is_and_that_it_is_below_the_level(study):
    assert study.remark == (
        "It reports F = 3.467 and 4.972 between the groups, “P > 0.05”; with its 3 and 20 degrees of freedom these are "
        "p = 0.036 and p = 0.010, all below 0.05."
    )


def test_the_config_holds_the_published_figures(study, pytestconfig):
    config = OmegaConf.load(pytestconfig.rootpath / "conf" / "report" / "default.yaml")
    assert instantiate(config).keywords["study"] == study
