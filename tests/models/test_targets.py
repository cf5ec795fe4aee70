import torch
from monai.losses import DiceCELoss
from torch.nn.functional import cross_entropy

from kseg.models.targets import class_shares


def logits_of(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0)).requires_grad_()


def test_divided_voxels_belong_to_one_class():
    labels = torch.tensor([0, 1, 2, 1]).reshape(1, 1, 4, 1, 1).to(torch.uint8)
    shares = class_shares(labels, logits_of(1, 3, 4, 1, 1))
    assert shares[0, :, :, 0, 0].T.tolist() == [[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 1, 0]]


def test_undivided_voxels_teach_the_parenchyma_and_leave_its_division_alone():
    # the gradient must be that of -log(p_medulla + p_cortex), by autograd
    labels = torch.full((1, 1, 5, 1, 1), 3, dtype=torch.uint8)
    ours, reference = logits_of(1, 3, 5, 1, 1), logits_of(1, 3, 5, 1, 1)
    cross_entropy(ours, class_shares(labels, ours)).backward()
    (-torch.log(reference.softmax(1)[:, 1:].sum(1))).mean().backward()
    assert torch.allclose(ours.grad, reference.grad, atol=1e-6)


def test_shares_of_divided_voxels_give_the_loss_that_monai_computes_from_labels():
    labels = torch.randint(0, 3, (2, 1, 4, 4, 4), generator=torch.Generator().manual_seed(1))
    logits = logits_of(2, 3, 4, 4, 4)
    ours = DiceCELoss(softmax=True, include_background=False)(logits, class_shares(labels, logits))
    monais = DiceCELoss(softmax=True, include_background=False, to_onehot_y=True)(logits, labels)
    assert torch.allclose(ours, monais)
