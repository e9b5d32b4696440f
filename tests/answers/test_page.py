"""The page on the accessor runs, and says what is true."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import qtcore as qt

from ..pages import HOW_TO, blocks

PAGE = HOW_TO / "ask-a-dataset.md"


@pytest.mark.slow  # two runs of a workflow
def test_the_page_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    named: dict[str, Any] = {}
    for line, source in blocks(PAGE, "python"):
        exec(compile("\n" * line + source, str(PAGE), "exec"), named)
    assert named["part"].sizes["width"] == 2
    np.testing.assert_allclose(named["mean"]["mean"], named["part"].ln_g.mean("realization"))
    known = named["xi"]["localization_length"].dropna("width")
    assert (known > 0).all()
    assert named["wire"].width == 4
    length = int(named["part"].length[3])
    np.testing.assert_array_equal(named["sample"], named["wire"].onsite(17, range(length), seed=1))
    assert {*named["each"].sizes} >= {"seed", "width", "length"}
    stored = named["part"]["ln_g"].sel(width=4, length=length)
    number = float(stored.isel(realization=17))
    again = qt.ln_conductance(named["wire"], 0.6, [length], range(17, 18), seed=1).item()
    assert number == pytest.approx(again, abs=1e-6)
