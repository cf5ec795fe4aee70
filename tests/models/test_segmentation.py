import math
import platform
import shutil
from functools import partial

import pytest
import torch
from lightning import Trainer
from lightning.pytorch.callbacks import EMAWeightAveraging
from monai.inferers import SlidingWindowInferer
from monai.losses import DiceLoss
from monai.networks.nets import UNet
from torch.utils.data import DataLoader

from kseg.errors import InputError
from kseg.models.allocator import keep_large_blocks
from kseg.models.group_dro import GroupDRO
from kseg.models.losses import OverlapAndVoxels
from kseg.models.objectives import Classes
from kseg.models.schedule import polynomial
from kseg.models.segmentation import SegmentationModule
from kseg.models.weights import load_weights


def module(channels=(4, 8), **settings):
    return SegmentationModule(**module_settings(channels), **settings)


def module_settings(channels=(4, 8)):
    torch.manual_seed(0)
    return dict(
        network=UNet(3, 1, 3, channels, (2,), norm="instance"),
        objective=Classes(3),
        loss=OverlapAndVoxels(DiceLoss(), torch.nn.CrossEntropyLoss(), overlap_weight=1.0, voxelwise_weight=1.0),
        optimizer=partial(torch.optim.AdamW, lr=0.02),
        schedule=partial(polynomial, power=0.9, warmup=0.0),
        inferer=SlidingWindowInferer((16, 16, 16), sw_batch_size=2, overlap=0.5, mode="gaussian"),
    )


def first_weights(module):
    return next(module.network.parameters()).detach().clone()


class Watched(SegmentationModule):
    """Shows its first weights at the start and after each step."""

    def __init__(self, shown):
        super().__init__(**module_settings())
        self.shown = shown

    def on_train_start(self):
        self.shown.append(first_weights(self))

    def on_train_batch_end(self, *_):
        self.shown.append(first_weights(self))


def patch(size=16):
    """A bright ball with a brighter rim: medulla and cortex."""
    at = torch.stack(torch.meshgrid(*[torch.arange(size) - size / 2] * 3, indexing="ij")).norm(dim=0)
    labels = (at < 6).to(torch.uint8) + ((at < 6) & (at > 3)).to(torch.uint8)
    return {"ct": labels[None] / 2 - 0.5, "label_map": labels[None], "group": "mild"}


def fitted(tmp_path, trained=None, **settings):
    trained = trained or module()
    trainer = Trainer(
        default_root_dir=tmp_path,
        accelerator="cpu",
        logger=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        **settings,
    )
    trainer.fit(trained, DataLoader([patch()] * 4, batch_size=2))
    return trainer, trained


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::UserWarning")  # Lightning advises more workers
@pytest.mark.filterwarnings("ignore::FutureWarning")  # Lightning calls torch's pytree by its old name
def test_training_learns_a_patch(tmp_path):
    _, trained = fitted(tmp_path, max_steps=60, enable_checkpointing=False)
    scores = trained.eval().validation_step({key: _batched(value) for key, value in patch().items()}, 0)
    assert scores["group"] == "mild"
    assert scores["dice"]["parenchyma"] > 0.9
    assert scores["dice"]["cortex"] > 0.8


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_a_checkpoint_gives_a_fresh_module_its_weights(tmp_path):
    trainer, trained = fitted(tmp_path, max_steps=2)
    trainer.save_checkpoint(tmp_path / "last.ckpt")
    other = module()
    load_weights(other, tmp_path / "last.ckpt")
    for name, weight in trained.state_dict().items():
        assert torch.equal(other.state_dict()[name], weight)


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_averaged_weights_are_those_that_a_checkpoint_holds(tmp_path):
    """The average begins with the first step's weights and then moves a tenth of the way: followed here by hand."""
    shown = []
    ema = EMAWeightAveraging(decay=0.9)
    trainer, _ = fitted(tmp_path, Watched(shown), max_steps=4, callbacks=[ema], enable_checkpointing=False)
    expected = shown[1]  # after the first step
    for weights in shown[2:]:
        expected = 0.9 * expected + 0.1 * weights
    trainer.save_checkpoint(tmp_path / "last.ckpt")
    loaded = load_weights(module(), tmp_path / "last.ckpt")
    assert torch.allclose(first_weights(loaded), expected, atol=1e-6)
    assert not torch.allclose(expected, shown[-1], atol=1e-4)


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_a_training_by_group_weights_raises_those_of_its_groups_and_keeps_them(tmp_path):
    weighed = module(group_weights=GroupDRO(["mild", "severe"], 0.1))
    trainer, trained = fitted(tmp_path, weighed, max_steps=3)
    assert float(trained.group_weights.weights[0]) > 0.5
    trainer.save_checkpoint(tmp_path / "last.ckpt")
    loaded = load_weights(module(group_weights=GroupDRO(["mild", "severe"], 0.1)), tmp_path / "last.ckpt")
    assert torch.equal(loaded.group_weights.weights, trained.group_weights.weights)


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_channels_may_lie_last_and_the_answer_stays():
    plain, last = module().eval(), module(channels_last=True).eval()
    last.load_state_dict(plain.state_dict())
    assert last.network.model[0].conv.weight.is_contiguous(memory_format=torch.channels_last_3d)
    ct = torch.randn(1, 1, 20, 18, 17)
    with torch.inference_mode():
        assert torch.allclose(plain(ct), last(ct), atol=1e-5)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("g++") is None, reason="torch.compile needs a C++ compiler")
@pytest.mark.filterwarnings("ignore")
def test_a_compiled_network_learns_what_a_plain_one_does_and_its_weights_keep_their_names(tmp_path):
    _, plain = fitted(tmp_path, module(), max_steps=2)
    trainer, trained = fitted(tmp_path, module(compiled=True), max_steps=2)
    trainer.save_checkpoint(tmp_path / "last.ckpt")
    loaded = load_weights(module(), tmp_path / "last.ckpt")
    with torch.inference_mode():
        untrained, expected, found = (one.network.eval()(patch()["ct"][None]) for one in (module(), plain, loaded))
    assert (found - expected).abs().max() < 0.01  # not the weights themselves: norms undo what biases do
    assert (expected - untrained).abs().max() > 0.1
    assert trained.network._compiled_call_impl is not None


def test_undivided_parenchyma_has_no_cortex_to_be_validated():
    """Whatever an untrained network says of cortex and medulla there."""
    undivided = patch() | {"label_map": (patch()["label_map"] > 0).to(torch.uint8) * 3}
    scores = module().eval().validation_step({key: _batched(value) for key, value in undivided.items()}, 0)
    assert not math.isnan(scores["dice"]["parenchyma"])
    assert math.isnan(scores["dice"]["cortex"])
    assert math.isnan(scores["dice"]["medulla"])


def test_a_checkpoint_that_would_run_code_is_not_loaded(tmp_path):
    class Malicious:
        def __reduce__(self):
            return (tmp_path / "touched").touch, ()

    torch.save({"state_dict": Malicious()}, tmp_path / "last.ckpt")
    with pytest.raises(InputError, match="nothing of it was run"):
        load_weights(module(), tmp_path / "last.ckpt")
    assert not (tmp_path / "touched").exists()


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_another_networks_weights_are_refused(tmp_path):
    trainer, _ = fitted(tmp_path, max_steps=1)
    trainer.save_checkpoint(tmp_path / "last.ckpt")
    with pytest.raises(InputError, match="another network"):
        load_weights(module(channels=(8, 8)), tmp_path / "last.ckpt")
    with pytest.raises(InputError, match="no such checkpoint"):
        load_weights(module(), tmp_path / "none.ckpt")


def test_a_whole_case_of_odd_size_is_labelled():
    with torch.inference_mode():
        assert module().eval()(torch.zeros(1, 1, 19, 33, 7)).shape == (1, 3, 19, 33, 7)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the setting is glibc's")
def test_glibc_takes_the_allocator_setting():
    assert keep_large_blocks()


def _batched(value):
    return value[None] if isinstance(value, torch.Tensor) else [value]
