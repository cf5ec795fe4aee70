import numpy as np
import torch

from kseg.labels import Label, label_map, structure_mask

PARENCHYMA = np.array([False, True, True, False])
CORTEX = np.array([False, False, True, True])


def test_cortex_outside_the_parenchyma_is_dropped():
    assert label_map(PARENCHYMA, CORTEX).tolist() == [Label.BACKGROUND, Label.MEDULLA, Label.CORTEX, Label.BACKGROUND]


def test_parenchyma_without_a_cortex_outline_is_undivided():
    assert label_map(PARENCHYMA, None).tolist() == [0, 3, 3, 0]


def test_parenchyma_holds_all_three_labels_of_the_kidney():
    labels = np.arange(4, dtype=np.uint8)
    assert structure_mask(labels, "parenchyma").tolist() == [False, True, True, True]
    assert structure_mask(labels, "cortex").tolist() == [False, False, True, False]
    assert structure_mask(labels, "medulla").tolist() == [False, True, False, False]


def test_a_tensor_gives_a_tensor():
    assert torch.equal(structure_mask(torch.arange(4), "cortex"), torch.tensor([False, False, True, False]))
