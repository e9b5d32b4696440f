"""The command line, run inside the test's process."""

import os
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from qtcore.cli import main

DEFINITION = '''
    """A small workflow for tests."""
    import qtcore as qt
    import xarray as xr
    from matplotlib.figure import Figure
    from qtcore.workflow import Check


    def wire(point):
        return qt.Wire(qt.Square(point.width), qt.Box(point.disorder), flux=point.flux)


    def lengths(points):
        return (4, 8), None


    def refuse(preset):
        if preset.energy == (0.25,):
            raise qt.InputError("energy 0.25 is where this trial ends; give another")


    def analyse(dataset):
        return xr.Dataset({"mean": dataset.ln_g.mean().compute()})


    def draw(dataset, result):
        figure = Figure(figsize=(2, 2))
        figure.subplots().plot(dataset.length, dataset.length)
        return figure


    def check(result):
        mean = float(result["mean"])
        return [Check("mean of ln g", mean, 0.1, mean + EXPECTED_OFF, source="this test")]


    EXPECTED_OFF = 0.0
    workflow = qt.Workflow(
        "trial", "A trial", "Sweeps next to nothing.",
        {"quick": qt.Preset(disorder=(1.0,), width=(1, 2), flux=(0.0,), energy=(0.5,),
                            realizations=16, note="at once"),
         "standard": qt.Preset(disorder=(1.0,), width=(1, 2, 3), flux=(0.0,), energy=(0.5,),
                               realizations=32, note="soon")},
        analyse, draw, check, wire=wire, lengths=lengths, validate=refuse,
        planned_error=lambda sweep: f"{1 / sweep.largest_count ** 0.5:.2g} of everything",
    )
'''


@dataclass(frozen=True)
class Said:
    """What a command printed and returned."""

    code: int
    out: str
    err: str


Command = Callable[..., Said]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def definition(here: Path) -> Path:
    """The path of a definition named trial, findable by name from the current folder."""
    path = here / "workflows" / "trial.py"
    path.parent.mkdir()
    path.write_text(textwrap.dedent(DEFINITION), encoding="utf-8")
    return path


@pytest.fixture
def qtcore(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    """Run `qtcore …`; options as separate arguments."""
    monkeypatch.setitem(os.environ, "COLUMNS", "200")

    def run(*arguments: str | Path) -> Said:
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        code = ended.value.code
        assert isinstance(code, int) or code is None
        return Said(code or 0, captured.out, captured.err)

    return run
