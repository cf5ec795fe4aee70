"""nnU-Net's raw layout, read and written."""
