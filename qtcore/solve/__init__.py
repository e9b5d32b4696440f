"""Solvers: what a wire does to an electron that comes in from a lead."""
