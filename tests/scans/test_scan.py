"""Of which files is a CT that was handed in read?"""

import SimpleITK

from kseg.scans import list_scans


def test_the_voxels_beside_a_metaimage_header_are_files_of_its_ct(tmp_path, ct_hu):
    SimpleITK.WriteImage(SimpleITK.GetImageFromArray(ct_hu.T), str(tmp_path / "P1.mhd"))
    SimpleITK.WriteImage(SimpleITK.GetImageFromArray(ct_hu.T), str(tmp_path / "P2.mhd"), useCompression=True)
    (tmp_path / "P3.mha").touch()
    (tmp_path / "P3.raw").touch()  # of something else
    scans, _ = list_scans(tmp_path)
    told = [[file.name for file in scan.files] for scan in scans]
    assert told == [["P1.mhd", "P1.raw"], ["P2.mhd", "P2.zraw"], ["P3.mha"]]
