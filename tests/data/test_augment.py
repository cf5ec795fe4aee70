from pathlib import Path

import pytest
import torchio as tio
from hydra.utils import instantiate
from monai.transforms import RandGaussianNoise
from omegaconf import OmegaConf

from kseg.data.augment import Augmentation, compose
from kseg.data.intensity import RandomNoise
from kseg.data.warp import Rotation, Scaling
from kseg.errors import InputError

CONF = Path(__file__).parents[2] / "conf" / "augment"

RATES_OF_NNU_NET = {  # nnUNetTrainer.get_training_transforms, nnunetv2 2.8; where channels are drawn, for one channel
    "noise": 0.1,
    "blur": 0.2 * 0.5,
    "brightness": 0.15,
    "contrast": 0.15,
    "low_resolution": 0.25 * 0.5,
    "gamma_inverted": 0.1,
    "gamma": 0.3,
}


def built(name, **changed):
    return instantiate(OmegaConf.merge(OmegaConf.load(CONF / f"{name}.yaml"), changed), _convert_="all")


def test_nnunet_has_the_transforms_of_nnu_net_in_its_order_at_its_rates():
    augment = built("nnunet")
    assert {name: transform.probability for name, transform in augment.transforms} == pytest.approx(RATES_OF_NNU_NET)
    assert [name for name, _ in augment.transforms] == list(RATES_OF_NNU_NET)
    assert augment.warping.rotation == Rotation(
        0.2, 30, 180
    )  # the last of configure_rotation_dummyDA_mirroring_and_inital_patch_size
    assert augment.warping.scaling == Scaling(0.2, [0.7, 1.4])
    assert augment.bound_to_workers == ()


@pytest.mark.parametrize("name", [*RATES_OF_NNU_NET, "rotation", "scaling", "mirroring"])
def test_each_transform_is_switched_off_by_null(name):
    whole, less = built("nnunet"), built("nnunet", **{name: None})
    left_out = {one for one, _ in whole.transforms} - {one for one, _ in less.transforms}
    assert left_out | {part for part in ("rotation", "scaling", "mirroring") if not getattr(less.warping, part)} == {
        name
    }


def test_every_transform_switched_off_is_no_augmentation():
    assert built("none") == compose(rotation=None, noise=None) == Augmentation()


def test_one_line_adds_a_transform_of_torchio_or_of_monai():
    augment = built(
        "none",
        spike={"_target_": "torchio.RandomSpike"},
        smooth={
            "_target_": "torchio.MonaiAdapter",
            "monai_transform": {"_target_": "monai.transforms.RandGaussianSmooth"},
        },
        noise={"_target_": "kseg.data.intensity.RandomNoise", "std": [0, 1]},
    )
    assert [type(transform) for _, transform in augment.transforms] == [tio.RandomSpike, tio.MonaiAdapter, RandomNoise]
    assert augment.bound_to_workers == ("spike", "smooth")


def test_what_is_no_torchio_transform_is_told_by_name():
    with pytest.raises(InputError) as told:
        compose(turn=Rotation(0.2, 30), monai=RandGaussianNoise(), flip=tio.RandomFlip())
    assert [problem.split(",")[0] for problem in told.value.problems] == [
        "augment.turn is a Rotation",
        "augment.monai is a RandGaussianNoise",
    ]
