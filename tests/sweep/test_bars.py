"""Bars with many leads through the engine: T and resistances by name, labelled, refused, continued."""

import shutil
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

import qtcore as qt
from qtcore.made_up import made_up
from qtcore.store.compact import compact
from qtcore.store.verify import verify
from qtcore.sweep.build import make_sweep
from qtcore.sweep.cost import Calibration
from qtcore.sweep.leads import _read
from qtcore.sweep.plan import make_plan
from qtcore.sweep.readings import Observable
from qtcore.sweep.survey import channels, survey
from qtcore.workflow import load

pytestmark = pytest.mark.usefixtures("one_client")

NAMES = ["left", "right", "top 1", "top 2", "bottom 1", "bottom 2"]
CURRENT = ("left", "right")
R_XY = qt.Resistance("R_xy", current=CURRENT, voltage=("top 1", "bottom 1"))

DEFINITION = """
    import qtcore as qt

    def wire(point):
        '''A Hall bar.'''
        return qt.HallBar(point.width, (4, 12), 3, qt.Box(point.disorder), flux=0.05)

    current = ("left", "right")
    workflow = qt.Workflow(
        "bars", "Hall bars", "For tests.",
        {"quick": qt.Preset(disorder=(0.5, 2.0), energy=-2.0, width=8, lengths=(18, 24), realizations=12)},
        wire=wire,
        observables=(
            "T_ij", "ln_T_ij", "certificate_ij", "suspect", "N_i",
            qt.Resistance("R_xy", current=current, voltage=("top 1", "bottom 1")),
            qt.Conductance("G", current=current),
            qt.Conductance("ln_G", current=current, logarithm=True),
            qt.Voltage("V", current=current, lead="top 2"),
        ),
    )
"""

Define = Callable[..., Path]


def hall_bar(disorder: float) -> qt.Bar:
    return qt.HallBar(8, (4, 12), 3, qt.Box(disorder), flux=0.05)


def run(path: Path, **options: Any) -> xr.Dataset:
    store = path.with_name("a.zarr")
    return qt.run(path, store=store, cluster="threads", progress=False, **options)


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The store of the definition as it stands, which tests read and copy."""
    path = tmp_path_factory.mktemp("swept") / "definition.py"
    path.write_text(textwrap.dedent(DEFINITION), encoding="utf-8")
    run(path)
    return path.with_name("a.zarr")


def sweep_of(
    device: Callable[[Any], qt.Wire | qt.Bar], *observables: Observable, **fields: Any
) -> qt.Sweep:
    preset = qt.Preset(**{"energy": -2.0, "lengths": (18,), "realizations": 8, **fields})
    return make_sweep("bars", preset, 1, wire=device, observables=observables)


def bar(point: Any) -> qt.Bar:
    del point
    return hall_bar(1.0)


def plain(point: Any) -> qt.Wire:
    del point
    return hall_bar(1.0).wire


def with_tip(point: Any) -> qt.Bar:
    """A bar that the fast solver does not carry."""
    del point
    wire = qt.Wire(qt.Square(2), qt.Box(1.0))
    return qt.Bar(wire, [qt.SiteLead([(2, 0)], h=[[0.0]], v=[[1.5]], name="tip")])


def gapped(point: Any) -> qt.Bar:
    """A bar whose tip has no mode at the energy of the sweep."""
    del point
    return qt.Bar(hall_bar(1.0).wire, [qt.SiteLead([(2, 0)], h=[[9.0]], v=[[0.5]], name="tip")])


def another_at_each_point(point: Any) -> qt.Bar:
    return hall_bar(1.0) if point.disorder < 1 else qt.Cross(8, 4, 3, flux=0.05)


def test_a_sweep_stores_what_the_library_gives_with_names_of_leads(swept: Path) -> None:
    ds = qt.open(swept).load()
    assert ds.T_ij.dims == ("disorder", "realization", "length", "to", "source")
    assert ds["to"].values.tolist() == ds["source"].values.tolist() == NAMES
    assert ds.R_xy.attrs == {
        "units": "h/e² per spin",
        "long_name": "resistance, current from left to right, voltage of top 1 against bottom 1",
    }
    for disorder in (0.5, 2.0):
        found = qt.terminal_scattering(hall_bar(disorder), -2.0, [18, 24], range(16), 1, every=True)
        for place, one in enumerate(found):
            at = ds.sel(disorder=disorder).isel(length=place)
            first = slice(0, 12)
            assert np.array_equal(at.T_ij, one.T[first])
            assert np.array_equal(at.ln_T_ij, one.ln_T[first])
            assert np.array_equal(at.certificate_ij, one.certificate[first].astype(np.float32))
            R = one.resistance(CURRENT, ("top 1", "bottom 1"))
            assert np.array_equal(at.R_xy, R[first])
            two = one.resistance(CURRENT, CURRENT)
            assert np.allclose(at.G, 1 / two[first], rtol=1e-12)
            assert np.allclose(at.ln_G, np.log(at.G), rtol=0, atol=1e-12)
            assert np.array_equal(at.V, one.voltages(*CURRENT)[first, 3])
            assert (at.N_i == np.array(one.channels)).all()
    # All that comes in leaves: an identity of what is stored, whatever made it.
    assert abs(ds.T_ij.sum("source") - ds.N_i).max() < 1e-9
    assert (ds.suspect == 0).all()
    assert (
        ds.T_ij.sel(to="top 1", source="left").mean()
        > ds.T_ij.sel(to="bottom 1", source="left").mean()
    )  # the field bends the current to one side


@pytest.mark.further
def test_store_is_continued_extended_verified_compacted_and_plain(define: Define) -> None:
    path = define(DEFINITION)
    before = run(path, settings={"disorder": "0.5"}).load()
    more = run(path, settings={"disorder": "0.5,2.0"}, realizations=20).load()
    assert more.T_ij.shape[:2] == (2, 20)
    assert np.array_equal(more.T_ij[0, :12], before.T_ij[0])
    store = path.with_name("a.zarr")
    assert verify(store).findings == []
    compact(store)
    assert verify(store).findings == []
    packed = qt.open(store).load()
    assert np.array_equal(packed.R_xy, more.R_xy)
    assert packed["source"].values.tolist() == NAMES
    with xr.open_zarr(store) as other:
        assert other["to"].attrs["labels"] == NAMES
        assert other["to"].values.tolist() == [*range(6)]
        assert np.array_equal(other.T_ij, more.T_ij)
    rows = {check.name: check for check in qt.check(store)}
    assert all(check.passed for check in rows.values())


def test_another_resistance_needs_another_store(define: Define, swept: Path) -> None:
    other = define(DEFINITION, ('("top 1", "bottom 1")', '("top 1", "top 2")'))
    shutil.copytree(swept, other.with_name("a.zarr"))
    with pytest.raises(qt.InputError, match=r"observables: the store has .*bottom 1"):
        run(other)


def test_a_block_has_the_same_bits_alone(define: Define, swept: Path) -> None:
    ds = qt.open(swept)
    workflow = load(define(DEFINITION))
    sweep = workflow.sweep(workflow.preset("quick"), 1)
    part = sweep.solve(sweep.point(1), range(5, 7))
    for name in ("T_ij", "R_xy", "ln_G"):
        assert np.array_equal(part[name], ds[name].isel(disorder=1, realization=slice(5, 7)))
    again = qt.Sweep.from_fields(sweep.model_dump(mode="json"))
    assert again == sweep


def test_means_are_measured_and_drawn_by_the_names_of_leads(define: Define, swept: Path) -> None:
    path = define(DEFINITION)
    ds = qt.open(swept)
    result = load(path).results(ds)
    assert result.mean_R_xy.dims == ("disorder", "length")
    assert np.allclose(result.mean_R_xy, ds.R_xy.mean("realization"))
    at = result.mean_T_ij.sel(to="top 1", source="left")
    assert np.allclose(at, ds.T_ij.sel(to="top 1", source="left").mean("realization"))
    figure = qt.Line("mean_T_ij", "disorder", at={"to": "top 1", "source": "left"})
    from matplotlib.figure import Figure

    axes = Figure().subplots()
    figure.draw(axes, result)
    assert axes.get_lines() or axes.containers


def test_a_dry_run_makes_up_samples_of_bars(define: Define) -> None:
    workflow = load(define(DEFINITION))
    made = made_up(workflow, workflow.sweep(workflow.preset("quick"), 1))
    assert made is not None
    assert made["to"].values.tolist() == NAMES
    assert (made.ln_T_ij < np.log(2)).all()
    assert workflow.results(made).mean_R_xy.notnull().all()


def test_the_forecast_knows_the_leads_of_a_bar() -> None:
    fast = survey(sweep_of(bar, "T_ij")).kinds[0]
    # 8 sites across, and 4 leads of 3 sites each.
    assert (fast.solver, fast.size) == ("terminals", 8 + 4 * 3)
    slow = survey(sweep_of(with_tip, "T_ij")).kinds[0]
    assert (slow.solver, slow.size) == ("eliminated", 2 + 1)
    long = make_plan(sweep_of(bar, "T_ij", lengths=(400,)), 8)
    short = make_plan(sweep_of(bar, "T_ij", lengths=(40,)), 8)
    block = Calibration().block_seconds
    assert long.core_seconds - block > 5 * (short.core_seconds - block)


def test_a_sample_without_a_resistance_is_nan_and_suspect() -> None:
    T = np.full((3, 3, 3), 0.5)
    T[1, 2], T[1, :, 2] = 0, 0  # nothing reaches the tip
    T[2, 0], T[2, :, 0] = 0, 0  # nothing leaves the source
    with np.errstate(divide="ignore"):
        ln_T = np.log(T)
    found = qt.TerminalScattering(
        ("left", "right", "tip"), (1, 1, 1), ln_T, np.zeros((3, 3, 3)), np.zeros(3, bool)
    )
    two = qt.Resistance("R", current=CURRENT, voltage=CURRENT)
    tip = qt.Voltage("V", current=CURRENT, lead="tip")
    G = qt.Conductance("G", current=CURRENT)
    made = _read([found], (two, tip, G, "suspect", "T_ij"))
    assert np.isnan(made["R"][:, 0]).tolist() == [False, False, True]
    assert np.isnan(made["V"][:, 0]).tolist() == [False, True, False]
    assert np.allclose(made["G"][:, 0], [0.75, 0.5, 0.0], rtol=1e-14)
    assert made["suspect"][:, 0].tolist() == [False, True, True]
    assert np.array_equal(made["T_ij"][:, 0], T)


def test_voltages_of_probes_that_are_cut_off_do_not_reach_the_others() -> None:
    T = np.zeros((2, 4, 4))
    T[0] = [[0, 2, 1, 1], [2, 0, 1, 3], [1, 1, 0, 1], [1, 3, 1, 0]]
    T[1] = T[0]
    T[1, 3], T[1, :, 3] = 0, 0  # the last lead of the second sample sees nothing
    with np.errstate(divide="ignore"):
        ln_T = np.log(T)
    leads = ("a", "b", "c", "d")
    nothing = np.zeros((2, 4, 4))
    found = qt.TerminalScattering(leads, (4,) * 4, ln_T, nothing, np.zeros(2, bool))
    with pytest.raises(qt.QtcoreError, match=r"nothing passes between 'd' and .* in sample 1 of"):
        found.voltages("a", "b", undefined="refuse")
    V = found.voltages("a", "b")
    assert np.isnan(V).tolist() == [[False] * 4, [False, False, False, True]]
    # Kirchhoff's equations with a matrix in the place of the elimination, without the lead.
    G = np.diag(T[1].sum(axis=1)) - T[1]
    solved = np.linalg.solve(G[2:3, 2:3], -G[2:3, :2] @ [1.0, 0.0])
    assert V[1, 2] == pytest.approx(solved[0], rel=1e-14)
    current = G[0, :3] @ V[1, :3]
    R = found.resistance(("a", "b"), ("a", "c"), undefined="refuse")
    assert R[1] == pytest.approx((1 - V[1, 2]) / current, rel=1e-13)
    assert np.isnan(found.resistance(("a", "b"), ("a", "d"), undefined="nan")).tolist() == [
        False,
        True,
    ]
    ln_G = found.ln_conductance(("a", "d"), undefined="nan")
    assert np.isfinite(ln_G[0])
    assert ln_G[1] == -np.inf
    with pytest.raises(qt.InputError, match="undefined must be 'refuse' or 'nan', got 'zero'"):
        found.voltages("a", "b", undefined="zero")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("device", "observables", "words"),
    [
        (bar, (R_XY.model_copy(update={"voltage": ("top 1", "top 9")}),), "R_xy names the lead 'top 9'; this bar has 'left'"),
        (bar, (qt.Voltage("V", current=CURRENT, lead="tip"),), "V names the lead 'tip'"),
        (bar, ("ln_g",), "ln_g is of a Wire between two leads, not of a Bar"),
        (bar, ("suspect", "bott_index"), "bott_index is of a Wire"),
        (plain, (R_XY,), "R_xy is of a Bar with any number of leads, and wire"),
        (plain, ("N_i",), "N_i is of a Bar"),
        (gapped, ("T_ij",), "lead 'tip': no open channel at energy -2"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_before_anything_is_computed(
    device: Any, observables: tuple[Observable, ...], words: str
) -> None:
    with pytest.raises(qt.InputError, match=words):
        channels(sweep_of(device, *observables))


def test_bars_of_one_sweep_have_the_same_leads() -> None:
    sweep = sweep_of(another_at_each_point, "T_ij", disorder=(0.5, 2.0))
    with pytest.raises(
        qt.InputError, match="its leads are left, right, top 1, bottom 1, and those"
    ):
        channels(sweep)


def test_a_lead_beyond_the_shortest_length_and_a_tolerance_are_refused() -> None:
    with pytest.raises(qt.InputError, match="'top 2' lies beyond the wire"):
        channels(sweep_of(bar, "T_ij", lengths=(10, 18)))
    with pytest.raises(qt.InputError, match="tolerance is of wires between two leads"):
        channels(sweep_of(bar, "T_ij", tolerance=1e-5))


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: qt.Resistance("R", current=("left", "left"), voltage=CURRENT), "current takes the names of two different leads"),
        (lambda: qt.Resistance("R", current=CURRENT), "voltage is missing"),
        (lambda: qt.Resistance("R", current=CURRENT, voltage="top 1"), "voltage takes the names of two different leads"),
        (lambda: qt.Resistance("R xy", current=CURRENT, voltage=CURRENT), "name takes a name such as R_xy"),
        (lambda: qt.Resistance("length", current=CURRENT, voltage=CURRENT), "'length' cannot be a resistance"),
        (lambda: qt.Voltage("V", current=CURRENT, lead=""), "lead takes the name of a lead"),
        (lambda: qt.Conductance("G", current=CURRENT, voltage=CURRENT), "unknown field 'voltage'"),
        (lambda: sweep_of(bar, "T_ij", R_XY, R_XY), "R_xy cannot be a resistance: it is the name of another"),
        (lambda: sweep_of(bar, qt.Conductance("T_ij", current=CURRENT)), "T_ij cannot be a conductance"),
        (lambda: sweep_of(bar, "T_ij", "ln_g"), "ln_g is of a Wire between two leads"),
        (lambda: sweep_of(bar, "T_ij", 5), "observables takes distinct names .* got 5"),  # type: ignore[arg-type]
    ],
)  # fmt: skip
def test_a_reading_that_cannot_be_is_refused(make: Callable[[], Any], words: str) -> None:
    with pytest.raises(qt.InputError, match=words):
        make()


def test_labels_are_distinct_and_for_dimensions_alone() -> None:
    with pytest.raises(qt.InputError, match="labels takes distinct texts, one for each of the 3"):
        qt.Axis(range(3), labels=("a", "b"))
    with pytest.raises(qt.InputError, match="labels takes distinct texts"):
        qt.Axis(labels=("a", "a"))
    with pytest.raises(qt.InputError, match="which are for dimensions of stored variables"):
        qt.Preset(lead=qt.Axis(labels=("a", "b")), realizations=8)
    assert qt.Axis(labels=("a", "b")).values == (0, 1)
    assert "labels" not in qt.Axis((1.0,)).model_dump()


def test_a_function_of_ones_own_may_label_its_dimensions(define: Define) -> None:
    text = textwrap.dedent("""
        import numpy as np
        import qtcore as qt

        def solve(point, realizations):
            return {"n": np.array([[r, r + 0.5] for r in realizations])}

        workflow = qt.Workflow(
            "own", "Own", "For tests.", {"quick": qt.Preset(disorder=(1.0,), realizations=8)},
            solve=solve, variables=(qt.Variable("n", dims=("lead",)),),
            dimensions={"lead": qt.Axis(labels=("source", "drain"))},
        )
    """)
    ds = run(define(text))
    assert ds["lead"].values.tolist() == ["source", "drain"]
    assert ds.n.sel(lead="drain").values[0, 3] == 3.5


def test_a_reading_whose_digits_cancel_is_suspect_or_nan() -> None:
    # Of a bridge of four leads, balanced but for 1e-9: V_c - V_d is 1e-9 of what it is made of.
    T = np.array([[0, 1, 1, 1], [1, 0, 1, 1], [1, 1, 0, 1], [1, 1 + 1e-9, 1, 0]], float)[None]
    with np.errstate(divide="ignore"):
        ln_T = np.log(np.repeat(T, 3, axis=0)) - 50.0
    certificate = np.zeros(ln_T.shape)
    certificate[1], certificate[2] = 1e-12, 1e-8
    leads = ("left", "right", "c", "d")
    found = qt.TerminalScattering(leads, (1,) * 4, ln_T, certificate, np.zeros(3, bool))
    hall = qt.Resistance("R", current=CURRENT, voltage=("c", "d"))
    G = qt.Conductance("G", current=("c", "d"), logarithm=True)
    V = qt.Voltage("V", current=CURRENT, lead="c")
    made = _read([found], (hall, "suspect"))
    assert np.isnan(made["R"][:, 0]).tolist() == [False, False, True]
    # Rounding errors of ln T, 1e-14, are 1e-5 of what is left.
    assert made["suspect"][:, 0].tolist() == [True, True, True]
    assert made["R"][0, 0] == pytest.approx(1e-9 * np.exp(50) / 16, rel=1e-4)
    for fine in (G, V):
        assert not _read([found], (fine, "suspect"))["suspect"].any()
    certificate[:] = 1e-5
    for doubtful in (G, V):
        assert _read([found], (doubtful, "suspect"))["suspect"].all()
