"""A patch of a phantom: a small, whole problem for any network."""

from pathlib import Path

import numpy as np
import pytest
import torch
from hydra import compose, initialize_config_dir
from hydra.utils import instantiate

from kseg.cases.phantom import read_phantom
from kseg.data.orientation import to_canonical
from kseg.images import bounding_box, read_volume
from kseg.labels import label_map

CONF = Path(__file__).parents[2] / "conf"
SIZE = (64, 32, 32)


@pytest.fixture(scope="session")
def compose_model():
    """The config of a training with this model, and the module built as train.py builds it."""

    def composed(name, *overrides, size=SIZE):
        chosen = [f"model={name}", f"patches.patch_size={list(size)}".replace(" ", ""), *overrides]
        with initialize_config_dir(str(CONF), version_base="1.3"):
            config = compose("train", chosen)
        torch.manual_seed(0)
        return config, instantiate(config.model, _convert_="all")

    return composed


@pytest.fixture(scope="session")
def phantom_patch(tmp_path_factory):
    """`ct` and `label_map`, shape (1, 1, 64, 32, 32), about the middle of the kidneys of one control."""
    made = read_phantom(tmp_path_factory.mktemp("phantom") / "made", patients_per_group=1, seed=5, in_plane_mm=(3, 3.2))
    row = made.rows.iloc[0]
    ct, parenchyma, cortex = (
        to_canonical(volume.voxels, volume.grid)
        for volume in (read_volume(Path(row[kind])) for kind in ("image", "parenchyma", "cortex"))
    )
    labels = label_map(parenchyma > 0, cortex > 0)
    centre = [(span.start + span.stop) // 2 for span in bounding_box(labels > 0)]
    ct, labels = (_about(volume, centre, fill) for volume, fill in ((ct, -1024), (labels, 0)))
    normalised = torch.from_numpy(np.clip((ct - 100) / 300, -1, 1).astype(np.float32))
    return {"ct": normalised[None, None], "label_map": torch.from_numpy(labels)[None, None]}


def _about(volume, centre, fill):
    padded = np.pad(volume, [(size, size) for size in SIZE], constant_values=fill)
    return padded[
        tuple(slice(at + size - size // 2, at + size + size // 2) for at, size in zip(centre, SIZE, strict=True))
    ].copy()
