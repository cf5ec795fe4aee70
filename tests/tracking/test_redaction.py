from kseg.tracking.redaction import HIDDEN, redacted


def test_paths_and_lists_of_patients_stay_on_the_machine():
    config = {
        "paths": {"root": "/home/jane"},
        "data": {"root": "/data/clinic", "table": "clinical.csv"},
        "split": {"train": None, "val": [], "test": ["P125", "P126"]},
        "callbacks": [{"dirpath": "/home/jane/runs"}],
        "model": {"network": {"channels": [16, 32]}},
        "seed": 1,
    }
    assert redacted(config) == {
        "data": {"root": HIDDEN, "table": "clinical.csv"},
        "split": {"train": None, "val": 0, "test": 2},
        "callbacks": [{"dirpath": HIDDEN}],
        "model": {"network": {"channels": [16, 32]}},
        "seed": 1,
    }
