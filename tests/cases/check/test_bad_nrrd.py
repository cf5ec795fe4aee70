"""What is the user told about a NRRD file that cannot be used? Every row a way to break one."""

import nrrd
import numpy as np
import pytest

SPACES = (
    "a space such as left-posterior-superior, right-anterior-superior, left-anterior-superior with directions and "
    "origin is needed, export it again"
)


def as_nrrd(small, **fields):
    header = {"space": "left-posterior-superior", "space directions": np.diag([3.0, 3.0, 5.0])}
    header = {**header, "space origin": [-60.0, -30.0, -70.0], **fields}
    stated = {name: value for name, value in header.items() if value is not None}
    nrrd.write(str(small.folder / "ct.nrrd"), small.ct, stated)
    return "ct.nrrd"


def edited_nrrd(small, *edits, loses=0):
    as_nrrd(small, encoding="raw")
    content = (small.folder / "ct.nrrd").read_bytes()
    for old, new in edits:
        assert content.count(old) == 1
        content = content.replace(old, new)
    return small.put(content[: len(content) - loses], "ct.nrrd")


def four_axes_nrrd(small):
    directions = np.vstack([np.full(3, np.nan), np.eye(3)])
    header = {"space": "LPS", "space directions": directions, "space origin": [0, 0, 0]}
    nrrd.write(str(small.folder / "ct.nrrd"), np.zeros((2, 9, 9, 9), np.uint8), header)
    return "ct.nrrd"


SCANS = {
    "NRRD": (as_nrrd, None),
    "raw NRRD": (lambda s: as_nrrd(s, encoding="raw"), None),
    "no NRRD": (
        lambda s: s.put(b"no NRRD at all", "ct.nrrd"),
        "ct.nrrd: its header is no NRRD header that can be read; export it again",
    ),
    "NRRD in bzip2": (
        lambda s: as_nrrd(s, encoding="bzip2"),
        "ct.nrrd: its voxels are stored as 'bzip2'; save it as raw or gzip",
    ),
    "NRRD without a space": (
        lambda s: as_nrrd(s, space=None, **{"space origin": None, "space directions": None}),
        f"ct.nrrd: its header has no space and no space directions and no space origin; {SPACES}",
    ),
    "NRRD of a scanner's space": (
        lambda s: as_nrrd(s, space="scanner-xyz"),
        f"ct.nrrd: its header has the space 'scanner-xyz'; {SPACES}",
    ),
    "NRRD of four axes": (
        four_axes_nrrd,
        "ct.nrrd: has 4 axes (2, 9, 9, 9); one volume of three axes is needed, export a single series or label map",
    ),
    "truncated NRRD": (
        lambda s: edited_nrrd(s, loses=100),
        "ct.nrrd: its header states 40 x 16 x 10 voxels, 12800 bytes, but the file holds 12700 of them; copy "
        "or export it again",
    ),
    "NRRD in two files": (
        lambda s: edited_nrrd(s, (b"encoding: raw\n", b"encoding: raw\ndata file: ct.raw\n")),
        "ct.nrrd: its voxels lie in another file, 'ct.raw'; save both as one .nrrd",
    ),
    "NRRD of blocks": (
        lambda s: edited_nrrd(s, (b"type: int16\n", b"type: block\n")),
        "ct.nrrd: its voxels are of the type 'block', not single numbers; export it again",
    ),
    "NRRD of unknown byte order": (
        lambda s: edited_nrrd(s, (b"endian: little\n", b"")),
        "ct.nrrd: its header does not state the order of bytes (endian); export it again",
    ),
    "NRRD in centimetres": (
        lambda s: edited_nrrd(s, (b"encoding: raw\n", b'encoding: raw\nspace units: "cm" "cm" "cm"\n')),
        "ct.nrrd: its space units are cm; mm are needed, export it again",
    ),
    "NRRD that skips bytes": (
        lambda s: edited_nrrd(s, (b"encoding: raw\n", b"encoding: raw\nbyte skip: 12\n")),
        "ct.nrrd: its header has a byte skip of 12; save it again without",
    ),
}


@pytest.mark.parametrize(("broken", "told"), [pytest.param(*row, id=name) for name, row in SCANS.items()])
def test_a_broken_ct_is_told_in_one_line(small, capfd, broken, told):
    image = broken(small)
    assert small.check(small.case(image=image)) == [[f"P1: {told}"] if told else [], []]
    assert capfd.readouterr() == ("", "")
