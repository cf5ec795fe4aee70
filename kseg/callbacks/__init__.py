"""What watches a training: Dice per group, the end of its budget, its progress."""
