"""What is told to Weights & Biases, and under which name."""
