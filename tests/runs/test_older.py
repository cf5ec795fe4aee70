"""Configs of runs that an earlier version made."""

from kseg.runs.older import completed, lacking

FIRST = {
    "seed": 1,
    "stats": {"metric": "dice", "confidence": 0.95, "resamples": 9999, "seed": 1, "tests": {"anova": {}}},
}


def test_an_earlier_config_is_completed_and_what_it_has_stays():
    config = completed(FIRST)
    assert config["stats"]["tests"] == {"anova": {}}
    assert config["stats"]["alpha"] == 0.05
    assert config["stats"]["kidney_tests"] == config["stats"]["volume_tests"] == config["stats"]["volume_trends"] == {}
    assert config["sides"] is False
    chosen = {**FIRST, "sides": True, "stats": {**FIRST["stats"], "alpha": 0.01}}
    assert (completed(chosen)["sides"], completed(chosen)["stats"]["alpha"]) == (True, 0.01)


def test_what_an_earlier_config_lacks_is_told_in_a_line():
    (told,) = lacking(FIRST)
    assert "without sides, stats.alpha, stats.kidney_tests" in told
    assert lacking(completed(FIRST)) == []
