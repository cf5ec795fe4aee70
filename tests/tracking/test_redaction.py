from kseg.tracking.redaction import HIDDEN, redacted, tellable


def test_paths_and_lists_of_patients_stay_on_the_machine():
    config = {
        "paths": {"root": "/home/jane"},
        "data": {"root": "/data/clinic", "table": "clinical.csv"},
        "split": {"train": None, "val": [], "test": ["P125", "P126"], "cohort": "LiWei/cohort.csv"},
        "cohort": {"ungrouped": "keep"},
        "callbacks": [{"dirpath": "/home/jane/runs"}],
        "model": {"network": {"channels": [16, 32]}},
        "run_dir": "LiWei/run",
        "seed": 1,
    }
    assert redacted(config) == {
        "data": {"root": HIDDEN, "table": HIDDEN},
        "split": {"train": None, "val": 0, "test": 2, "cohort": HIDDEN},
        "cohort": {"ungrouped": "keep"},
        "callbacks": [{"dirpath": HIDDEN}],
        "model": {"network": {"channels": [16, 32]}},
        "run_dir": HIDDEN,
        "seed": 1,
    }


def test_a_run_is_named_by_what_tells_it_from_others():
    typed = [
        "model=segresnet",
        "seed=2",
        "data.root=/data/clinic",
        "run_dir=x",
        "split.test=[P125]",
        "data.table=LiWei.xlsx",
        "+split.cohort=LiWei",
        "cohort=ckd_epi_2021",
        "split.counts.test=4",
    ]
    assert tellable(typed) == ["model=segresnet", "seed=2", "cohort=ckd_epi_2021", "split.counts.test=4"]
