"""The file in which trained networks travel: a zip of JSON and weights that runs nothing where it is read.

`model.json` says all but the weights, `weights/0.pt` and so on hold those. Nothing is compressed, so that what is read
is no larger than the file; nothing is unpacked onto the disk.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from kseg.errors import InputError
from kseg.images import write_atomically
from kseg.labels import Label
from kseg.models.weights import checked_weights, read_data
from kseg.prediction.carried import Carried, places_in

FORMAT, VERSION = "kseg model", 1
CONTENTS = "model.json"
LARGEST_CONTENTS = 16 * 2**20
"""Bytes of `model.json`; a thousand times what a run's takes."""
MOST_NETWORKS = 1000

BEGINNING = (1980, 1, 1, 0, 0, 0)
"""When its members were made, as far as a zip goes back: the same networks make the same file."""

KINDS: dict[str, type | tuple[type, ...]] = {
    "model": dict,
    "prepare": dict,
    "prediction": dict,
    "precision": (str, int),
    "divided": bool,
    "provenance": dict,
}


def write_model_file(path: Path, networks: Sequence[Carried]) -> str:
    """Write networks into one file, whole or not at all.

    Args:
        path: Where to.
        networks: One, or those of several folds or seeds.

    Returns:
        The file's SHA-256, 64 hexadecimal digits; the same networks give the same.

    Raises:
        InputError: A config names a place on a disk, which no other machine has.
    """
    described = [{key: value for key, value in vars(network).items() if key != "weights"} for network in networks]
    places = [place for one in described for place in places_in(one)]
    if places:
        raise InputError(
            [f"the run's config names {place}, which leads nowhere on another machine" for place in places]
        )
    labels = {str(int(label)): label.name.lower() for label in Label}
    contents = {"format": FORMAT, "version": VERSION, "labels": labels, "networks": described}
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(zipfile.ZipInfo(CONTENTS, BEGINNING), json.dumps(contents, indent=1))
        for number, network in enumerate(networks):
            archive.writestr(zipfile.ZipInfo(_weights(number), BEGINNING), _bytes_of(network.weights))
    write_atomically(path, file.getvalue())
    return digest(path)


def digest(path: Path) -> str:
    """A file's SHA-256, by which its receiver checks that it is the one that was sent."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_model_file(path: Path) -> list[Carried]:
    """Read networks; nothing in the file is run, and nothing is written.

    Args:
        path: Written by `write_model_file`.

    Returns:
        What it says; whether that may be built is for `kseg.runs.trust` to tell.

    Raises:
        InputError: It is no such file, is damaged, or holds what such a file does not.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.namelist()
            _refuse_unsound(archive, path.stat().st_size)
            described = _described(archive, path)
            wanted = [CONTENTS, *(_weights(number) for number in range(len(described)))]
            if sorted(members) != sorted(wanted):
                raise UnsoundError(f"it holds {_few(members)} where {_few(wanted)} belong")
            return [
                Carried(**one, weights=_weights_of(archive.read(_weights(number)), path))
                for number, one in enumerate(described)
            ]
    except (UnsoundError, zipfile.BadZipFile, RuntimeError, NotImplementedError, ValueError, EOFError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path}: is no model that kseg exported, or is damaged ({_first_line(error)})") from error


class UnsoundError(Exception):
    """It is not as `write_model_file` writes it."""


def _weights(number: int) -> str:
    return f"weights/{number}.pt"


def _bytes_of(weights: dict[str, Tensor]) -> bytes:
    file = io.BytesIO()
    torch.save({name: tensor.detach().cpu().clone() for name, tensor in weights.items()}, file)
    return file.getvalue()


def _refuse_unsound(archive: zipfile.ZipFile, size: int) -> None:
    """Compressed members, or members that lie over one another, are larger than the file."""
    members = archive.infolist()
    if any(one.compress_type != zipfile.ZIP_STORED or one.compress_size != one.file_size for one in members):
        raise UnsoundError("a part of it is compressed")
    if sum(one.file_size for one in members) > size:
        raise UnsoundError("its parts are larger than itself")


def _described(archive: zipfile.ZipFile, path: Path) -> list[dict[str, Any]]:
    if CONTENTS not in archive.namelist():
        raise UnsoundError(f"it has no {CONTENTS}")
    if archive.getinfo(CONTENTS).file_size > LARGEST_CONTENTS:
        raise UnsoundError(f"its {CONTENTS} has more than {LARGEST_CONTENTS >> 20} MB")
    contents = json.loads(archive.read(CONTENTS))
    if not isinstance(contents, dict) or contents.get("format") != FORMAT:
        raise UnsoundError(f"its {CONTENTS} does not say {FORMAT!r}")
    if contents.get("version") != VERSION:
        raise InputError(f"{path}: is of version {contents.get('version')}; this kseg reads version {VERSION}")
    networks = contents.get("networks")
    if not isinstance(networks, list) or not 0 < len(networks) <= MOST_NETWORKS:
        raise UnsoundError("it describes no networks")
    for one in networks:
        if not isinstance(one, dict) or one.keys() != KINDS.keys():
            raise UnsoundError(f"a network is described by {_few(one)} instead of {_few(KINDS)}")
        wrong = [key for key, kind in KINDS.items() if not isinstance(one[key], kind)]
        if wrong:
            raise UnsoundError(f"{', '.join(wrong)} of a network is not what it should be")
    return networks


def _weights_of(content: bytes, path: Path) -> dict[str, Tensor]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        _refuse_unsound(archive, len(content))
    return checked_weights(read_data(io.BytesIO(content), path), path)


def _few(words: Any) -> str:
    """At most five of them, as they may be anything."""
    named = [repr(word)[:60] for word in words] if isinstance(words, list | dict) else [repr(words)[:60]]
    return ", ".join(named[:5]) + (" ..." if len(named) > 5 else "")


def _first_line(error: Exception) -> str:
    return (str(error) or type(error).__name__).strip().splitlines()[0]
