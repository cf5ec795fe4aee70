import nibabel as nib
import numpy as np
import pytest
import torch

from kseg.prediction.one_ct import predict_file


@pytest.mark.parametrize("codes", ["RAS", "LPS", "IPL", "SRA"])
def test_a_prediction_lies_on_its_cts_own_grid_exactly(tmp_path, outliner, bright_is_cortex, codes):
    ct = np.full((30, 24, 18), 0, np.int16)
    ct[5:20, 6:16, 4:10] = 300
    affine = np.eye(4)
    for axis, (direction, sign) in enumerate(nib.orientations.axcodes2ornt(codes)):
        affine[:3, axis] = np.eye(3)[int(direction)] * sign * (0.9, 0.8, 2.5)[axis]
    nib.save(nib.Nifti1Image(ct, affine), tmp_path / "ct.nii.gz")
    predict_file(tmp_path / "ct.nii.gz", tmp_path / "out.nii.gz", outliner(bright_is_cortex))
    source, predicted = nib.load(tmp_path / "ct.nii.gz"), nib.load(tmp_path / "out.nii.gz")
    assert predicted.shape == source.shape
    assert np.array_equal(predicted.affine, source.affine)
    assert nib.aff2axcodes(predicted.affine) == tuple(codes)
    found, wanted = np.asarray(predicted.dataobj) == 2, ct == 300
    assert 2 * (found & wanted).sum() / (found.sum() + wanted.sum()) > 0.9


class Torn(torch.nn.Module):
    """Shares of .4 background, .3 medulla, .3 cortex in what is bright: each class alone loses, both win."""

    def forward(self, ct):
        shares = [torch.where(ct > 0, 0.4, 1.0), *[torch.where(ct > 0, 0.3, 1e-9)] * 2]
        return torch.cat(shares, 1).log()


def test_a_network_that_was_not_taught_the_cortex_finds_undivided_parenchyma(tmp_path, outliner):
    ct = np.full((20, 20, 20), 0, np.int16)
    ct[5:15, 5:15, 5:15] = 300
    nib.save(nib.Nifti1Image(ct, np.diag([2.0, 2.0, 2.0, 1])), tmp_path / "ct.nii.gz")
    predict_file(tmp_path / "ct.nii.gz", tmp_path / "out.nii.gz", outliner(Torn(), divided=False))
    assert np.array_equal(np.asarray(nib.load(tmp_path / "out.nii.gz").dataobj), (ct == 300) * 3)
