"""From a new CT to its label map, by a trained network."""
