"""Which scans exist: one importer a folder layout, their checks, and the phantom."""
