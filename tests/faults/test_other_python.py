"""A store that is begun on one Python and continued on another, whose text of a program differs."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import qtcore as qt
from qtcore.store.header import read_header
from qtcore.sweep.extension import stored_sweep

pytestmark = [pytest.mark.cluster, pytest.mark.slow]

ROOT = Path(__file__).resolve().parents[2]

DEFINITION = '''
import qtcore as qt
import xarray as xr
from matplotlib.figure import Figure

STRENGTHS = {"weak": 0.5, 'it\\'s strong': 2.0}

def named(point):
    match point:
        case qt.Point(width=4): key = f"{'we' + f'{point.width and chr(97)}k'}"
        case _: key = f"""it's {'strong'}"""
    if (strength := STRENGTHS.get(key)) is None:
        raise KeyError(f"{key!r:>{len('wide')}} of {', '.join(STRENGTHS)} {point.width=}")
    return strength

def wire(point):
    return qt.Wire(qt.Square(point.width), qt.Box(named(point)))

workflow = qt.Workflow(
    "other", "Other", "For tests.",
    {"quick": qt.Preset(width=(4, 6), energy=(0.5,), lengths=(10, 50), realizations=500)},
    wire=wire, analyse=lambda dataset: xr.Dataset(),
    draw=lambda dataset, result: Figure(), check=lambda result: [],
)
'''


@pytest.fixture
def pythons() -> tuple[str, str]:
    """This Python and one of another minor version that has what qtcore needs."""
    named = os.environ.get("QTCORE_OTHER_PYTHON")
    made = [ROOT / f".venv-{version}" / "bin" / "python" for version in ("3.11", "3.13")]
    ask = "import sys, zarr, distributed, numba; print(sys.version_info[1])"
    for python in [named] if named else [str(path) for path in made if path.exists()]:
        said = subprocess.run([python, "-c", ask], capture_output=True, text=True, check=True)
        if int(said.stdout) != sys.version_info[1]:
            return sys.executable, python
    pytest.skip("no environment of another Python: `make test-all` makes them")


def test_a_store_goes_from_one_python_to_another_and_back(
    tmp_path: Path, pythons: tuple[str, str]
) -> None:
    definition, store = tmp_path / "other.py", tmp_path / "a.zarr"
    definition.write_text(DEFINITION)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    this, other = pythons
    programs = set()
    for store_of, python, realizations in (
        ("a", this, 500),
        ("a", other, 1000),
        ("a", this, 1500),
        ("b", other, 500),
        ("b", this, 1000),
        ("b", other, 1500),
    ):
        store = tmp_path / f"{store_of}.zarr"
        command = [
            *(python, "-c", "from qtcore.cli import main; main()", "run", str(definition)),
            *("--store", str(store), "--workers", "1", "--realizations", str(realizations)),
        ]
        said = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        assert said.returncode == 0, said.stderr
        programs.add(stored_sweep(read_header(store)).program)
    assert len(programs) == 1, "each Python writes the same text"
    for store in (tmp_path / "a.zarr", tmp_path / "b.zarr"):
        assert int(np.isnan(qt.open(store)["ln_g"]).sum()) == 0
    one, two = (qt.open(tmp_path / f"{name}.zarr")["ln_g"].to_numpy() for name in "ab")
    # NumPy and Numba may be others there: the last digits are theirs.
    np.testing.assert_allclose(one, two, rtol=1e-12)
