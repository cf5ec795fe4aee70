import dataclasses
import multiprocessing
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch
import torchio as tio
from hydra.utils import instantiate
from monai.transforms import RandGaussianNoised
from omegaconf import OmegaConf

from kseg.data.augment import Augmentation, compose
from kseg.data.intensity import RandomContrast
from kseg.data.prepared import prepare_cases
from kseg.data.queue import PatchesOfSubjects, QueuedPatches, SeededSampler, VariedSubjects
from kseg.data.sampler import Draw, GroupSampler
from kseg.data.warp import Mirroring, Rotation, Scaling
from kseg.errors import InputError

SIZE = (8, 8, 8)
VARIED = compose(
    rotation=Rotation(0.5, 30),
    scaling=Scaling(0.5, (0.7, 1.4)),
    mirroring=Mirroring(0.5, [0]),
    contrast=RandomContrast(factor=(0.8, 1.2)),
    torchio=tio.RandomNoise(std=0.1),
    monai=tio.MonaiAdapter(RandGaussianNoised(["ct"], prob=1, std=0.1)),
)
SAMPLERS = Path(__file__).parents[2] / "conf" / "patches" / "sampler"


def subjects(prepared, preparation, *, augment=None, size=SIZE):
    return VariedSubjects(prepared, preparation, augment or Augmentation(), size)


def configured(name, size=SIZE):
    """A sampler as `patches/sampler=` gives it."""
    return instantiate(OmegaConf.load(SAMPLERS / f"{name}.yaml"), _convert_="all")(patch_size=size)


class Progress:
    """How far a training of some ranks has come."""

    def __init__(self):
        self.patches = 0


def queued(prepared, preparation, *, augment=None, ranks=1, rank=0, volumes=10, samples=3, workers=0):
    progress = Progress()
    draws = GroupSampler(
        [one.case.group for one in prepared],
        group_shares="equal",
        place_shares={"anywhere": 1},
        length=volumes,
        seed=3,
        rank=rank,
        ranks=ranks,
        progress=lambda: progress.patches // (samples * ranks) * ranks,
    )
    patches = QueuedPatches(
        subjects(prepared, preparation, augment=augment),
        draws,
        SeededSampler(tio.data.UniformSampler(SIZE), samples),
        volumes_in_queue=4,
        workers=workers,
        used=lambda: progress.patches // ranks,
    )
    return patches, progress


def test_a_subject_is_the_normalised_ct_and_its_labels(prepared, preparation):
    subject = subjects(prepared, preparation)[Draw(1, "anywhere", (1, 1, 0, 0))]
    expected = np.clip((prepared[1].ct_hu() - 100.0) / 300, -1, 1)  # window -200 to 400
    assert np.allclose(subject["ct"].data[0], expected, atol=1e-6)
    assert np.array_equal(subject["label_map"].data[0], prepared[1].label_map())
    assert subject["ct"].spacing == pytest.approx((2, 2, 2))


def test_the_same_draw_is_varied_in_the_same_way_and_another_one_is_not(prepared, preparation):
    varied = subjects(prepared, preparation, augment=VARIED)
    first, again, other = (varied[Draw(0, "anywhere", (1, 1, 0, index))]["ct"].data for index in (0, 0, 1))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


@pytest.mark.filterwarnings("ignore:This DataLoader will create 2 worker processes")
def test_workers_draw_what_one_process_draws(prepared, preparation):
    """Also MONAI's transforms, whose random state every worker would begin with anew."""
    alone, shared = (
        sorted(float(patch["ct"].data.double().sum()) for patch in patches)
        for patches, _ in (queued(prepared, preparation, augment=VARIED, workers=number) for number in (0, 2))
    )
    assert len(set(alone)) == 30
    assert shared == pytest.approx(alone, abs=1e-3)


def test_a_ct_smaller_than_a_patch_is_filled_up_with_air(prepared, preparation):
    for name in ("labels", "uniform", "weighted"):
        subject = subjects(prepared, preparation, size=(32, 32, 12))[Draw(0, "anywhere", (1, 1, 0, 0))]
        (patch,) = SeededSampler(configured(name, (32, 32, 12)), 1)(subject)
        assert patch["ct"].data.shape == patch["label_map"].data.shape == (1, 32, 32, 12)
        assert (patch["ct"].data[0, 24:] == -1).all()
        assert (patch["ct"].data[0, :, 20:] == -1).all()
        assert patch["ct"].data[0, :24, :20].mean() > -0.6
        assert not patch["label_map"].data[0, 24:].any()


def centres(case, preparation, name, patches):
    """How many patches have each label in their middle."""
    subject = subjects([case], preparation)[Draw(0, "anywhere", (1, 1, 0, 0))]
    return Counter(int(one["label_map"].data[0, 4, 4, 4]) for one in SeededSampler(configured(name), patches)(subject))


def test_the_sampler_by_labels_draws_each_label_in_its_share(prepared, preparation):
    drawn = centres(prepared[0], preparation, "labels", 300)
    assert set(drawn) == {0, 1, 2}
    assert all(67 <= count <= 133 for count in drawn.values())  # 100, and four standard deviations, 8.2


def test_undivided_parenchyma_is_drawn_as_often_as_cortex_and_medulla_together(cases, preparation, tmp_path):
    (whole,) = prepare_cases([dataclasses.replace(cases[0], cortex=None)], preparation, tmp_path / "prepared")
    drawn = centres(whole, preparation, "labels", 300)
    assert set(drawn) == {0, 3}
    assert 167 <= drawn[3] <= 233  # 200, and four standard deviations, 8.2


def test_the_weighted_sampler_draws_kidneys_alone(prepared, preparation):
    drawn = centres(prepared[0], preparation, "weighted", 300)
    assert set(drawn) == {1, 2}
    label_map = prepared[0].label_map()[4:-3, 4:-3, 4:-3]  # where a patch of 8 voxels has its middle
    medulla, cortex = (int((label_map == label).sum()) for label in (1, 2))
    assert drawn[2] / 300 == pytest.approx(2 * cortex / (2 * cortex + medulla), abs=0.1)


@pytest.mark.parametrize("samples", [1, 3])
def test_every_epoch_holds_its_own_volumes_and_no_other(prepared, preparation, samples):
    patches, progress = queued(prepared, preparation, samples=samples)
    for epoch in range(3):
        progress.patches = epoch * 10 * samples
        volumes = [draw.case for draw in patches.draws]
        names = [patch["name"] for patch in patches]
        assert len(patches) == len(names) == 10 * samples
        assert Counter(names) == {
            prepared[case].case.case_id: samples * count for case, count in Counter(volumes).items()
        }
        # four volumes at a time are shuffled together
        first = {prepared[case].case.case_id for case in volumes[:4]}
        assert set(names[: 4 * samples]) == first


def test_patches_of_one_volume_do_not_all_come_one_after_another(prepared, preparation):
    names = [patch["name"] for patch in queued(prepared, preparation, samples=6)[0]]
    assert any(len(set(names[start : start + 6])) > 1 for start in range(0, len(names), 6))


def test_a_resumed_epoch_begins_with_the_volume_that_is_not_used_up_and_keeps_its_length(prepared, preparation):
    patches, progress = queued(prepared, preparation)
    volumes = [prepared[draw.case].case.case_id for draw in patches.draws]
    progress.patches = 17  # five volumes and two of the three patches of the sixth
    names = [patch["name"] for patch in patches]
    assert len(names) == 30 - 17
    assert Counter(names) <= Counter(3 * volumes[5:])
    assert len(patches) == 30


def test_two_ranks_share_an_epoch_equally_also_after_a_resume(prepared, preparation):
    for used, left in ((0, 15), (14, 8)):  # 7 of 15 patches by each
        seen = []
        for rank in range(2):
            patches, progress = queued(prepared, preparation, ranks=2, rank=rank)
            progress.patches = used
            assert len(list(patches)) == left
            seen.append({draw.seed for draw in patches.draws})
        assert not seen[0] & seen[1]
        assert len(seen[0]) == len(seen[1])


def test_no_worker_outlives_an_epoch_nor_one_that_is_broken_off(prepared, preparation):
    others = set(multiprocessing.active_children())  # of tests before this one, until they are collected

    def workers():
        return set(multiprocessing.active_children()) - others

    patches, _ = queued(prepared, preparation, workers=1)
    assert len(list(patches)) == 30
    assert not workers()
    begun = iter(patches)
    next(begun)
    assert workers()
    begun.close()
    assert not workers()


def test_a_patch_is_what_the_network_takes(prepared, preparation):
    turned = compose(rotation=Rotation(1, 30), mirroring=Mirroring(1, [0]))
    for patch in queued(prepared, preparation, augment=turned)[0]:
        taken = PatchesOfSubjects()[patch]
        assert taken["ct"].dtype == torch.float32
        assert taken["ct"].min() >= -1
        assert taken["ct"].max() <= 1
        assert taken["label_map"].dtype == torch.uint8
        assert set(taken["label_map"].unique().tolist()) <= {0, 1, 2}


def test_a_case_in_which_a_sampler_finds_no_place_is_cut_anywhere_and_told_once(prepared, preparation, caplog):
    subject = subjects(prepared, preparation)[Draw(2, "anywhere", (1, 1, 0, 0))]
    subject["label_map"].set_data(torch.zeros_like(subject["label_map"].data))
    sampler = SeededSampler(configured("weighted"), 50)
    places = {tuple(patch["location"].tolist()) for _ in range(2) for patch in sampler(subject)}
    assert len(places) > 30
    assert [record.getMessage() for record in caplog.records] == [
        "P002: patches.sampler has no place for a patch, as varied this time; it is cut anywhere"
    ]


def test_a_sampler_that_asks_for_what_no_case_has_is_told(prepared, preparation):
    subject = subjects(prepared, preparation)[Draw(2, "anywhere", (1, 1, 0, 0))]
    with pytest.raises(InputError, match=r"P002: patches\.sampler cuts no patch: .*vessels"):
        list(SeededSampler(tio.data.WeightedSampler(SIZE, "vessels"), 2)(subject))


def test_a_sampler_that_gives_too_few_patches_is_told(prepared, preparation):
    class Once(tio.data.UniformSampler):
        def _generate_patches(self, subject, num_patches=None):
            yield from super()._generate_patches(subject, 1)

    subject = subjects(prepared, preparation)[Draw(2, "anywhere", (1, 1, 0, 0))]
    with pytest.raises(InputError, match=r"P002: patches\.sampler gives 1 patches"):
        list(SeededSampler(Once(SIZE), 2)(subject))
