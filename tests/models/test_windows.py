import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from monai.inferers import SlidingWindowInferer

from kseg.models.windows import count_windows, in_slabs

LENGTH = st.integers(1, 20)


class Uneven(torch.nn.Module):
    """Answers each window by its own numbers and its place within it, so that every window matters."""

    def __init__(self):
        super().__init__()
        self.windows = 0

    def forward(self, ct):
        self.windows += len(ct)
        rising = torch.linspace(0, 1, ct.shape[-1]) + torch.linspace(0, 1, ct.shape[2])[:, None, None]
        return torch.cat([ct, ct * rising, ct - ct.mean((1, 2, 3, 4), keepdim=True)], 1)


def slabs(ct, inferer, network):
    return list(in_slabs(ct, inferer, network, torch.Tensor.float))


@given(
    st.tuples(LENGTH, LENGTH, LENGTH),
    st.sampled_from([0.0, 0.25, 0.5, 0.75]),
    st.sampled_from(["constant", "gaussian"]),
    st.integers(0, 99),
)
@settings(deadline=None, max_examples=100)
def test_slabs_are_together_what_monai_answers_at_once(shape, overlap, mode, seed):
    ct = torch.randn(shape, generator=torch.Generator().manual_seed(seed))
    inferer = SlidingWindowInferer((6, 5, 8), sw_batch_size=3, overlap=overlap, mode=mode, cval=-1.0)
    one, whole = Uneven(), Uneven()
    made = torch.cat(slabs(ct, inferer, one), -1)
    wanted = inferer(ct[None, None], whole)[0]
    assert torch.allclose(made, wanted, atol=1e-5)
    assert one.windows == whole.windows == count_windows(shape, inferer)


@pytest.mark.parametrize(("overlap", "planes"), [(0.5, [4, 4, 4, 4, 4, 1, 8]), (0.0, [8, 8, 5, 8])])
def test_a_slab_is_told_as_soon_as_no_further_window_reaches_it(overlap, planes):
    inferer = SlidingWindowInferer((8, 8, 8), overlap=overlap)
    told = slabs(torch.zeros(8, 8, 29), inferer, Uneven())
    assert [slab.shape[-1] for slab in told] == planes
