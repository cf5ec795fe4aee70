"""Is a case that cannot be learnt from told before anything is trained?"""

import gzip
from dataclasses import replace

import nibabel as nib
import numpy as np
import pytest

from kseg.cases.check import check_cases
from kseg.cases.folder import read_folder
from kseg.clinical.cohort import Case, cases_of
from kseg.errors import InputError
from kseg.images import Grid, write_nifti

GRID = Grid((20, 16, 10), np.array([[-0.8, 0, 0, 50], [0, -0.8, 0, 60], [0, 0, 5, -70], [0, 0, 0, 1.0]]))
TOLD = "20 x 16 x 10 voxels of 0.8 x 0.8 x 5 mm, LPS from 50.0, 60.0, -70.0"
SHIFT = np.zeros((4, 4))
SHIFT[0, 3] = 0.8  # mm, one voxel


@pytest.fixture
def case(tmp_path):
    """A box of kidney of 1000 voxels in fat and air, whose outer half is cortex."""
    parenchyma = np.zeros(GRID.shape, np.uint8)
    parenchyma[5:15, 3:13] = 1
    cortex = parenchyma.copy()
    cortex[10:] = 0
    ct = np.where(parenchyma, 120, -100).astype(np.int16)
    ct[:, :2] = -1000
    case = Case(
        *("P1", "P1", "mild", "train"),
        *(tmp_path / "images.nii.gz", tmp_path / "parenchyma.nii.gz", tmp_path / "cortex.nii.gz"),
    )
    for path, voxels in ((case.image, ct), (case.parenchyma, parenchyma), (case.cortex, cortex)):
        write_nifti(path, voxels, GRID)
    return case


def problems_of(*cases):
    with pytest.raises(InputError) as caught:
        check_cases(cases, max_outside=0.01)
    return list(caught.value.problems)


def cortex_with_voxels_outside(case, number):
    cortex = np.zeros(GRID.shape, np.uint8)
    cortex[5:15, 3:13] = 1  # all 1000 of the parenchyma
    cortex[0, :, :].flat[:number] = 1
    write_nifti(case.cortex, cortex, GRID)
    return case


def test_a_good_case_has_no_remark(case):
    assert check_cases([case], max_outside=0.01) == []


def test_a_case_without_a_cortex_outline_is_good(case):
    assert check_cases([replace(case, cortex=None)], max_outside=0.01) == []


def test_a_little_cortex_outside_is_repaired_and_told(case):
    remarks = check_cases([cortex_with_voxels_outside(case, 10)], max_outside=0.01)
    assert remarks == ["P1: cortex has 10 voxels outside the parenchyma (1.0 %); they are dropped"]


def test_much_cortex_outside_is_refused(case):
    assert problems_of(cortex_with_voxels_outside(case, 40)) == [
        "P1: cortex has 40 voxels outside the parenchyma (3.8 %); at most 1 % is repaired, "
        "draw it again or set checks.max_outside"
    ]
    assert check_cases([case], max_outside=0.05) == [
        "P1: cortex has 40 voxels outside the parenchyma (3.8 %); they are dropped"
    ]


@pytest.mark.parametrize("outline", ["parenchyma", "cortex"])
def test_an_empty_outline_is_refused(case, outline):
    write_nifti(getattr(case, outline), np.zeros(GRID.shape, np.uint8), GRID)
    assert problems_of(case) == [f"P1: {outline} is empty; draw it or take the case out"]


def test_a_ct_in_place_of_an_outline_is_refused(case):
    assert problems_of(replace(case, cortex=case.image)) == [
        "P1: cortex holds values from -1000 to 120; an outline is 0 outside and 1 inside"
    ]


@pytest.mark.parametrize(
    ("grid", "told"),
    [
        (Grid(GRID.shape, GRID.affine + SHIFT), TOLD.replace("50.0", "50.8")),
        (Grid(GRID.shape, GRID.affine @ np.diag([-1, 1, 1, 1.0])), TOLD.replace("LPS", "RPS")),
        (Grid((20, 16, 9), GRID.affine), TOLD.replace("x 10 ", "x 9 ")),
        (Grid((16, 20, 10), GRID.affine[:, [1, 0, 2, 3]]), TOLD.replace("20 x 16", "16 x 20").replace("LPS", "PLS")),
    ],
)
def test_an_outline_on_another_grid_is_refused(case, grid, told):
    write_nifti(case.cortex, np.ones(grid.shape, np.uint8), grid)
    assert problems_of(case) == [
        f"P1: cortex lies on another grid ({told}) than the CT ({TOLD}); export it on the CT's own grid"
    ]


@pytest.mark.parametrize(
    ("rescale", "came"),
    [
        (lambda ct: ct + np.int16(1024), "from 24 to 1144, 1144"),  # without its intercept
        (lambda ct: np.clip((ct + 160) / 400 * 255, 0, 255).astype(np.uint8), "from 0 to 178, 178"),  # windowed
        (lambda ct: ct.astype(np.float32) / 1000, "from -1 to 0.12, 0.12"),
        (lambda ct: np.where(ct == 120, -100, ct), "from -1000 to -100, -100"),  # the outline lies on fat
        (lambda ct: np.where(ct == 120, np.nan, ct).astype(np.float32), "from nan to nan, nan"),
    ],
)
def test_a_ct_without_hounsfield_units_is_refused(case, rescale, came):
    parenchyma = np.zeros(GRID.shape, bool)
    parenchyma[5:15, 3:13] = True
    ct = np.where(parenchyma, 120, -100).astype(np.int16)
    ct[:, :2] = -1000
    write_nifti(case.image, rescale(ct), GRID)
    assert problems_of(case) == [
        f"P1: CT values run {came} in the middle of the parenchyma; Hounsfield units have air below -200 and kidneys "
        "from -20 to 400: export it with its rescale slope and intercept, not windowed"
    ]


def test_files_that_cannot_be_read_are_told_for_every_case(case, tmp_path):
    broken = tmp_path / "broken.nii.gz"
    broken.write_bytes(case.image.read_bytes()[:200])
    found = problems_of(
        replace(case, case_id="P2", image=broken, cortex=tmp_path / "gone.nii"),
        case,
        replace(case, case_id="P3", cortex=broken),
    )
    assert [problem.split(": ")[0] for problem in found] == ["P2", "P2", "P3"]
    assert found[1] == f"P2: {tmp_path / 'gone.nii'}: no such file"


def test_a_ct_of_four_axes_is_refused(case):
    nib.save(nib.Nifti1Image(np.zeros((4, 4, 4, 2), np.int16), np.eye(4)), case.image)
    assert problems_of(case) == [f"P1: {case.image}: has 4 axes (4, 4, 4, 2); one volume of three axes is needed"]


def test_an_affine_that_places_nothing_is_refused(case):
    image = nib.Nifti1Image(np.zeros(GRID.shape, np.int16), None)
    image.header["sform_code"] = 1
    for row, place in zip(("srow_x", "srow_y", "srow_z"), (np.nan, 0, 0), strict=True):
        image.header[row] = [place, 0, 0, 0]
    case.image.write_bytes(gzip.compress(image.to_bytes()))
    assert problems_of(case) == ["P1: CT has 20 x 16 x 10 voxels of nan x 0 x 0 mm; export it again with its geometry"]


def test_a_clinics_sixteen_cases_are_good(clinic):
    rows = read_folder(clinic).assign(split="")
    assert check_cases(cases_of(rows), max_outside=0.01) == []
