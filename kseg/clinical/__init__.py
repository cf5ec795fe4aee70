"""From creatinine to eGFR, group, split and the cohort's table."""
