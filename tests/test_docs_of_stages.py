"""The pages on stages, on cases and on the table of checks say what is true; their examples keep the rules."""

import importlib
import inspect
import pkgutil
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import qtcore as qt
from qtcore import estimate, testing, theory
from qtcore.results import check_words
from qtcore.workflow import load

from .pages import HOW_TO, ROOT, blocks, write_example

MEASURE = HOW_TO / "measure-and-expect.md"


@pytest.fixture(scope="module", params=["strips.py", "pairs.py"])
def example(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Return a definition of the page on stages with its sweep, as the page shows it."""
    folder = tmp_path_factory.mktemp("example")
    return testing.trial(write_example(MEASURE, request.param, folder), folder)


@pytest.mark.parametrize("rule", testing.RULES, ids=lambda rule: rule.__name__)
def test_the_page_on_stages_keeps_the_rules(example: testing.Trial, rule: Any) -> None:
    rule(example)


def test_the_page_on_stages_says_what_its_examples_do(example: testing.Trial) -> None:
    {"strips": strips_say_it, "pairs": pairs_say_it}[example.workflow.name](example)


def strips_say_it(example: testing.Trial) -> None:
    result = example.result.squeeze("energy")
    for width in (1, 2):
        # The same least squares by NumPy alone: independent strengths, each with its own error.
        at = result.sel(width=width)
        design = np.stack([np.ones(5), at.disorder.values**2], axis=1)
        weight = 1 / at.scaled_error.values
        scaled = at.scaled.values
        found, rest, *_ = np.linalg.lstsq(design * weight[:, None], scaled * weight, rcond=None)
        assert [at.a, at.b] == pytest.approx(found, rel=1e-5)
        assert at.chi2 == pytest.approx(rest[0] / 3, rel=0.1)
        assert at.fitted.values == pytest.approx(design @ found, rel=1e-6)
    # A point that is missing is left out of the fit, and the others stay.
    ds = example.ds.copy(deep=True)
    ds["ln_g"].loc[{"width": 1, "disorder": 0.7}] = np.nan
    fewer = example.workflow.results(ds).squeeze("energy")
    assert abs(fewer.a - result.a).sel(width=1) < 2 * result.a_error.sel(width=1)
    assert fewer.a.sel(width=1) != result.a.sel(width=1)
    assert fewer.a.sel(width=2) == result.a.sel(width=2)
    # The row that the page on errors explains.
    rows = {row.key: row for row in example.workflow.checks(example.result)}
    row = rows["a[width=2,energy=0.6]"]
    shown = (row.value, row.error, row.expected, row.tolerance)
    assert shown == pytest.approx((82.55, 1.5, 79.76, 5.4), rel=0.02)


def pairs_say_it(example: testing.Trial) -> None:
    result = example.result.squeeze(drop=True)
    none = result.sel(flux=0.0)
    assert (none.gain, none.gain_error) == (0.0, 0.0)
    assert np.isfinite(result.odd.values).tolist() == [True, True, False, True, False]
    (odd,) = (row for row in example.workflow.checks(example.result) if "odd" in row.key)
    assert odd.passed
    # Without pairs: the same ratio of slopes from two means of their own.
    ln_g = example.ds.ln_g.squeeze(drop=True).transpose("realization", "flux", "length").values
    fall = ln_g[:, :, 0] - ln_g[:, :, 1]
    slope, error = fall.mean(axis=0), fall.std(axis=0, ddof=1) / len(fall) ** 0.5
    assert result.gain.values == pytest.approx(1 - slope / slope[1], abs=1e-12)
    apart = slope / slope[1] * np.hypot(error / slope, error[1] / slope[1])
    parts = result.gain_error.values / apart
    assert parts[2] < 0.25
    assert parts[[0, 3, 4]] == pytest.approx(1, abs=0.05)


def test_the_shapes_of_the_page_on_stages_are_right(tmp_path: Path) -> None:
    rows = re.findall(r"^\| `(at[.\[][^`]*)` \| (.+?) \|", MEASURE.read_text("utf-8"), re.MULTILINE)
    assert len(rows) == 6
    sizes = {"realization": 8, "energy": 2, "flux": 3, "length": 4}
    found: list[tuple[int, ...]] = []
    (tmp_path / "shapes.py").write_text(
        """
import numpy as np
import qtcore as qt
from qtcore import estimate

def wire(point):
    return qt.Wire(qt.Square(point.width), qt.Box(1.0), flux=point.flux)

def measure(at):
    return {"g": estimate.mean(np.exp(at.ln_g[:, 0])), "slope": estimate.mean(at.ln_g)}

@qt.together("energy", "flux")
def shapes(at):
    for row in ROWS:
        one = eval(row)
        FOUND.append(one.shape if hasattr(one, "shape") else ())

workflow = qt.Workflow(
    name="shapes", title="Shapes", summary="Shapes.", wire=wire, measure=(measure, shapes),
    quantities=(qt.Quantity("g"), qt.Quantity("slope", ("length",))),
    presets={"quick": qt.Preset(
        flux=(0.0, 0.01, 0.02), width=(2,), energy=(0.3, 0.4), lengths=(2, 3, 4, 5), realizations=8,
    )},
)
""",
        encoding="utf-8",
    )
    ds = qt.run(
        tmp_path / "shapes.py", store=tmp_path / "s.zarr", cluster="threads", progress=False
    )
    workflow = load(tmp_path / "shapes.py")
    workflow.measure[1].function.__globals__.update(ROWS=[code for code, _ in rows], FOUND=found)
    workflow.results(ds)
    stated = [tuple(sizes[d] for d in re.findall(r"\w+", s) if d in sizes) for _, s in rows]
    assert found == stated


def test_the_page_on_stages_lists_all_that_estimate_offers() -> None:
    text = MEASURE.read_text("utf-8")
    shown = re.findall(r"`(\w+)\(([^`)]*)\)`", text[text.index("## What `estimate` offers") :])
    told = {name for name, _ in shown} | set(re.findall(r"`(?:estimate\.)?([A-Z]\w+)`", text))
    assert set(estimate.__all__) <= told
    for name, given in shown:
        if name in estimate.__all__ and not isinstance(getattr(estimate, name), type):
            names = [one.strip() for one in given.split(",") if one.strip() != "…"]
            assert (
                names == list(inspect.signature(getattr(estimate, name)).parameters)[: len(names)]
            ), name
    whole = estimate.independent([2.0, 3.0], [0.1, 0.2])
    offered = text[text.index("## What an `Estimate` offers") :]
    for name in re.findall(r"`\.(\w+)", offered):
        assert hasattr(whole, name), name
    ufuncs = set(re.findall(r"np\.(\w+)", offered)) - {"asarray"}
    for name in ufuncs:
        function = getattr(np, name)
        function(*[whole] * function.nin)
    with pytest.raises(qt.InputError):
        np.asarray(whole)


def functions_of_theory() -> dict[str, dict[str, Any]]:
    """Return functions and classes of the modules of `qtcore.theory`, by module and name."""
    found: dict[str, dict[str, Any]] = {}
    for info in pkgutil.iter_modules(theory.__path__):
        module = importlib.import_module(f"qtcore.theory.{info.name}")
        own = {n: one for n, one in vars(module).items() if not n.startswith("_")}
        found[info.name] = {
            name: one
            for name, one in own.items()
            if callable(one) and getattr(one, "__module__", "") == module.__name__
        }
    return found


def test_the_page_on_stages_lists_all_that_theory_offers() -> None:
    """Each module, each function with its first arguments, and which names are public."""
    text = MEASURE.read_text("utf-8")
    begin = text.index("## What `theory` offers")
    rows = [
        line for line in text[begin : text.index("\n## ", begin + 3)].splitlines() if "| " in line
    ]
    shown: dict[str, dict[str, tuple[str, str]]] = {}
    module = ""
    for row in rows[1:]:  # below the names of the columns
        name, meaning = row.strip("|").replace("\\|", "/").split(" | ")
        if found := re.match(r" \*\*`theory\.(\w+)`\*\*: \w", name):
            module = found[1]
            shown[module] = {}
            continue
        found = re.fullmatch(r" `((?:qt\.)?\w+)(?:\(([^)]*)\))?`", name)
        assert found, row
        assert meaning.strip(), row
        shown[module][found[1].removeprefix("qt.")] = (found[1], found[2])
    offered = functions_of_theory()
    assert {m: {*names} for m, names in shown.items()} == {m: {*own} for m, own in offered.items()}
    for module, own in offered.items():
        for name, one in own.items():
            written, given = shown[module][name]
            assert written.startswith("qt.") == (getattr(qt, name, None) is one), name
            if inspect.isclass(one):
                assert given is None
                continue
            names = [part.strip() for part in given.split(",") if part.strip() != "…"]
            assert names == [*inspect.signature(one).parameters][: len(names)], name


def test_blocks_of_the_pages_on_stages_lengths_and_checks_run() -> None:
    for page in (MEASURE, HOW_TO / "lengths-and-cases.md"):
        for line, source in blocks(page, "python"):
            exec(compile("\n" * line + source, str(page), "exec"), {})
    page = ROOT / "docs" / "errors.md"
    namespace: dict[str, Any] = {}
    for line, source in blocks(page, "python"):
        exec(compile("\n" * line + source, str(page), "exec"), namespace)
    (row,) = (line for line in page.read_text("utf-8").splitlines() if line.startswith("| ✓ | a,"))
    cells = [cell.strip() for cell in row.split("|")]
    assert cells[5:7] == [
        check_words.deviation_text(namespace["row"]),
        check_words.power_text(namespace["row"]),
    ]


def test_the_page_on_cases_runs_and_takes_a_new_case(tmp_path: Path) -> None:
    path = write_example(HOW_TO / "lengths-and-cases.md", "rectangles.py", tmp_path)
    run: dict[str, Any] = {"store": tmp_path / "r.zarr", "cluster": "threads", "progress": False}
    run["realizations"] = 8
    qt.run(path, **run)
    ds = qt.run(path, settings={"sample": [0, 1, {"like": 0, "along": 20}]}, **run)
    assert ds.along.values.tolist() == [36, 12, 20]
    there = np.isfinite(ds.ln_g).all("realization").isel(energy=0)
    for number, along in enumerate((36, 12, 20)):
        here = there.isel(sample=number)
        assert here.length[here.values].values.tolist() == [along]
        case = {"strength": 2.5, "across": 8} if number == 1 else {"strength": 2.0, "across": 12}
        wire = qt.Wire(qt.Square(case["across"]), qt.Box(case["strength"]))
        alone = qt.ln_conductance(wire, 0.5, [along], range(8), seed=1)[:, 0]
        stored = ds.ln_g.isel(sample=number).sel(energy=0.5, length=along)
        assert np.array_equal(stored.values, alone)
    longer = [{"like": 0, "along": along} for along in (20, 30)]
    with pytest.raises(qt.QtcoreError, match=r"GRID\.index"):
        qt.run(path, settings={"sample": [0, 1, *longer]}, **run)
