"""Experiments that segment the kidney's cortex and parenchyma on CT, judged at every stage of kidney disease."""
