"""Tables of scores."""

import pandas as pd
import pytest


@pytest.fixture
def scores_of():
    """Build a table of scores from `{group: values}`."""

    def build(values, structure="cortex", metric="dice"):
        rows = [
            {
                "case_id": f"{group}{place}",
                "group": group,
                "side": "both",
                "structure": structure,
                "metric": metric,
                "value": value,
            }
            for group, column in values.items()
            for place, value in enumerate(column)
        ]
        return pd.DataFrame(rows, columns=["case_id", "group", "side", "structure", "metric", "value"])

    return build


@pytest.fixture
def plant_growth():
    """R's data set PlantGrowth: Dobson AJ. An introduction to statistical modelling. 1983, table 7.1."""
    return {
        "ctrl": [4.17, 5.58, 5.18, 6.11, 4.50, 4.61, 5.17, 4.53, 5.33, 5.14],
        "trt1": [4.81, 4.17, 4.41, 3.59, 5.87, 3.83, 6.03, 4.89, 4.32, 4.69],
        "trt2": [6.31, 5.12, 5.54, 5.50, 5.37, 5.29, 4.92, 6.15, 5.80, 5.26],
    }


@pytest.fixture
def chick_weights():
    """R's data set chickwts, groups of 10 to 14: Anonymous. Biometrika 1948;35:214."""
    return {
        "horsebean": [179, 160, 136, 227, 217, 168, 108, 124, 143, 140],
        "linseed": [309, 229, 181, 141, 260, 203, 148, 169, 213, 257, 244, 271],
        "soybean": [243, 230, 248, 327, 329, 250, 193, 271, 316, 267, 199, 171, 158, 248],
        "sunflower": [423, 340, 392, 339, 341, 226, 320, 295, 334, 322, 297, 318],
        "meatmeal": [325, 257, 303, 315, 380, 153, 263, 242, 206, 344, 258],
        "casein": [368, 390, 379, 260, 404, 318, 352, 359, 216, 222, 283, 332],
    }


@pytest.fixture
def insect_sprays():
    """R's data set InsectSprays, counts with ties and unequal variances: Beall G. Biometrika 1942;32(3/4):243-262."""
    return {
        "A": [10, 7, 20, 14, 14, 12, 10, 23, 17, 20, 14, 13],
        "B": [11, 17, 21, 11, 16, 14, 17, 17, 19, 21, 7, 13],
        "C": [0, 1, 7, 2, 3, 1, 2, 1, 3, 0, 1, 4],
        "D": [3, 5, 12, 6, 4, 3, 5, 5, 5, 5, 2, 4],
        "E": [3, 5, 3, 5, 3, 6, 1, 1, 3, 2, 6, 4],
        "F": [11, 9, 15, 22, 15, 16, 13, 10, 26, 26, 24, 13],
    }
