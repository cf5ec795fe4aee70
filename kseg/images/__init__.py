"""How a CT or a label map gets from disk to memory and back."""

from kseg.images.box import Box, bounding_box
from kseg.images.files import opened_atomically, write_atomically
from kseg.images.grid import Grid, Volume
from kseg.images.reading import SUFFIXES, read_grid, read_volume, suffix_of
from kseg.images.writing import write_label_map, write_nifti

__all__ = [
    "SUFFIXES",
    "Box",
    "Grid",
    "Volume",
    "bounding_box",
    "opened_atomically",
    "read_grid",
    "read_volume",
    "suffix_of",
    "write_atomically",
    "write_label_map",
    "write_nifti",
]
