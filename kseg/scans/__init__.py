"""Which CTs were handed in, and what is wrong with them?"""

from kseg.scans.ct import remarks_on_ct
from kseg.scans.listing import list_scans
from kseg.scans.scan import Scan
from kseg.scans.segmentation import write_dicom_seg

__all__ = ["Scan", "list_scans", "remarks_on_ct", "write_dicom_seg"]
