"""Do outlines survive a table's cell, and become the label map that was drawn?"""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kseg.errors import InputError
from kseg.images import Grid, write_nifti
from kseg.labels import Label
from kseg.outlines import Outline, drawn, read_outlines

NAMES = st.text(st.characters(exclude_characters="/\0", exclude_categories=("Cs",)), min_size=1, max_size=12).filter(
    lambda name: name not in {".", ".."}
)
FILES = st.builds(
    lambda folder, name, end: Path("/", folder, name + end), NAMES, NAMES, st.sampled_from([".nii", ".nii.gz", ".nrrd"])
)
VALUES = st.lists(st.integers(0, 70000), max_size=4).map(tuple)
GRID = Grid((4, 1, 1), np.eye(4))


@given(st.lists(FILES, min_size=1, max_size=3).map(tuple), VALUES, VALUES)
def test_an_outline_is_read_from_a_cell_as_it_was_written(files, values, undecided):
    outline = Outline(files, values, undecided)
    assert Outline.parse(str(outline)) == outline


@pytest.mark.parametrize(
    ("text", "outline"),
    [
        ("mask.nii.gz", Outline((Path("mask.nii.gz"),))),
        ("/a/map.nii.gz[1,2]", Outline((Path("/a/map.nii.gz"),), values=(1, 2))),
        ("/a/map.nrrd[2,?3]", Outline((Path("/a/map.nrrd"),), values=(2,), undecided=(3,))),
        ("/a/left.nii + /a/right.nii.gz", Outline((Path("/a/left.nii"), Path("/a/right.nii.gz")))),
        ("/my scans [old] + new/map.nii", Outline((Path("/my scans [old] + new/map.nii"),))),
    ],
)
def test_cells_are_written_by_hand_too(text, outline):
    assert Outline.parse(text) == outline
    assert str(outline) == text


@pytest.fixture
def write(tmp_path):
    def write(name, voxels, grid=GRID):
        write_nifti(tmp_path / name, np.array(voxels).reshape(grid.shape), grid)
        return tmp_path / name

    return write


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.float32])
def test_all_values_of_a_mask_count_and_those_of_a_map_that_are_stated(write, dtype):
    mask, labels = write("mask.nii", np.array([0, 1, 255, 0], dtype)), write("map.nii", np.array([0, 1, 2, 3], dtype))
    read = read_outlines(Outline((mask,)), None).voxels
    assert read.ravel().tolist() == [0, Label.UNDIVIDED, Label.UNDIVIDED, 0]
    read = read_outlines(Outline((labels,), values=(1, 3)), Outline((labels,), values=(3,))).voxels
    assert read.ravel().tolist() == [0, Label.MEDULLA, 0, Label.CORTEX]


def test_a_voxel_counts_that_counts_in_one_of_the_files(write):
    files = (write("right.nii", np.uint8([1, 1, 0, 0])), write("left.nii", np.uint8([0, 1, 1, 0])))
    voxels = {files[0]: np.uint8([1, 1, 0, 0]), files[1]: np.uint8([0, 1, 1, 0])}
    assert drawn(voxels, Outline(files)).tolist() == [True, True, True, False]
    assert read_outlines(Outline(files), None).voxels.ravel().tolist() == [3, 3, 3, 0]


def test_parenchyma_of_which_nobody_said_whether_it_is_cortex_is_undivided(write):
    labels = write("map.nii", np.uint8([0, 1, 2, 3]))
    parenchyma, cortex = Outline((labels,), values=(1, 2, 3)), Outline((labels,), values=(2,), undecided=(3,))
    read = read_outlines(parenchyma, cortex).voxels
    assert read.ravel().tolist() == [0, Label.MEDULLA, Label.CORTEX, Label.UNDIVIDED]


def test_cortex_outside_the_parenchyma_is_dropped(write):
    parenchyma, cortex = write("p.nii", np.uint8([0, 1, 1, 0])), write("c.nii", np.uint8([1, 1, 0, 0]))
    read = read_outlines(Outline((parenchyma,)), Outline((cortex,)))
    assert read.voxels.ravel().tolist() == [0, Label.CORTEX, Label.MEDULLA, 0]
    assert read.grid.same_as(GRID)


def test_files_on_different_grids_are_told(write):
    here, there = (
        write("here.nii", np.ones(4, np.uint8)),
        write("there.nii", np.ones(4, np.uint8), Grid((4, 1, 1), 2 * np.eye(4))),
    )
    with pytest.raises(InputError) as told:
        read_outlines(Outline((here,)), Outline((there,)))
    assert told.value.problems == (f"{there} lies on another grid than {here}",)
