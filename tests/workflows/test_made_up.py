"""The analysis is called on made-up samples before a sweep: a slip in it shows then, and not after a night."""

import logging
from pathlib import Path

import numpy as np
import pytest

import qtcore as qt
from qtcore.cli import main
from qtcore.made_up import _kept, made_up, warn_if_analysis_fails
from qtcore.workflow import from_source, load

TEXT = """
import numpy as np
import qtcore as qt
from qtcore import estimate


def wire(point):
    return qt.Wire(qt.Square(point.width), qt.Box(1.0), flux=point.flux)


def measure(at):
    return {"g": estimate.mean(np.exp(at.ln_g[:, 0]))}


@qt.together("flux")
def change(at):
    return {"change": at["g"] - at["g"][at.where("flux", 0.0)]}


def expect(at):
    return {"g": qt.Expected(1.0, 5.0)}


workflow = qt.Workflow(
    "mine", "Mine", "For tests.",
    {"quick": qt.Preset(width=(2, 3), flux=(0.0, 0.1), energy=(0.5,), lengths=(4,), realizations=20)},
    wire=wire,
    quantities=[
        qt.Quantity("g", source="thin air", long_name="conductance"),
        qt.Quantity("change", ("flux",), long_name="its change"),
    ],
    measure=(measure, change), expect=expect,
)
"""

WORKFLOWS = Path(__file__).parents[2] / "workflows"

LONG = (
    "cavity",
    "fluctuations",
    "localized_squares",
    "quasi_1d",
    "staircase",
    "transition_3d",
    "transition_symplectic",
    "transition_unitary_3d",
    "weak_localization",
)


def warned(
    text: str, caplog: pytest.LogCaptureFixture, file: Path | None = None, **settings: object
) -> str:
    """Return what is said of a definition, perhaps one in a file, on made-up samples."""
    if file is not None:
        file.write_text(text)
    workflow = from_source(text, "mine.py") if file is None else load(file)
    sweep = workflow.sweep(workflow.preset(None).changed(settings), 1)
    caplog.clear()
    warn_if_analysis_fails(workflow, sweep)
    return caplog.text


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(path.stem, marks=[pytest.mark.slow] if path.stem in LONG else [])
        for path in sorted(WORKFLOWS.glob("*.py"))
    ],
)
def test_no_shipped_definition_fails(name: str, caplog: pytest.LogCaptureFixture) -> None:
    workflow = load(WORKFLOWS / f"{name}.py")
    sweep = workflow.sweep(workflow.preset(None), 1)
    warn_if_analysis_fails(workflow, sweep)
    assert not caplog.records
    if name in ("channels", "staircase"):
        with np.errstate(all="ignore"):
            result = workflow.results(made_up(workflow, sweep))
        there = [bool(np.isfinite(result[q.name]).any()) for q in workflow.declared.quantities]
        assert np.mean(there) > 0.5


@pytest.mark.parametrize(
    ("right", "wrong", "says", "line"),
    [
        ("at.ln_g[", "at.lnn_g[", "AttributeError: this sweep has no lnn_g; did you mean ln_g", 12),
        ("np.exp(", "np.expp(", "has no attribute 'expp'", 12),
        ('{"change": ', '{"chang": ', "chang", 0),
        ("qt.Expected(1.0, 5.0)", "qt.Expected(1.0 / at.missing)", "this sweep has no missing", 21),
        ('at.where("flux", 0.0)', 'at.where("flux", 0.3)', "the sweep has no flux = 0.3", 17),
        ("at.ln_g[:, 0]", "at.ln_g[:, 0, 0]", "IndexError", 12),
    ],
)
def test_a_slip_in_the_analysis_is_told_with_its_line(
    right: str, wrong: str, says: str, line: int, caplog: pytest.LogCaptureFixture
) -> None:
    assert right in TEXT
    assert warned(TEXT, caplog) == ""
    said = warned(TEXT.replace(right, wrong), caplog)
    assert "the analysis fails on made-up samples" in said
    assert says in said
    assert "The sweep itself is not touched" in said
    if line:
        assert f"(mine.py, line {line}: " in said


@pytest.mark.parametrize(
    "stage",
    [
        "raise qt.Missing('too few')",
        "raise np.linalg.LinAlgError('singular')",
        "return {'g': 1 / 0}",
        "return {'g': np.float64(0) / 0}",
    ],
)
def test_what_fails_because_of_the_numbers_is_not_told(
    stage: str, caplog: pytest.LogCaptureFixture
) -> None:
    text = TEXT.replace('return {"g": estimate.mean(np.exp(at.ln_g[:, 0]))}', stage)
    assert text != TEXT
    assert warned(text, caplog) == ""


def test_a_function_that_checks_itself_is_called_too(caplog: pytest.LogCaptureFixture) -> None:
    text = TEXT.replace("expect=expect,", "expect=expect, check=lambda result: result.nothing,")
    assert "has no attribute 'nothing'" in warned(text, caplog)


def test_numbers_of_ones_own_function_are_made_up_alike() -> None:
    text = """
import numpy as np
import qtcore as qt

def solve(point, realizations):
    rows = [np.random.default_rng([point.seed, n]).random(3) for n in realizations]
    return {"x": 1e6 + np.array(rows), "z": [1j for _ in rows]}

workflow = qt.Workflow(
    "own", "Own", "For tests.", {"quick": qt.Preset(flux=(0.0, 1.0), realizations=50)},
    solve=solve, dimensions={"level": 3}, distinct=False,
    variables=[qt.Variable("x", dims=("level",)), qt.Variable("z", dtype="complex128")],
)
"""
    workflow = from_source(text, "own.py")
    made = made_up(workflow, workflow.sweep(workflow.preset(None), 1))
    assert made is not None
    assert made.x.dims == ("flux", "realization", "level")
    assert made.sizes["realization"] == 16
    assert abs(made.x.mean() / 1e6 - 1) < 0.1  # 96 numbers with a spread of 0.2: 5 standard errors
    assert made.x.std() > 1e5
    assert made.z.dtype == np.complex128


@pytest.mark.parametrize(
    ("line", "mark"),
    [
        ("max(at.flux)", '@qt.together("flux")'),
        ("len(at.flux)", '@qt.together("flux")'),
        ("at.flux[0]", '@qt.together("flux")'),
        ("at.flux.max()", '@qt.together("flux")'),
        ("np.diff(at.flux)[0] + at.energy", '@qt.together("flux", "energy")'),
        ("helper(at)", '@qt.together("width")'),
    ],
)
def test_a_stage_that_takes_one_value_for_all_is_told_of_the_mark(
    line: str, mark: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    helper = "def helper(at):\n    return sum(at.width)\n\n\ndef measure"
    text = TEXT.replace("at.ln_g[:, 0]", f"{line} * at.ln_g[:, 0]").replace("def measure", helper)
    said = warned(text, caplog, file=tmp_path / "mine.py")
    assert f"To get all values as an array, mark the stage: {mark} ({tmp_path}" in said


@pytest.mark.parametrize("line", ["at.fluxx", "np.ones(2)[3]", "len(1)", "at.flux * at.ln_h"])
def test_other_mistakes_get_no_such_hint(
    line: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    text = TEXT.replace("at.ln_g[:, 0]", f"at.ln_g[:, 0] * {line}")
    said = warned(text, caplog, file=tmp_path / "mine.py")
    assert "made-up samples" in said
    assert "mark the stage" not in said


def test_a_large_grid_is_thinned_to_what_the_analysis_asks_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    axes = {
        "width": range(1, 21),
        "flux": np.linspace(-1, 1, 41),
        "energy": np.linspace(0.06, 0.18, 9),
    }
    changes = (
        ("wire=wire,", 'wire=wire, requires={"flux": (0.0, 0.25, -0.35), "width": 5},'),
        ('@qt.together("flux")', '@qt.together("flux", energy=0.15)'),
        ('qt.Quantity("change", ("flux",)', 'qt.Quantity("change", ("flux",)'),
    )
    text = TEXT
    for old, new in changes:
        text = text.replace(old, new)
    workflow = from_source(text, "mine.py")
    sweep = workflow.sweep(workflow.preset(None).changed({k: tuple(v) for k, v in axes.items()}), 1)
    monkeypatch.setattr("qtcore.made_up.MOST_NUMBERS", 2**12)
    kept = _kept(workflow, sweep, 16)
    assert 16 * np.prod([len(k) for k in kept]) <= 2**12
    values = [np.asarray(a.values)[k] for a, k in zip(sweep.axes, kept, strict=True)]
    assert len(values[0]) >= 5
    for wanted in (0.0, 0.25, -0.35, -1.0, 1.0):
        assert np.isclose(values[1], wanted).any()
    assert np.isclose(values[2], 0.15).any()


def test_a_dry_run_says_it_and_refuses_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "mine.py"
    file.write_text(TEXT.replace("at.ln_g[", "at.lnn_g["))
    with pytest.raises(SystemExit) as ended, caplog.at_level(logging.WARNING):
        main(["run", str(file), "--dry-run", "--store", str(tmp_path / "s.zarr")])
    assert not ended.value.code
    assert f"({file}, line 12: " in caplog.text
    assert "nothing was written" in capsys.readouterr().out
    assert not (tmp_path / "s.zarr").exists()
    caplog.clear()
    file.write_text(TEXT)
    qt.plan(file, store=tmp_path / "s.zarr")
    assert not caplog.records


def test_a_dry_run_tells_of_the_definition_before_the_store_of_another_sweep(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """The usual store holds the sweep of an earlier text: a dry run stores nothing in it."""
    file, store = tmp_path / "mine.py", tmp_path / "s.zarr"
    file.write_text(TEXT)
    qt.run(file, store=store, cluster="threads", progress=False)
    before = {path: path.read_bytes() for path in store.rglob("*") if path.is_file()}

    def dry(text: str) -> tuple[str, str]:
        file.write_text(text)
        caplog.clear()
        with pytest.raises(SystemExit) as ended, caplog.at_level(logging.WARNING):
            main(["run", str(file), "--dry-run", "--store", str(store)])
        assert ended.value.code == 2
        return caplog.text, " ".join(capsys.readouterr().err.split())

    other = TEXT.replace("qt.Box(1.0)", "qt.Box(2.0)")
    warned_of, refused = dry(other.replace("at.ln_g[", "at.lnn_g["))
    assert f"({file}, line 12: " in warned_of
    assert f"the store {store} was made for another sweep" in refused
    assert "Choose another store, --store NEW.zarr" in refused
    assert dry(other)[0] == ""
    # What no worker could compute is told alone: the store comes after it.
    _, refused = dry(other.replace("flux=point.flux", "flux=point.fluxx"))
    assert "fluxx" in refused
    assert "another sweep" not in refused
    assert {p: p.read_bytes() for p in store.rglob("*") if p.is_file()} == before


def test_a_plan_and_a_run_say_which_panels_are_left_out(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    """It was met after the whole sweep, and took numbers and checks along."""
    file = tmp_path / "mine.py"
    panels = (
        'panels=[qt.Line("g", "flux", at={"width": 2}), qt.Line("g", "flux", at={"width": 3})],'
    )
    file.write_text(TEXT.replace("    measure=(measure", f"    {panels}\n    measure=(measure"))
    words = ["run", str(file), "--set", "width=3", "--store", str(tmp_path / "s.zarr")]
    said = "The figure leaves out the panel Line('g'): at['width'] is 2, which the result does not have"
    for more, code in ((("--dry-run",), 0), (("--cluster", "threads"), 0)):
        caplog.clear()
        with caplog.at_level("WARNING", logger="qtcore"), pytest.raises(SystemExit) as ended:
            main([*words, *more])
        assert ended.value.code == code
        assert caplog.text.count(said) == 1
    shown = capsys.readouterr()
    assert said in shown.err, "as a note beside the checks, too"
    assert (tmp_path / "s.png").exists()
