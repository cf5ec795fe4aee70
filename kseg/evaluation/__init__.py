"""What finished runs are worth: one by itself, several beside one another."""
