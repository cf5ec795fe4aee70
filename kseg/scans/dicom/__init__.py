"""DICOM series of CTs: which files belong together, and the volume that they are."""
