"""Durations and sizes in words."""

import math


def duration(seconds: float) -> str:
    """Say a duration the way a person would: 40 ms, 0.4 s, 12 s, 3 min 20 s, 5 h 10 min, 3 d 4 h."""
    if not math.isfinite(seconds):
        return "unknown time"
    if seconds < 0.0995:
        return f"{math.ceil(1000 * seconds)} ms" if seconds > 0 else "0 s"
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes:02d} min"
    days, hours = divmod(hours, 24)
    return f"{days} d {hours:02d} h"


def size_in_words(count: float) -> str:
    """Say how many bytes there are: 512 B, 3.2 MB, 1.4 GB."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:.3g} TB"


def core_seconds(seconds: float) -> str:
    """Return seconds of a core as a text, such as "12,345 core seconds"; of a few also the digits behind the point."""
    return f"{seconds:,.3g} core seconds" if seconds < 100 else f"{seconds:,.0f} core seconds"
