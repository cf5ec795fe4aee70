import pytest
import torch

from kseg.models.deep_supervision import answers, supervised

FINE, COARSE = torch.ones(2, 3, 8, 8, 4), torch.full((2, 3, 4, 4, 2), 2.0)


@pytest.mark.parametrize(
    ("output", "levels"),
    [(FINE, 1), (torch.stack([FINE, FINE], 1), 2), ([FINE, COARSE], 2), ((FINE, COARSE), 2)],
    ids=["one", "stacked", "list", "tuple"],
)
def test_the_three_forms_become_one(output, levels):
    found = answers(output)
    assert len(found) == levels
    assert all(level.shape[:2] == (2, 3) for level in found)
    assert torch.equal(found[0], FINE)


def test_each_level_weighs_half_as_much_as_the_finer_one():
    losses = iter([1.0, 4.0, 16.0])
    found = supervised(lambda *_: torch.tensor(next(losses)), [FINE, COARSE, COARSE], torch.zeros(2, 1, 8, 8, 4))
    assert float(found) == pytest.approx((1 + 4 / 2 + 16 / 4) / (1 + 1 / 2 + 1 / 4))


def test_a_smaller_answer_is_compared_with_a_smaller_label_map():
    labels = torch.randint(0, 4, (2, 1, 8, 8, 4), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    seen = []
    supervised(lambda answer, label_map: seen.append(label_map) or answer.mean(), [FINE, COARSE], labels)
    assert torch.equal(seen[0], labels)
    assert seen[1].dtype == torch.uint8
    assert torch.equal(seen[1], labels[..., 1::2, 1::2, 1::2])  # of two voxels, the one at (i + 1/2) * 2 = 2i + 1
