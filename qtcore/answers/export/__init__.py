"""Samples, statistics and results as files for other programs: one module for each format."""
