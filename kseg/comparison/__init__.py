"""Several finished runs beside one another."""
