"""How a CT or a label map gets from disk to memory and back."""

from kseg.images.files import write_atomically
from kseg.images.grid import Grid, Volume
from kseg.images.nifti import read_grid, read_volume, write_label_map, write_nifti

__all__ = ["Grid", "Volume", "read_grid", "read_volume", "write_atomically", "write_label_map", "write_nifti"]
