"""Figures in one style: small helpers that draw analysed datasets and compute nothing."""
