"""Tidy tables in, tidy tables out: groups described, compared, and held against the outlines."""
