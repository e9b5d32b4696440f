"""The command that shows one piece of a sweep alone."""

import json
import shlex

from qtcore.sweep.point import Point


def reproduction(store: str, point: Point, realizations: range) -> str:
    """Return the shell command that computes some realizations of a point once more, alone."""
    # JSON writes a text in double quotes, as Python reads it, so that the shell's quotes stay outside.
    values = {name: point.values[name] for name in point.axes}
    words = [json.dumps(part, ensure_ascii=False) for part in (store, values)]
    call = f"qt.reproduce({words[0]}, {words[1]}, {realizations!r})"
    return shlex.join(["python", "-c", f"import qtcore as qt; print({call})"])
