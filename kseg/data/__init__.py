"""From cases on disk to patches, and from a CT to its label map."""
