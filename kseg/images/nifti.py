"""What does a NIfTI header state?"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import nibabel as nib
import numpy as np
from nibabel.spatialimages import HeaderDataError

from kseg.errors import InputError
from kseg.images.geometry import check_agreement, check_shape, place_voxels
from kseg.images.grid import Grid
from kseg.images.stored import DAMAGE, GZIP, Header, read_start

KINDS = {348: nib.Nifti1Header, 540: nib.Nifti2Header}
"""The two versions of NIfTI by the bytes of their headers, with which every header begins."""

SINGLE_FILE = (b"n+1", b"n+2")
LENGTH_UNITS = {1: "metres", 3: "micrometres"}  # of xyzt_units; 2 are millimetres, 0 is not stated
LENGTH_UNIT_BITS = 7

BYTE_ORDERS: dict[str, Literal["little", "big"]] = {"<": "little", ">": "big"}


def read_nifti_header(path: Path) -> Header:
    """Read where the voxels of a NIfTI file lie, in the file and in the patient.

    Args:
        path: Ends in `.nii` or `.nii.gz`.

    Returns:
        What its header states, nothing repaired.

    Raises:
        InputError: The file is no NIfTI, its header contradicts itself, or it holds something else than one volume of
            numbers.
    """
    fields = nifti_fields(path)
    grid = _grid(path, fields)
    slope, intercept = _scaling(path, fields)
    return Header(
        grid=grid,
        dtype=_voxel_type(path, fields),
        offset=_offset(path, fields),
        packed_from=0 if _is_packed(path) else None,
        slope=slope,
        intercept=intercept,
    )


def nifti_fields(path: Path) -> Any:
    """Read a NIfTI header as it is.

    Args:
        path: Ends in `.nii` or `.nii.gz`.

    Returns:
        nibabel's header, unchecked: nibabel would repair some faults and print others. `qfac` is 1 where it is 0.

    Raises:
        InputError: The file is no NIfTI.
    """
    try:
        packed = read_start(path, len(GZIP), packed=False) == GZIP
        start = read_start(path, max(KINDS), packed=packed)
    except DAMAGE as error:
        raise InputError(f"{path}: cannot be read ({error}); copy or export it again") from error
    fields = _parse(start)
    if fields is None or bytes(fields["magic"])[:3] not in SINGLE_FILE:
        raise InputError(f"{path}: is not a NIfTI file, despite its name; export it as one .nii or .nii.gz")
    if packed and not _is_packed(path):
        raise InputError(f"{path}: is gzipped although its name does not say so; rename it to {path.name}.gz")
    if _is_packed(path) and not packed:
        raise InputError(f"{path}: is not gzipped although its name says so; rename it to {path.name[:-3]}")
    if fields["pixdim"][0] == 0:
        fields["pixdim"][0] = 1  # the standard takes the one for the other
    return fields


def _is_packed(path: Path) -> bool:
    return path.suffix.lower() == ".gz"


def _parse(start: bytes) -> Any | None:
    for code, order in BYTE_ORDERS.items():
        kind = KINDS.get(int.from_bytes(start[:4], order))
        if kind is not None and len(start) >= (size := kind.template_dtype.itemsize):
            return kind(start[:size], endianness=code, check=False)
    return None


def _grid(path: Path, fields: Any) -> Grid:
    axes = int(fields["dim"][0])
    shape = check_shape(path, fields["dim"][1 : 1 + axes].tolist() if 0 < axes < len(fields["dim"]) else [])
    spacing_mm = fields["pixdim"][1:4]
    if not (np.isfinite(spacing_mm).all() and min(spacing_mm) > 0):
        stated = " x ".join(f"{length:.3g}" for length in spacing_mm)
        raise InputError(f"{path}: its header states voxels of {stated} mm; export it again with its geometry")
    if (unit := int(fields["xyzt_units"]) & LENGTH_UNIT_BITS) in LENGTH_UNITS:
        raise InputError(f"{path}: its header measures in {LENGTH_UNITS[unit]}; export it again in millimetres")
    forms = [place_voxels(path, shape, affine) for affine in _affines(path, fields)]
    if len(forms) > 1:
        check_agreement(path, *forms)
    return forms[0]


def _affines(path: Path, fields: Any) -> list[Any]:
    """By the sform, then by the qform; of those that the header states."""
    try:
        with np.errstate(all="ignore"):
            forms = [fields.get_sform(coded=True)[0], fields.get_qform(coded=True)[0]]
    except (HeaderDataError, ValueError) as error:
        raise InputError(f"{path}: its qform is no rotation ({error}); export it again with its geometry") from error
    stated = [np.asarray(form, dtype=np.float64) for form in forms if form is not None]
    if not stated:
        raise InputError(
            f"{path}: its header does not say how the patient lies (sform and qform are not coded); "
            "export it again with its orientation"
        )
    return stated


def _voxel_type(path: Path, fields: Any) -> np.dtype[Any]:
    code = int(fields["datatype"])
    if code not in nib.nifti1.data_type_codes.code:
        raise InputError(f"{path}: its voxels are of an unknown type, {code}; export it again")
    dtype: np.dtype[Any] = fields.get_data_dtype()
    if dtype.kind not in "iuf":
        name = nib.nifti1.data_type_codes.niistring[code].removeprefix("NIFTI_TYPE_")
        raise InputError(f"{path}: its voxels are {name}, not single numbers; export the CT, not a picture of it")
    return dtype


def _offset(path: Path, fields: Any) -> int:
    stated, header_bytes = float(fields["vox_offset"]), int(fields["sizeof_hdr"])
    if not stated >= header_bytes:  # so that NaN is caught too
        raise InputError(f"{path}: its header states voxels from byte {stated:g}, inside itself; export it again")
    return int(stated)


def _scaling(path: Path, fields: Any) -> tuple[float, float]:
    slope, intercept = float(fields["scl_slope"]), float(fields["scl_inter"])
    if slope == 0 or np.isnan(slope):  # the standard's and nibabel's way to say that there is none
        return 1.0, 0.0
    if not np.isfinite([slope, intercept]).all():
        raise InputError(f"{path}: its header scales by {slope:g} and adds {intercept:g}; export it again")
    return slope, intercept
