"""The version of qtcore: the one place where it is written (the wheel reads it from here)."""

__version__ = "0.1.0"
