"""What a stage may have meant that fails because it sees one value of an axis, and not all of them."""

import re
from collections.abc import Sequence
from inspect import unwrap
from traceback import extract_tb

from qtcore.errors import QtcoreError
from qtcore.results.declare import Stage

OF_A_NUMBER = (TypeError, AttributeError, IndexError, ValueError)
"""What Python and NumPy raise when a number is taken for several of them."""


def hint_at_together(error: BaseException, stage: Stage, seen: Sequence[str]) -> None:
    """Add a note to an exception if the line that raised it uses an axis that is one number there.

    Parameters
    ----------
    error : BaseException
        What a stage raised.
    stage : Stage
        The stage.
    seen : sequence of str
        Axes of which it sees one value at a time, and could hold all.
    """
    if not isinstance(error, OF_A_NUMBER) or isinstance(error, QtcoreError):
        return
    if isinstance(error, AttributeError) and not re.search(r"'(float|int)'", str(error)):
        return
    code = getattr(unwrap(stage.function), "__code__", None)
    file = getattr(code, "co_filename", None)
    lines = [
        frame.line or "" for frame in extract_tb(error.__traceback__) if frame.filename == file
    ]
    used = [axis for axis in seen if any(re.search(rf"\w\.{axis}\b", line) for line in lines)]
    if not used:
        return
    held = ", ".join(f'"{axis}"' for axis in (*(stage.held or ()), *used))
    fixed = ", ".join(f"{axis}={value!r}" for axis, value in stage.fixed.items())
    mark = f"@qt.together({', '.join(filter(None, (held, fixed)))})"
    one = "one number" if len(used) == 1 else "one number each"
    error.add_note(
        f"{stage.name} sees one value of {' and '.join(used)} at a time, here {one}. To get all values as "
        f"an array, mark the stage: {mark}"
    )
