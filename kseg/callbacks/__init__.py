"""What watches a training: Dice per group, the run's record."""
