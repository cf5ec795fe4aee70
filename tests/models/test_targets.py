import torch
from monai.losses import DiceCELoss
from torch.nn.functional import cross_entropy

from kseg.models.targets import class_shares, folded, told_apart


def logits_of(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0)).requires_grad_()


def column(*labels):
    return torch.tensor(labels, dtype=torch.uint8).reshape(1, 1, -1, 1, 1)


def test_divided_voxels_belong_to_one_class():
    shares = class_shares(column(0, 1, 2, 1))
    assert shares[0, :, :, 0, 0].T.tolist() == [[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 1, 0]]


def test_undivided_voxels_teach_that_they_are_one_or_the_other():
    # the loss and its gradient must be those of -log(p_medulla + p_cortex), by autograd
    labels = column(3, 3, 3, 3, 3)
    ours, reference = logits_of(1, 3, 5, 1, 1), logits_of(1, 3, 5, 1, 1)
    lost = cross_entropy(folded(ours, labels), class_shares(labels))
    expected = (-torch.log(reference.softmax(1)[:, 1:].sum(1))).mean()
    lost.backward()
    expected.backward()
    assert torch.allclose(lost, expected)
    assert torch.allclose(ours.grad, reference.grad, atol=1e-6)


def test_divided_voxels_stay_as_they_are():
    logits = logits_of(1, 3, 4, 1, 1)
    assert torch.equal(folded(logits, column(0, 1, 2, 3))[:, :, :3], logits[:, :, :3])
    assert torch.equal(folded(logits, column(0, 1, 2, 1)), logits)


def test_a_patch_without_any_division_is_not_judged_by_it():
    silent, mixed, divided, empty = column(0, 3), column(3, 1), column(0, 2), column(0, 0)
    answers = told_apart(torch.cat([silent, mixed, divided, empty]))
    assert answers.flatten(1).tolist() == [[False, False], [False, True], [True, True], [True, True]]


def test_shares_of_divided_voxels_give_the_loss_that_monai_computes_from_labels():
    labels = torch.randint(0, 3, (2, 1, 4, 4, 4), generator=torch.Generator().manual_seed(1))
    logits = logits_of(2, 3, 4, 4, 4)
    ours = DiceCELoss(softmax=True, include_background=False)(logits, class_shares(labels))
    monais = DiceCELoss(softmax=True, include_background=False, to_onehot_y=True)(logits, labels)
    assert torch.allclose(ours, monais)
