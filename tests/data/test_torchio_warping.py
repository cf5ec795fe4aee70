import numpy as np
import pytest
import torch
import torchio as tio

from kseg.data.torchio_warping import torchio_warping
from kseg.data.warp import AS_IT_IS, Mirroring, Rotation, Scaling, Warping

CUBE, FLAT = (32, 32, 32), (32, 32, 8)


@pytest.fixture(autouse=True)
def _seeded():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        yield


def subject(label_map, spacing=(1.0, 1.0, 1.0)):
    """A CT that is as bright as 0.5 all over, and labels in it."""
    affine = np.diag([*spacing, 1.0])
    ct = torch.full((1, *label_map.shape), 0.5)
    return tio.Subject(
        ct=tio.ScalarImage(tensor=ct, affine=affine), label_map=tio.LabelMap(tensor=label_map[None], affine=affine)
    )


def box(shape, *spans):
    label_map = torch.zeros(shape, dtype=torch.uint8)
    label_map[tuple(slice(*span) for span in spans)] = 2
    return label_map


def warped(shown, warping, patch_size=CUBE):
    for transform in torchio_warping(warping, patch_size):
        shown = transform(shown)
    return shown


def extents(shown):
    return [len(np.unique(voxels)) for voxels in np.nonzero(shown["label_map"].data[0].numpy())]


def test_a_factor_above_one_shows_more_of_the_ct():
    """A cube of 28 voxels is one of 20 where 1.4 times the length is shown; air comes in from all sides."""
    shown = warped(subject(box((42, 42, 42), *[(7, 35)] * 3)), Warping(scaling=Scaling(1, (1.4, 1.4))))
    assert extents(shown) == [20, 20, 20]
    assert shown["label_map"].data.sum() == 2 * 20**3
    # 42 voxels of the CT become 30, between 6 of air on either side
    assert (shown["ct"].data[0, 7:35, 7:35, 7:35] == 0.5).all()
    assert all((end == -1).all() for end in (shown["ct"].data[0, :5], shown["ct"].data[0, -5:]))


def test_one_factor_holds_for_all_axes_between_its_bounds():
    sides = set()
    for _ in range(20):
        x, y, z = extents(warped(subject(box((60, 60, 60), *[(20, 40)] * 3)), Warping(scaling=Scaling(1, (0.5, 2)))))
        assert x == y == z
        sides.add(x)
    assert min(sides) >= 10  # 20 / 2
    assert max(sides) <= 40  # 20 / 0.5
    assert len(sides) > 5


def test_rotation_is_one_of_millimetres_about_the_centre():
    """Whatever the spacing, a ball stays as far from the centre as it was, and nearly as large."""
    spacing = np.array([1.0, 1.0, 3.0])
    places = np.stack(np.meshgrid(*(np.arange(n) - (n - 1) / 2 for n in (60, 60, 20)), indexing="ij"), -1) * spacing
    ball = torch.from_numpy(np.linalg.norm(places - [15, 0, 6], axis=-1) < 8).to(torch.uint8)
    moved = []
    for _ in range(10):
        turned = warped(subject(ball, spacing), Warping(rotation=Rotation(1, 30)))["label_map"].data[0].numpy() > 0
        centre = places[turned].mean(0)
        assert np.linalg.norm(centre) == pytest.approx(np.linalg.norm([15, 0, 6]), abs=0.4)
        assert turned.sum() == pytest.approx(int(ball.sum()), rel=0.05)
        moved.append(np.linalg.norm(centre - [15, 0, 6]))
    assert max(moved) > 4
    assert len({round(by, 3) for by in moved}) == 10


@pytest.mark.parametrize("warping", [Warping(rotation=Rotation(1, 45)), Warping(scaling=Scaling(1, (1.2, 1.4)))])
def test_flat_patches_are_varied_within_their_slices_alone(warping):
    drawn = box((40, 40, 20), (5, 30), (10, 20), (4, 12)) > 0
    flat, thick = (
        [warped(subject(drawn.to(torch.uint8)), warping, size)["label_map"].data[0] > 0 for _ in range(5)]
        for size in (FLAT, CUBE)
    )
    slices = drawn.any(0).any(0)
    assert all(torch.equal(one.any(0).any(0), slices) for one in flat)
    assert any(not torch.equal(one, drawn) for one in flat)
    assert any(not torch.equal(one.any(0).any(0), slices) for one in thick)


@pytest.mark.parametrize("warping", [Warping(rotation=Rotation(0.2, 30)), Warping(scaling=Scaling(0.2, (1.2, 1.4)))])
def test_rates_are_those_of_the_settings(warping):
    plain = box((4, 4, 4), (0, 1))
    varied = sum(bool(warped(subject(plain), warping).get_applied_transforms()) for _ in range(500))
    assert 64 <= varied <= 136  # 100, and four standard deviations of a binomial count, 8.9


def test_each_axis_is_mirrored_by_itself_ct_and_labels_alike():
    corner = box((4, 4, 4), (0, 1), (0, 1), (0, 1))
    counts = dict.fromkeys([(0, 0, 0), (3, 0, 0), (0, 0, 3), (3, 0, 3)], 0)
    for _ in range(400):
        shown = subject(corner)
        shown["ct"].set_data(corner[None].float())
        mirrored = warped(shown, Warping(mirroring=Mirroring(0.5, [0, 2])))
        assert torch.equal(mirrored["ct"].data, mirrored["label_map"].data.float())
        counts[tuple(mirrored["label_map"].data[0].nonzero()[0].tolist())] += 1
    assert all(65 <= count <= 135 for count in counts.values())  # 100, and four standard deviations, 8.7


def test_nothing_is_left_where_nothing_is_to_be_done():
    assert torchio_warping(AS_IT_IS, CUBE) == ()
    assert torchio_warping(Warping(mirroring=Mirroring(0.5, [])), CUBE) == ()
