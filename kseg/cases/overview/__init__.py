"""What is a cohort like: fingerprint, tables, and a page of pictures."""
