import pandas as pd

from kseg.tracking.comparison_plot import draw_ranking


def test_settings_with_long_names_that_begin_alike_are_told_apart():
    begin = "patches.group_shares=equal, model/group_weights="
    rows = [
        {"setting": begin + name, "structure": structure, "metric": "dice", "group": "all", "n": 9, "rank": rank}
        | {"mean": 0.9, "ci_low": 0.8, "ci_high": 0.95}
        for rank, name in enumerate(("none", "dro"), start=1)
        for structure in ("parenchyma", "cortex")
    ]
    for panel in draw_ranking(pd.DataFrame(rows)).axes:
        assert [label.get_text() for label in panel.get_yticklabels()] == ["equal, dro", "equal, none"]
