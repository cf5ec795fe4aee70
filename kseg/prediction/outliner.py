"""A CT in memory, by one or several trained networks, to the label map on its own grid."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from monai.utils.misc import ensure_tuple_rep
from numpy.typing import NDArray
from torch import Tensor

from kseg.data.preparation import Placement, Preparation
from kseg.data.restoring import Drawing
from kseg.decision import is_parenchyma
from kseg.errors import InputError
from kseg.images import Box, Volume
from kseg.labels import Label
from kseg.models.windows import count_windows, window_size
from kseg.prediction.boxes import apart, size_of, transferred, widened
from kseg.prediction.network import TrainedNetwork
from kseg.prediction.search import COARSER, CONTEXT_MM, KIDNEY_ML, MARGIN_MM, Glance, glance_at

ALL_SIDES = np.ones((3, 2), bool)


@dataclass(frozen=True)
class Outlined:
    """What came out of one CT.

    Args:
        label_map: On the CT's own grid, see `kseg.labels.Label`.
        searched: Whether the kidneys were found on a coarse grid and outlined in their box; else the whole CT was.
        remarks: What a reader should know of how it came about, such as why the whole CT was searched.
    """

    label_map: NDArray[np.uint8]
    searched: bool
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Outliner:
    """Outlines CTs, one after the other.

    Args:
        networks: One, or several whose shares are averaged; all of them see the same prepared CT in windows of the
            same size.
        preparation: The one that they were trained with.
        divided: Whether they were taught to tell cortex from medulla; if not, all parenchyma is `UNDIVIDED`.
        search: Whether the kidneys are looked for on a coarse grid first, and outlined in their box.
    """

    networks: Sequence[TrainedNetwork]
    preparation: Preparation
    divided: bool = True
    search: bool = True

    def __post_init__(self) -> None:
        """Refuse networks that do not go together.

        Raises:
            InputError: Their windows are of different sizes, or overlap by different shares.
        """
        sizes = sorted({" x ".join(map(str, window_size(network.inferer))) for network in self.networks})
        if len(sizes) > 1:
            raise InputError(f"the runs see the CT in windows of {' and '.join(sizes)}; average runs of one size")
        overlaps = sorted({str(ensure_tuple_rep(network.inferer.overlap, 3)) for network in self.networks})
        if len(overlaps) > 1:
            raise InputError(f"the runs' windows overlap by {' and '.join(overlaps)}; average runs of one overlap")

    def outline(self, ct: Volume) -> Outlined:
        """Label one CT.

        Args:
            ct: In HU, of any orientation.

        Returns:
            Its label map and how it came about.
        """
        with torch.inference_mode():
            return _OneCt(self, ct).outline()


class _OneCt:
    """One CT on its way."""

    def __init__(self, outliner: Outliner, ct: Volume) -> None:
        self.how, self.ct = outliner, ct
        self.placement = outliner.preparation.place(ct)
        self.label_map = np.full(ct.grid.shape, Label.BACKGROUND, np.uint8, order="F")
        self.inferer = outliner.networks[0].inferer

    def outline(self) -> Outlined:
        doubt = self._search() if self.how.search else None
        if doubt == "":
            return Outlined(self.label_map, searched=True)
        self._draw(self.placement.whole)
        remarks = (f"the whole CT was searched, as {doubt}",) if doubt else ()
        return Outlined(self.label_map, searched=False, remarks=remarks)

    def _search(self) -> str | None:
        """Outline the kidneys in their boxes.

        Returns:
            "" if it went well; why the whole CT has to be outlined; None where that takes no longer anyway.
        """
        coarse = self.placement.coarser(COARSER)
        whole_windows = self._windows([self.placement.whole])
        if count_windows(coarse.shape, self.how.networks[0].glancing) >= whole_windows:
            return None
        glance = self._glance(coarse)
        if glance.doubt:
            return glance.doubt
        boxes = self._boxes(glance, coarse)
        if self._windows(boxes) >= whole_windows:
            return None
        return self._draw_boxes(boxes, whole_windows)

    def _glance(self, coarse: Placement) -> Glance:
        slabs = self._shares(coarse, coarse.whole, glance=True)
        inside = np.concatenate([is_parenchyma(shares).numpy() for shares in slabs], -1)
        return glance_at(inside, _voxel_ml(coarse))

    def _boxes(self, glance: Glance, coarse: Placement) -> list[Box]:
        """Where the kidneys are outlined, with a margin, on the prepared grid."""
        found = [transferred(box, coarse.shape, self.placement.shape) for box in glance.boxes]
        return apart(self._wider(box, MARGIN_MM, ALL_SIDES) for box in found)

    def _wider(self, box: Box, by_mm: float, sides: NDArray[np.bool_], smallest: Sequence[int] = (1, 1, 1)) -> Box:
        margin = np.ceil(by_mm / np.array(self.placement.prepared_grid.spacing_mm)).astype(int)
        return widened(box, sides * margin[:, None], self.placement.shape, smallest)

    def _seen(self, box: Box) -> Box:
        """What the network sees of a box's surroundings: at least a window, so that none is padded needlessly."""
        return self._wider(box, CONTEXT_MM, ALL_SIDES, window_size(self.inferer))

    def _draw_boxes(self, boxes: list[Box], most_windows: int) -> str:
        """Outline each box, and again where it cuts a kidney.

        Args:
            boxes: On the prepared grid, without a voxel in common.
            most_windows: That are looked at before the whole CT is outlined instead.

        Returns:
            Why the whole CT has to be outlined; "" if it need not be.
        """
        done: dict[str, Drawing] = {}
        while ahead := [box for box in boxes if str(box) not in done]:
            most_windows -= self._windows(ahead)
            if most_windows < 0:
                return "what was found in the kidneys' boxes went on beyond them"
            for box in ahead:
                done[str(box)] = self._draw(box)
            boxes = apart(self._wider(box, MARGIN_MM, done[str(box)].cut_sides) for box in boxes)
        found_ml = sum(done[str(box)].inside_voxels for box in boxes) * _voxel_ml(self.placement)
        if found_ml < 2 * KIDNEY_ML:
            return "less than two kidneys' parenchyma was outlined where it was expected"
        return ""

    def _draw(self, box: Box) -> Drawing:
        seen, drawing = self._seen(box), self.placement.drawing(self.label_map, box)
        x, y, z = (slice(own.start - side.start, own.stop - side.start) for own, side in zip(box, seen, strict=True))
        below = 0
        for shares in self._shares(self.placement, seen):
            planes = slice(max(0, z.start - below), max(0, z.stop - below))
            below += shares.shape[-1]
            drawn = shares[:, x, y, planes]
            if drawn.shape[-1]:
                drawing.add(drawn if self.how.divided else joined(drawn))
        return drawing

    def _shares(self, placement: Placement, box: Box, *, glance: bool = False) -> Iterator[Tensor]:
        """The mean share of each class over all networks, shape (3, X, Y, planes), from below upwards."""
        prepared = torch.from_numpy(placement.resample_ct(self.ct.voxels, box))
        normalize = self.how.preparation.normalize
        each = [network.shares(prepared, normalize, glance=glance) for network in self.how.networks]
        for first, *others in zip(*each, strict=True):
            yield sum(others, first) / len(each)

    def _windows(self, boxes: Sequence[Box]) -> int:
        return sum(count_windows(size_of(self._seen(box)), self.inferer) for box in boxes)


def _voxel_ml(placement: Placement) -> float:
    return float(np.prod(placement.prepared_grid.spacing_mm)) / 1000


def joined(scores: Tensor) -> Tensor:
    """Take cortex and medulla together as undivided parenchyma.

    Args:
        scores: Shares of the classes, shape (3, X, Y, Z).

    Returns:
        Shape (4, X, Y, Z), the channels numbered as in `kseg.labels.Label`.
    """
    nothing = torch.zeros_like(scores[0])
    return torch.stack([scores[Label.BACKGROUND], nothing, nothing, scores[Label.MEDULLA] + scores[Label.CORTEX]])
