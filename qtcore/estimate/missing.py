"""A number that cannot be had, and why."""

from qtcore.errors import InputError


class Missing(InputError):
    """Why a number cannot be had at a point; the table of checks shows it."""
