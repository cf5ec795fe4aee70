"""A network as ONNX, checked against PyTorch before it is handed on."""

from __future__ import annotations

import io
import json
import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from kseg.errors import InputError
from kseg.images import write_atomically
from kseg.labels import Label
from kseg.models.deep_supervision import answers
from kseg.prediction.opened import TrainedModel

NEEDED = ("onnx", "onnxruntime", "onnxscript")
BATCH = 2
"""Patches of the comparison; the file takes any number of them."""

LARGEST = 2**31
"""Bytes from which on a single ONNX file cannot hold a network."""


class PatchLogits(nn.Module):
    """Patches of a normalised CT, (B, 1, X, Y, Z), to logits of background, medulla, cortex, (B, 3, X, Y, Z)."""

    def __init__(self, model: TrainedModel) -> None:
        super().__init__()
        self.network, self.objective = model.module.network, model.module.objective

    def forward(self, ct: Tensor) -> Tensor:
        """One window of the sliding window."""
        return self.objective.class_logits(answers(self.network(ct))[0])


@dataclass(frozen=True)
class Written:
    """What came of it.

    Args:
        difference: The largest between ONNX Runtime's logits and PyTorch's.
        patch_size: Voxels along each axis of what the file takes.
    """

    difference: float
    patch_size: tuple[int, ...]


def write_onnx(path: Path, model: TrainedModel, *, opset: int, tolerance: float, seed: int) -> Written:
    """Write a network as ONNX; only one that answers as PyTorch does is written.

    Args:
        path: Where to.
        model: Whose network it is. The file takes patches of its sliding window's size, any number of them at once:
            `ct`, normalised as its metadata say, and answers with `logits` of the three classes.
        opset: Of ONNX's operators.
        tolerance: The largest difference that is let pass.
        seed: Of the patches on which the two are compared.

    Returns:
        By how much they differ.

    Raises:
        InputError: Packages are missing, the network cannot be exported, or it answers otherwise than PyTorch.
    """
    missing = [package for package in NEEDED if find_spec(package) is None]
    if missing:
        raise InputError(f"ONNX needs {', '.join(missing)}; install kseg with its extra: pip install 'kseg[onnx]'")
    size = tuple(int(length) for length in model.module.inferer.roi_size)  # type: ignore[union-attr]
    network = PatchLogits(model).eval().float().cpu()
    patches = torch.from_numpy(np.random.default_rng(seed).uniform(-1, 1, (BATCH, 1, *size)).astype(np.float32))
    content = _described(_exported(network, patches, opset), model, size)
    with torch.inference_mode():
        wanted = network(patches).numpy()
    difference = float(np.abs(_logits(content, patches.numpy()) - wanted).max())
    if not difference <= tolerance:
        raise InputError(f"the network answers otherwise as ONNX: its logits differ by up to {difference:.2g}")
    write_atomically(path, content)
    return Written(difference, size)


def _exported(network: nn.Module, patches: Tensor, opset: int) -> Any:
    """The network as ONNX's own object."""
    batch = torch.export.Dim("batch", min=1, max=1024)
    try:
        with _quietly():
            program = torch.onnx.export(
                *(network, (patches,)),
                dynamo=True,
                opset_version=opset,
                input_names=["ct"],
                output_names=["logits"],
                dynamic_shapes=({0: batch},),
                verbose=False,
            )
    except (torch.onnx.OnnxExporterError, RuntimeError, ValueError) as error:
        why = str(error.__cause__ or error).strip().splitlines()[0]
        raise InputError(f"PyTorch cannot write this network as ONNX: {why}") from error
    if program is None:
        raise RuntimeError("torch.onnx.export gave nothing back")
    return program.model_proto


def _described(proto: Any, model: TrainedModel, size: Sequence[int]) -> bytes:
    """What a program needs to know that runs the file without kseg."""
    preparation = model.preparation
    told = {
        "kseg.orientation": "RAS",
        "kseg.spacing_mm": json.dumps(list(preparation.spacing_mm)),
        "kseg.window_hu": json.dumps(list(preparation.window_hu)),
        "kseg.normalisation": "clip to window_hu, then scale it to -1 .. 1",
        "kseg.patch_size": json.dumps(list(size)),
        "kseg.classes": json.dumps([label.name.lower() for label in Label if label != Label.UNDIVIDED]),
        "kseg.taught_cortex": json.dumps(model.divided),
    }
    for key, value in told.items():
        entry = proto.metadata_props.add()
        entry.key, entry.value = key, value
    for node in [*proto.graph.node, *(node for function in proto.functions for node in function.node)]:
        del node.metadata_props[:]  # where in which file each came from
        node.doc_string = ""
    if proto.ByteSize() >= LARGEST:
        raise InputError(f"the network has more than {LARGEST >> 30} GB, and a single ONNX file cannot hold it")
    content: bytes = proto.SerializeToString(deterministic=True)
    return content


def _logits(content: bytes, patches: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    import onnxruntime  # type: ignore[import-untyped]

    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    answered: np.ndarray[Any, Any] = session.run(["logits"], {"ct": patches})[0]
    return answered


@contextmanager
def _quietly() -> Iterator[None]:
    """Without the exporter's own words on what it registers and what will change in PyTorch."""
    before = {name: logging.getLogger(name).level for name in ("torch.onnx", "onnxscript", "onnx_ir")}
    for name in before:
        logging.getLogger(name).setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(), redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        for name, level in before.items():
            logging.getLogger(name).setLevel(level)
