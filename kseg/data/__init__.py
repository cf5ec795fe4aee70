"""From cases on disk to patches."""
