"""What is the user told about a CT that cannot be used? Every row a way to break one."""

import nibabel as nib
import numpy as np
import pytest

AFFINE = np.array([[-3.0, 0, 0, 60], [0, -3, 0, 30], [0, 0, 5, -70], [0, 0, 0, 1]])
PLACED = "40 x 16 x 10 voxels of 3 x 3 x 5 mm, LPS from 60.0, 30.0, -70.0 mm"
MOVED, TURNED = PLACED.replace("60.0", "66.0"), PLACED.replace("LPS", "LPI")
AGAIN = "copy or export it again"
GEOMETRY = "export it again with its geometry"
NEEDED = "Hounsfield units have air below -200 and kidneys from -20 to 400"
CONTRADICTION = "its header contradicts itself"
RIGHT_ONE = "find out which is right and export it again"
RGB = [("R", "u1"), ("G", "u1"), ("B", "u1")]
UPSIDE_DOWN = AFFINE @ np.diag([1, 1, -1, 1])


def tilted(degrees):
    """With the gantry tilted slices are not at right angles to the table's way."""
    affine = AFFINE.copy()
    affine[1, 2] = affine[2, 2] * np.tan(np.radians(degrees))
    return affine


def moved(millimetres):
    affine = AFFINE.copy()
    affine[0, 3] += millimetres
    return affine


def cut(small, name, count):
    """6400 voxels of two bytes behind a header of 352, in gzip that does not squeeze them, less the file's end."""
    content = (small.folder / small.save(small.ct, name=name)).read_bytes()
    (small.folder / name).write_bytes(content[:-count])
    return name


def packed_otherwise(small, name):
    """The bytes of a sound file under the name of the other kind."""
    (small.folder / small.save(small.ct, name={"ct.nii": "ct.nii.gz", "ct.nii.gz": "ct.nii"}[name])).rename(
        small.folder / name
    )
    return name


def folder(small):
    (small.folder / "ct.nii").mkdir()
    return "ct.nii"


def two_forms(small, sform, qform):
    image = nib.Nifti1Image(small.ct, AFFINE)
    image.set_sform(sform, 1)
    image.set_qform(qform, 1)
    return small.put(image.to_bytes())


def three_slices(small):
    for name in ("parenchyma", "cortex"):
        small.save(getattr(small, name)[:, :, 4:7], name=f"{name}.nii.gz")
    return small.save(small.ct[:, :, 4:7])


def with_unreal(small):
    ct = small.ct.astype(np.float32)
    ct[0, 0, :3], ct[1, 0, 0] = np.nan, -np.inf
    return small.save(ct)


def from_another_machine(small):
    return small.put(nib.Nifti1Image(small.ct, AFFINE, nib.Nifti1Header(endianness=">")).to_bytes())


def values(darkest, brightest, kidney, remedy):
    return f"CT values run from {darkest} to {brightest}, {kidney} in the middle of the parenchyma; {NEEDED}: {remedy}"


SCANS = {
    "sound": (lambda s: "ct.nii.gz", None),
    "not there": (lambda s: "none.nii.gz", "none.nii.gz: no such file"),
    "a name that is too long": (
        lambda s: "c" * 300 + ".nii.gz",
        "c" * 300 + ".nii.gz: cannot be opened (File name too long)",
    ),
    "a folder": (folder, "ct.nii: is a folder, not a file"),
    "empty": (lambda s: s.put(b"", "ct.nii"), f"ct.nii: is empty, 0 bytes; {AGAIN}"),
    "another format": (
        lambda s: s.put(b"MGH", "ct.mgz"),
        "ct.mgz: only .nii.gz, .nii, .nrrd, .mha, .mhd can be read; export it as one of these",
    ),
    "DICOM by another name": (
        lambda s: s.put(bytes(128) + b"DICM" + bytes(900), "ct.nii"),
        "ct.nii: is not a NIfTI file, despite its name; export it as one .nii or .nii.gz",
    ),
    "half of a pair": (
        lambda s: s.save(s.ct, name="ct.nii", magic=b"ni1"),
        "ct.nii: is not a NIfTI file, despite its name; export it as one .nii or .nii.gz",
    ),
    "gzipped by its name alone": (
        lambda s: packed_otherwise(s, "ct.nii.gz"),
        "ct.nii.gz: is not gzipped although its name says so; rename it to ct.nii",
    ),
    "gzipped in secret": (
        lambda s: packed_otherwise(s, "ct.nii"),
        "ct.nii: is gzipped although its name does not say so; rename it to ct.nii.gz",
    ),
    "truncated": (
        lambda s: cut(s, "ct.nii", 800),
        f"ct.nii: its header states 40 x 16 x 10 voxels, 12800 bytes, but the file holds 12000 of them; {AGAIN}",
    ),
    "truncated and gzipped": (
        lambda s: cut(s, "ct.nii.gz", 108),
        f"ct.nii.gz: its header states 40 x 16 x 10 voxels, 12800 bytes, but the file holds 12700 of them; {AGAIN}",
    ),
    "without its checksum": (
        lambda s: cut(s, "ct.nii.gz", 4),
        "ct.nii.gz: its last bytes are missing; " + AGAIN,
    ),
    "a claim of terabytes": (
        lambda s: s.save(s.ct, dim=[3, 30000, 30000, 30000, 1, 1, 1, 1]),
        "ct.nii.gz: its header states 30000 x 30000 x 30000 voxels, 54000000000000 bytes, but the file holds 12800 of "
        f"them; {AGAIN}",
    ),
    "four axes": (
        lambda s: s.save(np.zeros((9, 9, 9, 2), np.int16)),
        "ct.nii.gz: has 4 axes (9, 9, 9, 2); one volume of three axes is needed, export a single series or label map",
    ),
    "two axes": (
        lambda s: s.save(s.ct[:, :, 0]),
        "ct.nii.gz: has 2 axes (40, 16); one volume of three axes is needed, export a single series or label map",
    ),
    "no voxels": (
        lambda s: s.save(s.ct, dim=[3, 40, 0, 10, 1, 1, 1, 1]),
        "ct.nii.gz: has 40 x 0 x 10 voxels, none at all; export it again",
    ),
    "three slices": (
        three_slices,
        "CT has 40 x 16 x 3 voxels; kidneys need at least 8 along every axis, export the whole series",
    ),
    "no spacing": (
        lambda s: s.save(s.ct, pixdim=[1, 3, 0, 5, 0, 0, 0, 0]),
        f"ct.nii.gz: its header states voxels of 3 x 0 x 5 mm; {GEOMETRY}",
    ),
    "negative spacing": (
        lambda s: s.save(s.ct, pixdim=[1, 3, 3, -5, 0, 0, 0, 0]),
        f"ct.nii.gz: its header states voxels of 3 x 3 x -5 mm; {GEOMETRY}",
    ),
    "metres": (
        lambda s: s.save(s.ct, xyzt_units=1),
        "ct.nii.gz: its header measures in metres; export it again in millimetres",
    ),
    "tilted gantry": (
        lambda s: s.save(s.ct, tilted(10)),
        "ct.nii.gz: its axes 2 and 3 meet at 100.0 degrees, 90 are needed (a tilted gantry?); resample it onto a "
        "straight grid",
    ),
    "axes on one line": (
        lambda s: s.save(s.ct, AFFINE[:, [0, 0, 2, 3]]),
        "ct.nii.gz: its axes 1 and 2 meet at 0.0 degrees, 90 are needed (a tilted gantry?); resample it onto a "
        "straight grid",
    ),
    "a place that is no number": (
        lambda s: s.save(s.ct, srow_x=[np.nan, 0, 0, 0]),
        f"ct.nii.gz: its header states voxels of nan x 3 x 5 mm; {GEOMETRY}",
    ),
    "sform against qform": (
        lambda s: two_forms(s, AFFINE, UPSIDE_DOWN),
        f"ct.nii.gz: {CONTRADICTION}: {PLACED} by its sform, {TURNED} by its qform; {RIGHT_ONE}",
    ),
    "sform two voxels off": (
        lambda s: two_forms(s, moved(6), AFFINE),
        f"ct.nii.gz: {CONTRADICTION}: {MOVED} by its sform, {PLACED} by its qform; {RIGHT_ONE}",
    ),
    "sform rounded": (lambda s: two_forms(s, moved(0.001), AFFINE), None),
    "neither sform nor qform": (
        lambda s: s.save(s.ct, sform_code=0, qform_code=0),
        "ct.nii.gz: its header does not say how the patient lies (sform and qform are not coded); export it again with "
        "its orientation",
    ),
    "a qform that is no rotation": (
        lambda s: s.save(s.ct, qform_code=1, quatern_b=3),
        "ct.nii.gz: its qform is no rotation (w2 should be positive, but is -9.000000e+00); " + GEOMETRY,
    ),
    "colours": (
        lambda s: s.save(np.zeros(s.ct.shape, RGB)),
        "ct.nii.gz: its voxels are RGB24, not single numbers; export the CT, not a picture of it",
    ),
    "complex numbers": (
        lambda s: s.save(s.ct.astype(np.complex64)),
        "ct.nii.gz: its voxels are COMPLEX64, not single numbers; export the CT, not a picture of it",
    ),
    "an unknown type": (
        lambda s: s.save(s.ct, datatype=77),
        "ct.nii.gz: its voxels are of an unknown type, 77; export it again",
    ),
    "voxels inside the header": (
        lambda s: s.save(s.ct, vox_offset=100),
        "ct.nii.gz: its header states voxels from byte 100, inside itself; export it again",
    ),
    "NaN and infinite": (
        with_unreal,
        "CT holds 3 NaN and 1 infinite voxels; every voxel needs a number, export it again or set them to -1024",
    ),
    "rescaled by its header": (
        lambda s: s.save(((s.ct + 1000) // 2).astype(np.uint16), scl_slope=2, scl_inter=-1000),
        None,
    ),
    "rescaled without end": (
        lambda s: s.save(s.ct, scl_slope=np.inf, scl_inter=0),
        "ct.nii.gz: its header scales by inf and adds 0; export it again",
    ),
    "uint16 with an offset": (
        lambda s: s.save((s.ct + 1024).astype(np.uint16)),
        values(24, 1144, 1144, "it looks shifted by 1024, export it with its rescale intercept"),
    ),
    "windowed": (
        lambda s: s.save(np.clip((s.ct + 160) / 400 * 255, 0, 255).astype(np.uint8)),
        values(0, 178, 178, "it looks windowed to 0..255, export the CT itself"),
    ),
    "clipped": (
        lambda s: s.save(np.clip(s.ct, -160, 240)),
        values(-160, 120, 120, "export it with its rescale slope and intercept, not windowed"),
    ),
    "in thousands": (
        lambda s: s.save(s.ct.astype(np.float32) / 1000),
        values(-1, 0.12, 0.12, "export it with its rescale slope and intercept, not windowed"),
    ),
    "outlined on fat": (
        lambda s: s.save(np.minimum(s.ct, -100)),
        values(
            -1000, -100, -100, "the outline looks drawn on something else or on another patient, look at both together"
        ),
    ),
    "int64": (lambda s: s.save(s.ct.astype(np.int64)), None),
    "float64": (lambda s: s.save(s.ct.astype(np.float64)), None),
    "from a machine of another byte order": (from_another_machine, None),
}


@pytest.mark.parametrize(("broken", "told"), [pytest.param(*row, id=name) for name, row in SCANS.items()])
def test_a_broken_ct_is_told_in_one_line(small, capfd, broken, told):
    image = broken(small)
    assert small.check(small.case(image=image)) == [[f"P1: {told}"] if told else [], []]
    assert capfd.readouterr() == ("", "")
