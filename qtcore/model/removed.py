"""What stands for a site that is not there."""

REMOVED = 2.0**20
"""On-site energy, in units of t, of a site that electrons cannot enter: what is left of it and
what rounding costs are both below 1e-6."""
