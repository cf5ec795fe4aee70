"""Directions of the metrics that metrics.csv can hold."""

import pytest

from kseg.scales import absolute, is_known, lower_is_better, signed, unbounded

METRICS = [
    *[(name, False, False, False) for name in ("dice", "nsd_1mm", "nsd_2mm", "nsd_1.5mm")],
    *[(name, True, False, True) for name in ("hd95_mm", "hd99.5_mm", "hd100_mm", "assd_mm")],
    *[(name, True, True, False) for name in ("volume_error_ml", "volume_error_percent")],
    *[(name, True, False, False) for name in ("absolute_volume_error_ml", "absolute_volume_error_percent")],
]


@pytest.mark.parametrize(("metric", "low", "both_sides", "endless"), METRICS)
def test_a_metric_has_one_direction(metric, low, both_sides, endless):
    assert is_known(metric)
    assert (lower_is_better(metric), signed(metric), unbounded(metric)) == (low, both_sides, endless)


@pytest.mark.parametrize("metric", ["accuracy", "dice_loss", "hd", "hdx_mm", "volume"])
def test_of_a_metric_that_is_not_known_more_is_better(metric):
    assert is_known(metric) == (metric == "hd")
    assert lower_is_better("accuracy") is False


def test_the_size_of_a_signed_error_is_known_and_has_no_sign():
    assert absolute("volume_error_ml") == "absolute_volume_error_ml"
    assert not signed(absolute("volume_error_ml"))
