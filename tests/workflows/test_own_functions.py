"""The examples of docs/how-to/sweep-your-own-function.md do what the page says."""

import importlib.util
import re
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from scipy import sparse

import qtcore as qt
from qtcore.sweep.ensemble import examine

HOW_TO = Path(__file__).parents[2] / "docs" / "how-to"


def example(name: str, folder: Path, page: str = "sweep-your-own-function.md") -> Path:
    """Write an example of a page into a file."""
    text = (HOW_TO / page).read_text(encoding="utf-8")
    found = re.search(rf"^```python {name}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert found is not None
    path = folder / name
    path.write_text(found[1], encoding="utf-8")
    return path


def run(definition: Path, name: str = "a.zarr", **options: Any) -> Any:
    store = definition.with_name(name)
    return qt.run(definition, store=store, cluster="threads", workers=2, progress=False, **options)


@pytest.mark.physics
def test_levels_of_a_chain(tmp_path: Path) -> None:
    definition = example("levels.py", tmp_path)
    ds = run(definition, precision="0.5%")
    mean, error = ds.r.mean("realization"), ds.r.std("realization", ddof=1) / ds.finished**0.5
    assert (error <= 0.005 * mean).all()
    assert all(check.passed for check in qt.check(tmp_path / "a.zarr"))
    assert mean[0] > mean[-1] + 0.02, "weak disorder: the chain is shorter than its states"
    again = qt.reproduce(tmp_path / "a.zarr", {"disorder": 8.0}, range(70, 72))
    np.testing.assert_array_equal(again["r"], ds.r.sel(disorder=8.0)[70:72])


def test_arrays_have_dimensions_of_their_own(tmp_path: Path) -> None:
    ds = run(example("chain_levels.py", tmp_path))
    assert ds.energy_of.dims == ("disorder", "realization", "level")
    clean = np.sort(-2 * np.cos(np.pi * np.arange(1, 21) / 21))  # of a chain with open ends
    np.testing.assert_allclose(ds.energy_of.sel(disorder=0.0)[0], clean, atol=1e-12)
    assert qt.check(tmp_path / "a.zarr") is not None


class Lattice:
    """Square lattice: `lattice(x, y)` is a site."""

    canonical_repr = "square"

    def __call__(self, x: int, y: int) -> SimpleNamespace:
        return SimpleNamespace(tag=(x, y), family=self)

    def neighbors(self) -> str:
        return "neighbors"


class Builder:
    """What the example asks of `kwant.Builder`, for rectangles between leads along x."""

    def __init__(self, symmetry: Any = None) -> None:
        self.symmetry = symmetry
        self.sites: list[SimpleNamespace] = []
        self.leads: list[Builder] = []

    def __setitem__(self, key: Any, value: Any) -> None:
        if key == "neighbors":
            self.hopping = value
        else:
            self.sites, self.onsite = list(key), value

    def attach_lead(self, lead: "Builder") -> None:
        self.leads.append(lead)

    def reversed(self) -> "Builder":
        return self

    def finalized(self) -> "Finalized":
        return Finalized(self)


class Finalized:
    """What `qt.KwantSystem` asks of a finalized system; sites in the order of the builder."""

    def __init__(self, builder: Builder) -> None:
        self._builder, self.sites = builder, builder.sites
        asks = builder.onsite.__code__.co_varnames[1:] if callable(builder.onsite) else ()
        self.parameters = frozenset(asks)
        self._tags = [site.tag for site in builder.sites]
        last = max(x for x, _ in self._tags)
        self.lead_interfaces = [
            np.array([n for n, (x, _) in enumerate(self._tags) if x == end]) for end in (0, last)
        ]
        self.leads = [Lead(lead) for lead in builder.leads]

    def hamiltonian_submatrix(self, sparse: bool, return_norb: bool, params: Any) -> Any:
        assert sparse
        assert return_norb
        norbs = np.ones(len(self._tags), dtype=int)
        return coupled(self._builder, params), norbs, norbs


class Lead:
    """A lead of it."""

    parameters = frozenset()  # type: ignore[var-annotated]

    def __init__(self, builder: Builder) -> None:
        self._builder = builder

    def cell_hamiltonian(self, params: Any) -> Any:
        return coupled(self._builder, params).toarray()

    def inter_cell_hopping(self, params: Any) -> Any:  # noqa: ARG002 - Kwant's name
        return self._builder.hopping * np.eye(len(self._builder.sites))


def coupled(builder: Builder, params: Any) -> Any:
    """Return the Hamiltonian of a builder's sites."""
    tags = {site.tag: n for n, site in enumerate(builder.sites)}
    H = np.zeros((len(tags),) * 2, complex)
    for site in builder.sites:
        (x, y), n = site.tag, tags[site.tag]
        H[n, n] = builder.onsite(site, **params) if callable(builder.onsite) else builder.onsite
        for near in ((x + 1, y), (x, y + 1)):
            if near in tags:
                H[n, tags[near]] = H[tags[near], n] = builder.hopping
    return sparse.coo_matrix(H)


def uniform(text: str) -> float:
    return float(np.random.default_rng(list(text.encode())).random())


STAND_IN = SimpleNamespace(
    Builder=Builder,
    TranslationalSymmetry=lambda direction: direction,
    lattice=SimpleNamespace(square=lambda norbs: Lattice()),  # noqa: ARG005 - Kwant's name
    digest=SimpleNamespace(uniform=uniform),
)


@pytest.mark.physics
def test_a_system_of_kwant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = uniform
    if importlib.util.find_spec("kwant") is None:
        monkeypatch.setitem(sys.modules, "kwant", STAND_IN)
    else:
        numbers = importlib.import_module("kwant.digest").uniform
    ds = run(example("barrier.py", tmp_path))
    assert ds.g.dims == ("energy", "disorder", "realization")
    for energy in (0.5, 1.1):
        for number in (0, 7):
            values = [
                [2.0 * (numbers(repr(((x, y), f"1 {number}"))) - 0.5) for y in range(4)]
                for x in range(5)
            ]
            wire = qt.Wire(qt.Square(4), qt.Fixed(values))
            expected = qt.scattering(wire, energy, (5,), range(1), 1, "recursive").ln_g[0, 0]
            found = ds.g.sel(energy=energy, disorder=2.0, realization=number)
            assert float(np.log(found)) == pytest.approx(expected, abs=1e-9)
        clean = ds.g.sel(energy=energy, disorder=0.0)
        np.testing.assert_allclose(clean, qt.open_channels(qt.Wire(qt.Square(4)), energy))


@pytest.fixture
def kwant(monkeypatch: pytest.MonkeyPatch) -> None:
    if importlib.util.find_spec("kwant") is None:
        monkeypatch.setitem(sys.modules, "kwant", STAND_IN)


@pytest.mark.usefixtures("kwant")
def test_an_ensemble_of_kwant_systems(tmp_path: Path) -> None:
    definition = example("dots.py", tmp_path, "kwant-systems.md")
    ds = run(definition)
    assert ds.ln_g.dims == ("energy", "disorder", "realization")
    assert ds.ln_g.attrs["long_name"] == (  # whatever the orbitals of the system are
        "ln g, g in e²/h, both spins counted where the orbitals hold the spin and per spin elsewhere, "
        "waves from the left"
    )
    assert float(ds.suspect.max()) == 0
    assert float(ds.certificate.max()) < 1e-6
    module = {"__name__": "dots"}
    exec(definition.read_text(encoding="utf-8"), module)
    ensemble = module["rectangles"](4, 5, 2.0)  # type: ignore[operator]
    for realization in (0, 23):
        (part,) = ensemble.entries(ensemble.clean.matrices, [realization], 1)
        values = np.zeros(20)
        values[part.rows] = part.values[:, 0].real
        order = [
            n for _, n in sorted((site.tag, n) for n, site in enumerate(ensemble.system.sites))
        ]
        wire = qt.Wire(qt.Square(4), qt.Fixed(values[order].reshape(5, 4)))
        solved = qt.scattering(wire, 1.1, (5,), range(1), 1, "recursive")
        found = ds.sel(energy=1.1, disorder=2.0, realization=realization)
        assert float(found.ln_g) == pytest.approx(solved.ln_g[0, 0], abs=1e-9)
        assert float(found.reflection) == pytest.approx(solved.reflection[0, 0], rel=1e-5)


@pytest.mark.usefixtures("kwant")
@pytest.mark.further
def test_a_sweep_of_kwant_systems_is_continued_verified_and_computed_again(tmp_path: Path) -> None:
    definition = example("dots.py", tmp_path, "kwant-systems.md")
    first = run(definition, realizations=8)
    whole = run(definition, realizations=24)
    np.testing.assert_array_equal(whole.ln_g[..., :8], first.ln_g)
    at_once = run(definition, "b.zarr", realizations=24)
    np.testing.assert_array_equal(whole.ln_g, at_once.ln_g)
    again = qt.reproduce(tmp_path / "a.zarr", {"energy": 0.5, "disorder": 2.0}, range(20, 22))
    np.testing.assert_array_equal(again["ln_g"], whole.ln_g.sel(energy=0.5, disorder=2.0)[20:22])
    looked = examine(tmp_path / "a.zarr", samples=6)
    assert (looked.recomputed, looked.different, looked.repeated) == (6, 0, 0)
    assert looked.compared == 4 * 24
    text = qt.source(tmp_path / "a.zarr")
    assert "builder.attach_lead(lead)" in text


@pytest.mark.usefixtures("kwant")
@pytest.mark.further
def test_kwant_systems_that_are_random_by_themselves_are_refused(tmp_path: Path) -> None:
    definition = example("dots.py", tmp_path, "kwant-systems.md")
    text = definition.read_text(encoding="utf-8")
    text = text.replace("import kwant\n", "import kwant\nimport numpy as np\n")
    text = text.replace("= 0.0\n    builder[", "= lambda site, salt: salt\n    builder[", 1)
    drawn = "params_of=lambda seed, realization: {'salt': float(np.random.default_rng().random())}"
    text = text.replace("qt.Box(disorder))", f"{drawn})")
    definition.write_text(text, encoding="utf-8")
    with pytest.raises(qt.InputError, match="is another system when it is asked for again"):
        run(definition)
    assert not (tmp_path / "a.zarr").exists()
    seeded = drawn.replace("default_rng()", "default_rng([seed, realization])")
    definition.write_text(text.replace(drawn, seeded), encoding="utf-8")
    ds = run(definition)
    assert np.unique(ds.ln_g).size == ds.ln_g.size / 2  # both strengths are the same here
