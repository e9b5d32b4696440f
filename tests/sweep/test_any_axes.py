"""Sweeps of any shape: gates, fields, eigenvalues, own functions; extended, refused, in parts."""

import json
import textwrap
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

import qtcore as qt
from qtcore import session
from qtcore.request import RunOptions, choose_workflow, resolve_run
from qtcore.sweep import task as task_module
from qtcore.sweep.console import console_on
from qtcore.sweep.part import Part
from qtcore.sweep.plan import Cutting
from qtcore.workflow import load

HEAD = """
    import numpy as np
    import qtcore as qt
    import xarray as xr
    from matplotlib.figure import Figure

    STRENGTH = 1.5  # of the barrier

    def analyse(dataset):
        return xr.Dataset()

    def draw(dataset, result):
        return Figure()

    def check(result):
        return []
"""

WIRES = (
    HEAD
    + """
    def barrier(height):
        '''A cosh barrier.'''
        return qt.CoshBarrier(STRENGTH * height, scale=2.0, x0=6.0)

    def wire(point: qt.Point) -> qt.Wire:
        '''A strip behind a barrier.'''
        gates = (barrier(point.gate),)
        return qt.Wire(qt.Square(point.width), qt.Box(point.disorder), gates=gates)

    workflow = qt.Workflow(
        "contact", "A contact", "For tests.",
        {"quick": qt.Preset(
            gate=(-0.5, 0.0, 0.5), energy=(0.3, 0.6), disorder=(0.0, 1.0), width=3,
            lengths=(6, 12), realizations=16)},
        wire=wire, observables=("ln_g", "ln_T"), analyse=analyse, draw=draw, check=check,
    )
"""
)

OWN = (
    HEAD
    + """
    SITES = 5

    def solve(point, realizations):
        rng = [np.random.default_rng([point.seed, r]) for r in realizations]
        noise = np.array([generator.normal(size=SITES) for generator in rng])
        return {"profile": point.gate * noise, "total": point.gate * noise.sum(axis=1)}

    workflow = qt.Workflow(
        "own", "A function of the user's own", "For tests.",
        {"quick": qt.Preset(gate=(1.0, 2.0), tilt=qt.Axis((0, 1), units="deg", long_name="tilt"),
                            realizations=20)},
        solve=solve,
        variables=(
            qt.Variable("profile", dims=("site",), units="t", long_name="profile"),
            qt.Variable("total", units="t", long_name="sum over sites"),
        ),
        dimensions={"site": SITES}, analyse=analyse, draw=draw, check=check,
    )
"""
)


pytestmark = pytest.mark.usefixtures("one_client")

Define = Callable[..., Path]
Same = Callable[[Path, Path], None]


def run(definition: Path, name: str = "a.zarr", **options: Any) -> xr.Dataset:
    store = definition.with_name(name)
    options = {"cluster": "threads", "progress": False, **options}
    return qt.run(definition, store=store, **options)


def expected(gate: float, energy: float, disorder: float, realizations: int) -> qt.Scattering:
    barrier = qt.CoshBarrier(1.5 * gate, scale=2.0, x0=6.0)
    wire = qt.Wire(qt.Square(3), qt.Box(disorder), gates=(barrier,))
    return qt.scattering(wire, energy, (6, 12), range(realizations), 1)


def test_gates_energies_and_disorder_in_one_store(define: Define) -> None:
    ds = run(define(WIRES))
    assert ds.ln_g.dims == ("gate", "energy", "disorder", "realization", "length")
    assert ds.ln_T.dims == (*ds.ln_g.dims, "channel")
    assert ds.gate.attrs == {"units": "t", "long_name": "gate potential"}
    assert ds.width == 3, "a constant is a scalar coordinate"
    for gate, energy in ((-0.5, 0.3), (0.5, 0.6)):
        at = ds.sel(gate=gate, energy=energy)
        clean, dirty = at.sel(disorder=0.0), at.sel(disorder=1.0)
        assert (int(clean.finished), int(dirty.finished)) == (1, 16)
        assert np.isnan(clean.ln_g[1:]).all(), "a clean contact has one realization"
        np.testing.assert_array_equal(clean.ln_g[:1], expected(gate, energy, 0.0, 1).ln_g)
        np.testing.assert_array_equal(dirty.ln_g, expected(gate, energy, 1.0, 16).ln_g)
    assert json.loads(ds.attrs["common_disorder"]) == ["gate", "energy"]
    assert qt.status(define(WIRES).with_name("a.zarr")).complete


def test_eigenvalues_sum_to_the_conductance_and_are_nan_beyond_the_channels(
    define: Define,
) -> None:
    widths = ("width=3", "width=(1, 3)")
    ds = run(define(WIRES, widths))
    assert ds.sizes["channel"] == 3
    total = np.exp(ds.ln_T).sum("channel", min_count=1)
    np.testing.assert_allclose(total, np.exp(ds.ln_g), rtol=1e-10)
    counted = ds.ln_T.notnull().sum("channel").where(ds.ln_g.notnull())
    assert (counted == ds.channels).where(counted.notnull(), True).all()
    assert set(np.unique(ds.channels)) == {1, 2, 3}


def test_own_function_with_a_dimension_of_its_own(define: Define) -> None:
    ds = run(define(OWN))
    assert ds.profile.dims == ("gate", "tilt", "realization", "site")
    assert ds.total.dims == ("gate", "tilt", "realization")
    assert ds.profile.attrs["units"] == "t"
    assert ds.tilt.attrs == {"units": "deg", "long_name": "tilt"}
    assert (ds.finished == 20).all()
    for r in (0, 13):
        noise = np.random.default_rng([1, r]).normal(size=5)
        np.testing.assert_array_equal(ds.profile.sel(gate=2.0, tilt=1, realization=r), 2 * noise)
    np.testing.assert_allclose(ds.profile.sum("site"), ds.total)


@pytest.mark.parametrize(
    ("replacement", "words"),
    [
        (('"total": point.gate', '"sum": point.gate'), "a dict of profile, total, it gave"),
        (("noise.sum(axis=1)", "noise"), r"total must have the shape \(\d+,\) \(realization\)"),
        (("point.gate * noise,", "noise[:, :2].astype(str),"), "profile must be numbers"),
        (("SITES = 5", "SITES = 5\n\n1 / 0"), "ZeroDivisionError"),
        (("SITES = 5", "SITES = 5; missing = absent"), "NameError"),
    ],
)
def test_own_function_that_returns_something_else(
    define: Define, replacement: tuple[str, str], words: str
) -> None:
    with pytest.raises(qt.QtcoreError, match=words):
        run(define(OWN, replacement))


def test_new_values_of_an_axis_compute_only_what_is_missing(
    define: Define, same_bits: Same, monkeypatch: pytest.MonkeyPatch
) -> None:
    definition = define(WIRES)
    run(definition)
    solved: list[dict[str, float]] = []
    plain = task_module.solve

    def noted(sweep: Any, point: Any, rows: range) -> Any:
        solved.append({name: point.values[name] for name in point.axes})
        return plain(sweep, point, rows)

    monkeypatch.setattr(task_module, "solve", noted)
    more = {"gate": (0.25, -0.5, 0.5, 0.0), "energy": (0.6, 0.45, 0.3)}
    grown = run(definition, settings=more, realizations=20)
    assert grown.gate.to_numpy().tolist() == [-0.5, 0.0, 0.25, 0.5]
    assert grown.energy.to_numpy().tolist() == [0.3, 0.45, 0.6]
    old = [p for p in solved if p["gate"] != 0.25 and p["energy"] != 0.45]
    assert all(p["disorder"] == 1.0 for p in old), "clean points were done"
    assert {p["gate"] for p in solved} == {-0.5, 0.0, 0.25, 0.5}
    monkeypatch.undo()
    direct = run(definition, "b.zarr", settings=more, realizations=20)
    assert direct.gate.to_numpy().tolist() == [-0.5, 0.0, 0.25, 0.5]
    same_bits(definition.with_name("a.zarr"), definition.with_name("b.zarr"))
    again = qt.plan(definition, store=definition.with_name("a.zarr"), settings=more)
    assert (len(again.tasks), again.sweep.largest_count) == (0, 20)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"gate": (0.0, 0.5, 1.0)}, r"gate: the store has -0\.5, 0\.0, 0\.5, asked for is 0\.0"),
        ({"width": 4}, "constants: the store has {'width': 3}, asked for is {'width': 4}"),
        ({"lengths": (6, 12, 18)}, "lengths: the store has 6, 12, asked for is 6, 12, 18"),
    ],
)
@pytest.mark.first_cases(2)
def test_what_is_no_extension_is_refused(
    define: Define, settings: dict[str, Any], words: str
) -> None:
    definition = define(WIRES)
    run(definition)
    with pytest.raises(qt.InputError, match=words):
        run(definition, settings=settings)


def test_extension_that_needs_more_channels_is_refused(define: Define) -> None:
    definition = define(WIRES, ("width=3", "width=(1, 2)"))
    run(definition)
    with pytest.raises(qt.InputError, match=r"up to 3 values along channel, .* has room for 2"):
        run(definition, settings={"width": (1, 2, 3)})
    assert qt.status(definition.with_name("a.zarr")).complete


@pytest.mark.parametrize(
    ("replacement", "word"),
    [
        (("STRENGTH * height", "STRENGTH * height * 2"), "barrier was changed"),
        (("STRENGTH = 1.5", "STRENGTH = 1.25"), "STRENGTH was changed"),
        (("gates = (barrier(point.gate),)", "gates = ()"), "barrier is gone; STRENGTH is gone"),
    ],
)
@pytest.mark.first_cases(2)
def test_changed_physics_is_refused_by_name(
    define: Define, replacement: tuple[str, str], word: str
) -> None:
    run(define(WIRES))
    with pytest.raises(qt.InputError, match="functions that make the numbers") as caught:
        run(define(WIRES, replacement))
    assert all(part in str(caught.value) for part in word.split("; "))


def test_changed_analysis_comments_and_layout_are_accepted(define: Define) -> None:
    run(define(WIRES))
    again = define(
        WIRES,
        ("return Figure()", "return Figure(figsize=(3, 3))"),
        ("  # of the barrier", "  # its height"),
        ("'''A strip behind a barrier.'''", "'''Another text.'''"),
        ("(point: qt.Point) -> qt.Wire", "(point)"),
        ("1.5", "1.50"),
    )
    store = again.with_name("a.zarr")
    assert not qt.plan(again, store=store).tasks
    assert qt.figure(store, workflow=again).axes == []  # the empty figure of this definition


def test_store_alone_reruns_reproduces_and_is_analysed(define: Define, same_bits: Same) -> None:
    definition = define(WIRES)
    run(definition)
    store, other = definition.with_name("a.zarr"), definition.with_name("b.zarr")
    definition.unlink()
    qt.rerun(store, other, cluster="threads", progress=False)
    same_bits(store, other)
    found = qt.reproduce(store, {"gate": 0.5, "energy": 0.3, "disorder": 1.0}, range(3, 5))
    np.testing.assert_array_equal(found["ln_g"], expected(0.5, 0.3, 1.0, 5).ln_g[3:])
    assert [check.passed for check in qt.check(store)] == [True, True], "the ensemble itself"


@pytest.mark.parametrize("of", [2, 3])
@pytest.mark.first_cases(1)
def test_parts_fill_one_store_to_the_same_bits(define: Define, same_bits: Same, of: int) -> None:
    definition = define(WIRES)
    done = []
    for number in range(1, of + 1):
        store, part = definition.with_name("a.zarr"), f"{number}/{of}"
        given = RunOptions(choose_workflow(definition), store=store, cluster="threads", part=part)
        asked = replace(resolve_run(given), cutting=Cutting(block=8))
        session.compute(asked, console=console_on("stderr", quiet=True))
        done.append(qt.status(definition.with_name("a.zarr")).blocks_done)
    assert done[0] < done[-1] == 18
    assert done == sorted(set(done)), "every part had something to do"
    assert qt.status(definition.with_name("a.zarr")).complete
    run(definition, "b.zarr")
    same_bits(definition.with_name("a.zarr"), definition.with_name("b.zarr"))


@pytest.mark.parametrize("of", [1, 3, 16])
def test_every_block_belongs_to_one_part(of: int) -> None:
    blocks = np.array([1, 1, 1, 40, 7, 1])
    owned = np.array([Part(i, of).owns(blocks) for i in range(1, of + 1)])
    exists = np.arange(40)[None] < blocks[:, None]
    assert (owned.sum(axis=0)[exists] == 1).all()
    shares = (owned & exists).sum(axis=(1, 2))
    assert shares.max() <= -(-exists.sum() // of) + 3


@pytest.mark.parametrize("text", ["0/4", "5/4", "4", "1/0", "-1/4", "a/b"])
def test_parts_that_are_none_are_refused(define: Define, text: str) -> None:
    with pytest.raises(qt.InputError, match=r"--part .*allowed is I/N with 1 <= I <= N"):
        run(define(WIRES), part=text)


@pytest.mark.cluster
@pytest.mark.slow
def test_real_workers_need_the_store_only(define: Define, same_bits: Same) -> None:
    for body, name in ((WIRES, "wires"), (OWN, "own")):
        definition = define(body)
        run(definition, f"{name}.zarr", cluster="local", workers=2)
        run(definition, f"{name}-threads.zarr")
        same_bits(*(definition.with_name(f"{name}{kind}.zarr") for kind in ("", "-threads")))


def test_notebook_cells_are_a_definition(tmp_path: Path) -> None:
    text = textwrap.dedent(WIRES)
    before, after = text.split("def wire")
    cells = [before, "%matplotlib inline", "def wire(point):\n    return 0", "def wire" + after]
    namespace: dict[str, Any] = {"__name__": "__main__", "In": cells}
    for cell in cells:
        if not cell.startswith("%"):
            exec(compile(cell, "<cell>", "exec"), namespace)
    path = tmp_path / "same.py"
    path.write_text(text)
    there, here = load(path), namespace["workflow"]
    assert (
        here.sweep(here.preset("quick"), 1).program == there.sweep(there.preset("quick"), 1).program
    )


@pytest.mark.parametrize("where", ["nowhere", "lambda"])
def test_source_that_cannot_be_had_says_what_to_do(where: str) -> None:
    namespace: dict[str, Any] = {"__name__": "__main__"}
    exec("import qtcore as qt\ndef wire(point):\n    return qt.Wire(qt.Chain())", namespace)
    function = namespace["wire"] if where == "nowhere" else lambda _: qt.Wire(qt.Chain())
    nothing: Any = None
    workflow = qt.Workflow(
        *("x", "x", "x"),
        {"quick": qt.Preset(energy=0.5, lengths=3)},
        *(nothing, nothing, nothing),
        wire=function,
    )
    words = {
        "nowhere": "write it into a file or a cell of a notebook",
        "lambda": "write `def wire",
    }[where]
    with pytest.raises(qt.InputError, match=words):
        workflow.sweep(workflow.preset(None), 1)


ALONE = (
    (
        "gate=(-0.5, 0.0, 0.5), energy=(0.3, 0.6), disorder=(0.0, 1.0)",
        "gate=0.5, energy=0.3, disorder=1.0",
    ),
    ('gate=(1.0, 2.0), tilt=qt.Axis((0, 1), units="deg", long_name="tilt")', "gate=2.0"),
)


@pytest.mark.parametrize(("text", "axes", "value"), [(WIRES, *ALONE[0]), (OWN, *ALONE[1])])
def test_a_definition_without_any_axis_runs_and_is_extended(
    define: Define, same_bits: Same, text: str, axes: str, value: str
) -> None:
    definition = define(text, (axes, value))
    first = run(definition, realizations=7)
    name = "ln_g" if "ln_g" in first else "total"
    assert first[name].dims[0] == "realization"
    assert int(first.finished) == 7
    more = run(definition, realizations=12)
    np.testing.assert_array_equal(more[name][:7], first[name])
    run(definition, "b.zarr", realizations=12)
    same_bits(definition.with_name("a.zarr"), definition.with_name("b.zarr"))
    if name == "ln_g":
        np.testing.assert_array_equal(more.ln_g, expected(0.5, 0.3, 1.0, 12).ln_g)
    store = definition.with_name("a.zarr")
    check_count = len(qt.check(store, workflow=definition))
    assert check_count >= 1, "the ensemble is compared at least"
