"""Samples: one form for every dataset, one adapter a file, sources, and blocks."""
