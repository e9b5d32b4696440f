"""The pages say what is true: links lead somewhere, commands and options exist, examples run."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer.main
from typer.core import TyperGroup

import qtcore as qt
from qtcore import observe, testing
from qtcore.workflow import load

from .pages import HOW_TO, ROOT, blocks, tokens, write_example

PAGES = sorted(
    [*ROOT.glob("*.md")]
    + [
        page
        for folder in ("benchmarks", "cluster", "docs")
        for page in (ROOT / folder).rglob("*.md")
    ]
)
page = pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))


def command_lines(path: Path) -> Iterator[list[str]]:
    """Yield the words of every shell command that a page shows, comments removed."""
    shown = [line for _, block in blocks(path, "sh") for line in block.splitlines()]
    shown += [token.content for token in tokens(path) if token.type == "code_inline"]
    for line in shown:
        words = re.sub(r"(^|\s)#.*", "", line).split()
        if words:
            yield words


def commands() -> dict[str, set[str]]:
    """Return the options of every qtcore command."""
    from qtcore.cli.app import app

    group = typer.main.get_command(app)
    assert isinstance(group, TyperGroup)
    # `qtcore --install-completion` is no command, and stands where one would.
    options = ["--help", *(option for parameter in group.params for option in parameter.opts)]
    own = {option: {option} for option in options}
    return own | {
        name: {"--help"} | {option for parameter in command.params for option in parameter.opts}
        for name, command in group.commands.items()
    }


@page
def test_links_lead_to_files(path: Path) -> None:
    targets = [
        str(token.attrs[key])
        for token in tokens(path)
        for key in ("href", "src")
        if key in token.attrs
    ]
    local = [target.split("#")[0] for target in targets if "://" not in target]
    missing = [target for target in local if not (path.parent / target).exists()]
    assert not missing


@page
def test_named_files_exist(path: Path) -> None:
    folders = ("qtcore", "workflows", "cluster", "tests", "docs", "benchmarks", ".ci")
    named = [token.content for token in tokens(path) if token.type == "code_inline"]
    files = [name for name in named if re.fullmatch(rf"({'|'.join(folders)})/[\w./-]*", name)]
    missing = [name for name in files if not (ROOT / name).exists()]
    # The wheel makes this folder; a checkout has the originals.
    assert [name for name in missing if name != "qtcore/_shipped/"] == []


@page
def test_commands_and_options_exist(path: Path) -> None:
    known = commands()
    for words in command_lines(path):
        if words[0] != "qtcore" or len(words) < 2:
            continue
        for name in words[1].split("|"):
            assert name in known, f"{' '.join(words)}: qtcore has {sorted(known)}"
            unknown = {word for word in words if word.startswith("--")} - known[name]
            assert not unknown, f"{' '.join(words)}: {name} has {sorted(known[name])}"


@page
def test_make_targets_exist(path: Path) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    named = {words[1] for words in command_lines(path) if words[0] == "make" and len(words) > 1}
    assert named <= targets


def test_every_question_has_an_answer() -> None:
    page = ROOT / "docs" / "what-can-be-asked.md"
    examples = blocks(page, "python")
    assert len(examples) > 4
    namespace: dict[str, object] = {}
    for line, source in examples:
        exec(compile("\n" * line + source, str(page), "exec"), namespace)
    shown = page.read_text(encoding="utf-8")
    for name in observe.__all__:
        assert f"observe.{name}" in shown


@pytest.mark.slow
def test_the_page_on_another_lattice_runs_and_its_length_is_right() -> None:
    page = ROOT / "docs" / "how-to" / "localization-length.md"
    namespace: dict[str, Any] = {}
    for line, source in blocks(page, "python"):
        exec(compile("\n" * line + source, str(page), "exec"), namespace)
    fitted = namespace["fit"].localization_length
    xi, own = float(fitted), float(fitted.error)
    # Another way to the same number: how <ln g> falls between wires far longer than those of the fit.
    far = qt.ln_conductance(namespace["wire"](4, 1.5), 0.3, [300, 900], range(200), seed=11)
    fall = far[:, 0] - far[:, 1]
    slope, error = fall.mean(), fall.std(ddof=1) / len(fall) ** 0.5
    assert abs(1200 / slope - xi) < 3.5 * np.hypot(1200 / slope**2 * error, own)
    for pilot in namespace["pilot"].values():
        assert 0.7 < pilot / xi < 1.3
    # ξ of the bar in the same convention, <ln g> = −2L/ξ: a factor of 2 would be seen.
    lyapunov, error = namespace["xi"], namespace["error"]
    fall = -np.diff(qt.ln_conductance(namespace["bar"], 0.3, [100, 300], range(100), seed=5))[:, 0]
    assert abs(400 / fall.mean() / lyapunov - 1) < 0.15
    assert error < 0.05 * lyapunov


def test_the_page_on_a_lattice_of_ones_own_runs_and_says_what_is_true() -> None:
    page = ROOT / "docs" / "how-to" / "lattice-of-your-own.md"
    namespace: dict[str, Any] = {}
    for line, source in blocks(page, "python"):
        exec(compile("\n" * line + source, str(page), "exec"), namespace)
    bilayer = namespace["bilayer"]
    free, coupled = qt.Wire(bilayer(3, 0.0), qt.Box(1.0)), namespace["wire"]
    assert np.array_equal(free.onsite(5, range(9), 7), coupled.onsite(5, range(9), 7))
    assert qt.choose(coupled).method == "transfer"
    contacted = namespace["contacted"], 0.4, [9], range(2), 1
    assert qt.choose(namespace["contacted"]).method == "transfer"
    here, there = (qt.ln_conductance(*contacted, method) for method in ("transfer", "recursive"))
    assert np.allclose(here, there, rtol=0, atol=1e-10)
    # Layers that are not coupled are strips whose leads lie deeper or higher by half the bias.
    potential = np.random.default_rng(2).uniform(-0.5, 0.5, size=(15, 3))
    twice = qt.Fixed(np.hstack([potential, potential]))
    biased = qt.Wire(bilayer(3, 0.0, bias=0.4), twice, lead_lattice=bilayer(3, 0.0))
    g = np.exp(qt.ln_conductance(biased, 0.4, [15], [0], seed=1))
    parts = [
        np.exp(qt.ln_conductance(wire, 0.4 - shift, [15], [0], seed=1))
        for shift in (0.2, -0.2)
        for wire in [qt.Wire(qt.Square(3), qt.Fixed(potential), lead_shift=-shift)]
    ]
    assert np.allclose(g, sum(parts), rtol=1e-9)
    # Leads of one layer only: the other layer is not contacted.
    strip = qt.Custom(np.eye(3, k=1) + np.eye(3, k=-1), np.eye(3))
    single = qt.Wire(bilayer(3, 0.0), twice, lead_lattice=strip)
    alone = qt.Wire(qt.Square(3), qt.Fixed(potential))
    found, known = (qt.ln_conductance(one, 0.4, [15], [0], seed=1) for one in (single, alone))
    assert np.allclose(found, known, rtol=0, atol=1e-9)


def test_the_page_on_kernel_polynomials_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = HOW_TO / "kernel-polynomials.md"
    namespace: dict[str, Any] = {}
    for line, source in blocks(page, "python"):
        exec(compile("\n" * line + source, str(page), "exec"), namespace)
    # The density of the page is that of the exact levels, blurred as it says.
    levels = [
        observe.eigenvalues(qt.closed_sample(namespace["wire"], 32, r, 1, periodic=True).H)
        for r in range(4)
    ]
    mean, energies = namespace["mean"], namespace["energies"]
    width = mean.width * np.sqrt(1 - (np.array(levels) / 5.05) ** 2)
    away = (energies[:, None, None] - levels) / width
    exact = (np.exp(-(away**2) / 2) / np.sqrt(2 * np.pi) / width).mean(axis=(1, 2))
    assert (np.abs(mean.values - exact) < 5 * mean.errors + 0.003).all()
    monkeypatch.chdir(tmp_path)
    write_example(page, "spectrum.py", tmp_path)
    ds = qt.run("spectrum.py", cluster="threads", progress=False)
    assert ds.density.shape == (2, 16, 4)
    # Beyond the clean band there are levels only where disorder is strong.
    beyond = ds.density.mean("realization").sel(at=4.5).values
    assert beyond[0] < 0.01 < 0.02 < beyond[1]
    checks = qt.check("results/spectrum-quick.zarr", workflow="spectrum.py")
    assert all(one.passed for one in checks)
    assert checks[0].name == "density at E = 1"


def test_the_page_on_bars_with_many_leads_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = HOW_TO / "many-leads.md"
    namespace: dict[str, Any] = {}
    for line, source in blocks(page, "python"):
        exec(compile("\n" * line + source, str(page), "exec"), namespace)
    monkeypatch.chdir(tmp_path)
    write_example(page, "hall.py", tmp_path)
    settings = {"energy": "-3.4"}
    ds = qt.run("hall.py", cluster="threads", settings=settings, realizations=8, progress=False)
    assert ds.R_xy.attrs["units"] == "h/e² per spin"
    assert ds.T_ij.dims[-2:] == ("to", "source")
    assert ds["to"].values.tolist()[:2] == ["left", "right"]
    checks = qt.check("results/hall-quick.zarr", workflow="hall.py")
    assert len(checks) >= 2
    assert all(one.passed for one in checks)


@pytest.mark.slow
def test_the_definition_of_that_page_measures_the_same_length(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    page = ROOT / "docs" / "how-to" / "localization-length.md"
    ((_, source),) = blocks(page, "python ribbons.py")
    (tmp_path / "ribbons.py").write_text(source, encoding="utf-8")
    ds = qt.run("ribbons.py", cluster="threads", progress=False)
    found = load(tmp_path / "ribbons.py").results(ds).squeeze()
    for width in (2, 4):
        # Slopes between wires far longer than those of the fit.
        wire = qt.Wire(qt.Honeycomb(width, "zigzag"), qt.Box(1.5))
        far = qt.ln_conductance(wire, 0.3, [300, 900], range(200), seed=11)
        fall = far[:, 0] - far[:, 1]
        error = 1200 / fall.mean() ** 2 * fall.std(ddof=1) / len(fall) ** 0.5
        at = found.sel(width=width)
        assert abs(at.xi - 1200 / fall.mean()) < 3.5 * np.hypot(error, at.xi_error)
        assert at.xi_error < 0.05 * at.xi
    # A point with too few samples and one whose wires are too short, beside one with a fit.
    few, short = ds.load().copy(deep=True), ds.copy(deep=True)
    few["ln_g"].loc[{"width": 2, "realization": slice(5, None)}] = np.nan
    short["ln_g"].loc[{"width": 2, "length": slice(60, None)}] = np.nan
    for lacking, why in ((few, "at least 8 realizations"), (short, "fewer than 4 lengths")):
        other = load(tmp_path / "ribbons.py").results(lacking)
        assert np.isfinite(other.xi.values.ravel()).tolist() == [False, True]
        assert other.xi.sel(width=4).item() == found.xi.sel(width=4).item()
        assert other.xi.attrs["missing"].startswith("1 × ")
        assert why in other.xi.attrs["missing"]


def test_the_workflow_page_shows_what_the_definitions_say() -> None:
    page = ROOT / "docs" / "how-to" / "write-a-workflow.md"
    shown = [token for token in tokens(page) if token.type == "fence"]
    quoted = [token for token in shown if token.info.startswith("python workflows/")]
    assert len(quoted) > 4
    for token in quoted:
        definition = ROOT / token.info.removeprefix("python ")
        # Lines out of a function stand further left on the page.
        page_lines, file_lines = (
            "\n".join(line.strip() for line in text.splitlines())
            for text in (token.content, definition.read_text(encoding="utf-8"))
        )
        assert page_lines in file_lines, token.content


def test_the_workflow_page_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    page = ROOT / "docs" / "how-to" / "write-a-workflow.md"
    ((_, single),) = blocks(page, "python single.py")
    (tmp_path / "single.py").write_text(single, encoding="utf-8")
    qt.run("single.py", cluster="threads", progress=False)
    checks = qt.check(tmp_path / "results" / "single-quick.zarr", workflow="single.py")
    assert [check.passed for check in checks] == [True, True]
    # The page's question about other temperatures, asked of a contact.
    gates = (0.25, 0.3, 0.34, 0.38, 0.42, 0.46, 0.5, 0.55, 0.6, 0.7)
    energies = (-3.42, -3.34, -3.3, -3.26, -3.18)
    settings = {"gate": gates, "energy": energies, "disorder": (0.0,)}
    contact = {"settings": settings, "store": "results/contact.zarr", "cluster": "threads"}
    qt.run(ROOT / "workflows" / "staircase.py", progress=False, **contact)
    for line, source in blocks(page, "python"):
        exec(compile("\n" * line + source, str(page), "exec"), {})


@pytest.mark.slow
def test_the_test_file_of_the_workflow_page_passes(tmp_path: Path) -> None:
    for name in ("dirty.py", "test_dirty.py"):
        write_example(HOW_TO / "write-a-workflow.md", name, tmp_path)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_dirty.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(testing.RULES)} passed" in done.stdout


def test_plain_xarray_reads_an_extended_store_as_the_readme_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Values that were added stood at the end, so that plots joined points in zigzag."""
    monkeypatch.chdir(tmp_path)
    asked: dict[str, Any] = {"width": (2,), "flux": (0.0,), "energy": (0.5,), "lengths": (10, 20)}
    store = "results/localization.zarr"
    for disorder in ((1.0, 2.0), (0.5, 1.0, 1.5, 2.0)):
        settings = asked | {"disorder": disorder}
        run: dict[str, Any] = {"realizations": 8, "cluster": "threads", "progress": False}
        ds = qt.run("localization", settings=settings, store=store, **run)
    examples = [text for _, text in blocks(ROOT / "README.md", "python")]
    (example,) = [text for text in examples if "qt.open(" in text]
    lines = [
        line for line in example.splitlines() if "qt" in line or "plain" in line or "xr" in line
    ]
    namespace: dict[str, Any] = {}
    exec("\n".join(lines), namespace)
    plain, same = namespace["plain"], namespace["same"]
    assert plain.disorder.values.tolist() == [1.0, 2.0, 0.5, 1.5], "as it was extended"
    assert "finished" not in plain.variables
    assert same.disorder.values.tolist() == [0.5, 1.0, 1.5, 2.0]
    assert np.array_equal(same.ln_g.values, ds.ln_g.values)
    assert len(np.unique(ds.ln_g.values)) == ds.ln_g.size


@pytest.mark.slow
@pytest.mark.cluster
def test_readme_examples_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    readme = ROOT / "README.md"
    examples = blocks(readme, "python")
    assert examples
    namespace: dict[str, Any] = {}
    for line, source in examples:
        # Empty lines in front make a traceback point to the line of the page.
        exec(compile("\n" * line + source, str(readme), "exec"), namespace)
    assert (tmp_path / "results" / "localization.zarr").is_dir()
    # The localization length of the page is that of the workflow's own analysis, and near theory.
    xi = namespace["xi"]
    at = {"disorder": 0.7, "width": 4, "flux": 0.0, "energy": 0.6, "rashba": 0.0}
    row = namespace["result"].sel(at)
    assert float(xi) == pytest.approx(float(row.localization_length), rel=1e-12)
    assert float(xi.error) == pytest.approx(float(row.localization_length_error), rel=1e-12)
    assert float(xi) == pytest.approx(float(row.localization_length_theory), rel=0.06)


@pytest.mark.further
def test_the_definition_with_random_bonds_finds_the_transition(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    page = ROOT / "docs" / "how-to" / "localization-length.md"
    ((_, source),) = blocks(page, "python symplectic.py")
    (tmp_path / "symplectic.py").write_text(source, encoding="utf-8")
    ds = qt.run("symplectic.py", cluster="threads", progress=False)
    found = load(tmp_path / "symplectic.py").results(ds).squeeze()
    narrow, wide = (found.sel(width=width) for width in (4, 8))
    error = np.hypot(narrow.ratio_error, wide.ratio_error)
    rise = (wide.ratio - narrow.ratio) / error
    assert float(rise.sel(disorder=4.0)) > 3
    assert float(rise.sel(disorder=8.0)) < -3
    critical = wide.sel(disorder=5.95)
    # Corrections to scaling are 1 % for narrow strips.
    assert abs(critical.ratio - 1.843) < 0.02 + 3 * critical.ratio_error
    assert critical.ratio_error < 0.02
    assert np.allclose(found.xi, found.ratio * found.width, rtol=1e-12)
