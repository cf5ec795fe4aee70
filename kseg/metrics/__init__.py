"""Two label maps in, numbers out."""
