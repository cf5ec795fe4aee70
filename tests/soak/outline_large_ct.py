"""Outlines a CT in a process of its own, by a network that calls what is bright cortex; tells what memory it took."""

import json
import resource
import sys
from pathlib import Path

import torch
from monai.inferers import SlidingWindowInferer

from kseg.data.preparation import Preparation
from kseg.models.allocator import keep_large_blocks
from kseg.models.objectives import Classes
from kseg.models.segmentation import SegmentationModule
from kseg.prediction.network import TrainedNetwork
from kseg.prediction.one_ct import predict_file
from kseg.prediction.outliner import Outliner


class BrightIsCortex(torch.nn.Module):
    """The middle of the window being zero."""

    def forward(self, ct):
        """Logits of the classes."""
        return torch.cat([-ct, torch.full_like(ct, -9), ct], 1) * 9


if __name__ == "__main__":
    ct, output, spacing_mm, search = sys.argv[1:]
    keep_large_blocks()
    inferer = SlidingWindowInferer((96, 96, 32), sw_batch_size=4, overlap=0.5, mode="gaussian", cval=-1.0)
    module = SegmentationModule(BrightIsCortex(), Classes(3), None, None, None, inferer).eval()
    network = TrainedNetwork(module, precision="32-true", mirror_axes=[])
    preparation = Preparation(spacing_mm=json.loads(spacing_mm), window_hu=(-200, 400), body_hu=-500)
    outlined = predict_file(Path(ct), Path(output), Outliner([network], preparation, search=json.loads(search)))
    peak_gib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(json.dumps({"peak_gib": peak_gib, "searched": outlined.searched}))
