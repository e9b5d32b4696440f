"""Names of places above a panel."""

import numpy as np
from matplotlib.figure import Figure

from qtcore.figures.marks import put_marks


def panel():
    axes = Figure(figsize=(4, 3)).add_subplot(xlabel="L  (sites)", ylabel="g")
    axes.set(xscale="log", xlim=(1, 1000), ylim=(0, 1))
    return axes


def test_each_place_has_a_line_and_its_name_and_what_lies_beyond_is_left_out():
    axes = panel()
    put_marks(axes, {"l": 30.0, "L_φ": [10.0, np.nan, 10.0], "ξ": 5000.0})
    assert [one.get_xdata()[0] for one in axes.lines] == [30.0, 10.0]
    assert len(axes.texts) == 2
    assert axes.texts[0].xy[0] == 30.0


def test_names_that_would_touch_stand_in_rows_above_each_other():
    axes = panel()
    put_marks(axes, {"l": 20.0, "L_φ": [22.0, 200.0], "ξ": 24.0})
    heights = {one.xy[0]: one.xyann[1] for one in axes.texts}
    assert heights[20.0] == heights[200.0] < heights[22.0] < heights[24.0]
