"""What is a metric called by people, with its unit."""

from __future__ import annotations

import re

UNITS = {"ml": "ml", "percent": "%", "mm": "mm"}


def metric_name(metric: str) -> str:
    """Name a metric of metrics.csv.

    Args:
        metric: Such as `nsd_2mm`.

    Returns:
        Its name and unit; of a metric that is not known its own, with spaces.

    >>> metric_name("nsd_2mm"), metric_name("hd95_mm"), metric_name("absolute_volume_error_percent")
    ('surface Dice at 2 mm', '95 % Hausdorff distance (mm)', 'absolute volume error (%)')
    """
    if metric == "dice":
        return "Dice"
    if metric == "assd_mm":
        return "average symmetric surface distance (mm)"
    if tolerance := re.fullmatch(r"nsd_([\d.]+)mm", metric):
        return f"surface Dice at {tolerance[1]} mm"
    if percentile := re.fullmatch(r"hd([\d.]*)_mm", metric):
        return f"{percentile[1]} % Hausdorff distance (mm)" if percentile[1] else "Hausdorff distance (mm)"
    words, _, unit = metric.rpartition("_")
    return f"{words.replace('_', ' ')} ({UNITS[unit]})" if unit in UNITS else metric.replace("_", " ")
