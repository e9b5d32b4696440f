"""A sweep in one call: what is taken of a script, and that it is a sweep as any other."""

import linecache
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

import qtcore as qt
from qtcore.run_result import RunResult
from qtcore.sweep.own_text import SOURCE, source_text, text_so_far
from qtcore.workflow.of_function import workflow_of

from .swept_scripts import HEAD, SWEPT, Script

DEFINITION = """
import qtcore as qt


def wire(point):
    return qt.Wire(qt.Square(point.width), disorder=qt.Box(2.0))


workflow = qt.Workflow(
    "by_hand",
    "A sweep that is written as a definition",
    "The same numbers as those of one call.",
    {"quick": qt.Preset(width=(2, 3), energy=(0.1, 0.7), lengths=(8, 16), realizations=4)},
    wire=wire,
)
"""


def test_one_call_gives_the_numbers_of_a_definition(script: Script, tmp_path: Path) -> None:
    found = script(f"found = {SWEPT}\n")["found"]
    path = tmp_path / "by_hand.py"
    path.write_text(DEFINITION)
    by_hand = qt.run(path, cluster="threads", progress=False)
    names = [*by_hand.data.data_vars]
    xr.testing.assert_identical(
        found.data[names].drop_attrs().load(), by_hand.data[names].drop_attrs().load()
    )


def test_the_same_call_goes_on_and_another_one_has_another_store(script: Script) -> None:
    first = script(f"found = {SWEPT}\n")["found"]
    written = first.data.load()
    path = Path(first.store)
    assert path.parent.name == "results"
    assert path.name.startswith("ribbon-")
    before = {one: one.stat().st_mtime_ns for one in path.rglob("*") if "/c/" in str(one)}
    assert before
    # What follows the call, comments and the words of a docstring make no number.
    again = script(f"# other words\nfound = {SWEPT}\nafterwards = ribbon(2, 0.1)\n")["found"]
    assert again.store == first.store
    assert {one: one.stat().st_mtime_ns for one in before} == before
    xr.testing.assert_identical(again.data.ln_g.load(), written.ln_g)
    larger = SWEPT.replace("**OPTIONS", "**(OPTIONS | {'realizations': 6})")
    more = script(f"found = {larger}\n")
    assert more["found"].store == first.store
    assert int(more["found"].data.finished.min()) == 6
    others = {
        script(f"found = {text}\n")["found"].store
        for text in (
            SWEPT.replace("(0.1, 0.7)", "(0.1, 0.8)"),
            SWEPT.replace("energy", "strength=1.0, energy"),
            SWEPT.replace("energy", "seed=7, energy"),
        )
    }
    assert len(others | {first.store}) == 4


def test_a_script_may_sweep_in_loops_functions_and_lambdas(script: Script) -> None:
    made = script(
        """
OPTIONS |= {"energy": 0.3, "width": (2, 3)}
qt.sweep(ribbon, **OPTIONS)
found = []
for strength in (1.0, 2.0):
    found.append(qt.sweep(ribbon, strength=strength, **OPTIONS))
named = {s: qt.sweep(ribbon, strength=s, **OPTIONS) for s in (1.0, 2.0)}


def of(scale):
    def inner(width, more=np.float64(1.0)):
        return qt.Wire(qt.Square(width), disorder=qt.Box(scale * more))

    return inner


def main():
    return qt.sweep(of(2.0), **OPTIONS)


enclosed = main()
weak, strong = lambda width: ribbon(width, 0.0, 1.0), lambda width: ribbon(width, 0.0, 2.0)
written = [qt.sweep(one, **OPTIONS) for one in (weak, strong)]
"""
    )
    weak, strong = (one.data.ln_g.load() for one in made["found"])
    assert not np.array_equal(weak, strong)
    assert [made["named"][s].store for s in (1.0, 2.0)] == [one.store for one in made["found"]]
    np.testing.assert_array_equal(made["written"][0].ln_g, weak)
    np.testing.assert_array_equal(made["written"][1].ln_g, strong)
    np.testing.assert_array_equal(made["enclosed"].ln_g, strong)


def test_cells_of_a_notebook_are_a_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    namespace: dict[str, Any] = {"__name__": "__main__", "In": [""]}

    def cell(text: str) -> None:
        namespace["In"].append(text)
        name = f"<cell {len(namespace['In'])}>"
        linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
        exec(compile(text, name, "exec"), namespace)

    cell(HEAD)
    cell("def ribbon(width):\n    return qt.Wire(qt.Square(width), disorder=qt.Box(WIDEST))\n")
    cell("one = qt.sweep(ribbon, width=(2, 3), energy=0.1, **OPTIONS)\n")
    cell(
        "WIDEST = 3.0\nother = qt.sweep(lambda width: ribbon(width), width=(2,), energy=0.1, **OPTIONS)"
    )
    assert namespace["one"].store != namespace["other"].store
    assert "WIDEST = 3.0" in qt.source(namespace["other"].store)
    namespace["WIDEST"] = 4.0  # by hand, in no cell
    with pytest.raises(qt.InputError, match=r"WIDEST is 4\.0 in this process and 3\.0 on workers"):
        cell("qt.sweep(ribbon, width=(2, 3), energy=0.1, **OPTIONS)\n")


def test_what_is_typed_at_the_prompt_of_python_3_13_is_a_text(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Such a Python keeps every input under a name of its own, the current one too."""
    namespace: dict[str, Any] = {}
    monkeypatch.setattr(linecache, "cache", {})
    inputs = ("W = 2.0\n", "def of(x):\n    return W * x\n", "W = 3.0; told = so_far(of)\n")
    namespace["so_far"] = text_so_far
    for number, text in enumerate(inputs):
        name = f"<python-input-{number}>"
        linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
        exec(compile(text, name, "exec"), namespace)
    assert namespace["told"] == f"{inputs[0]}\n{inputs[1]}\nW = 3.0; "
    assert source_text(namespace["of"]) == "\n".join(inputs)


@pytest.mark.parametrize(
    ("said", "program_has"),
    [
        ("start = time.time()\nprint(f'{time.time() - start:.1f} s in {os.getcwd()}')", ""),
        ("SCALE = 1.0\nstart = time.time()\nprint(round(start))", "SCALE = 1.0"),
        ("SCALE = float(os.getpid() > 0)", "refused: reads the process or host"),
        ("SCALE = round(time.time() - time.time() + 1.0)", "refused: reads the clock"),
    ],
)
def test_a_look_at_the_clock_makes_no_number(said: str, program_has: str) -> None:
    text = (
        f"import os, time\nimport qtcore as qt\n{said}\ndef ribbon(width):\n"
        f"    return qt.Wire(qt.Square(width), disorder=qt.Box({'SCALE' if 'SCALE' in said else 1.0}))\n"
    )
    namespace: dict[str, Any] = {SOURCE: text}
    exec(text, namespace)
    preset = qt.Preset(width=(2, 3), energy=0.1, lengths=(8,))
    refusal = program_has.removeprefix("refused: ")
    if refusal != program_has:
        with pytest.raises(qt.InputError, match=refusal):
            workflow_of(namespace["ribbon"], "wire", preset).sweep(preset, 1)
        return
    program = workflow_of(namespace["ribbon"], "wire", preset).sweep(preset, 1).program
    assert program_has in program
    assert "time()" not in program


def test_what_a_run_has_left(script: Script) -> None:
    made = script(f"found = {SWEPT}\n")
    found = made["found"]
    assert isinstance(found, RunResult)
    assert "complete" in repr(found)
    assert found.store in repr(found)
    assert set(found) == set(found.data)
    assert len(found) == len(found.data)
    assert "ln_g" in found
    np.testing.assert_array_equal(found["ln_g"], found.data.ln_g)
    assert "mean_ln_g" in found.results
    assert found.checks.passed
    assert "✓" in repr(found.checks)
    assert "<table>" in found.checks._repr_html_()
    shown = found._repr_html_()
    assert "data:image/png;base64" in shown
    assert "2 of 2 checks passed" in shown
    assert found.status().complete
    assert np.isfinite(found.plot("mean(ln_g)", x="length").get_figwidth())
    assert found.export("numbers.csv", of="ln_g", stat="mean").exists()
    assert "localization_length" in found.qt.localization_length()
    with pytest.raises(AttributeError, match="nonsense"):
        _ = found.nonsense


def test_a_function_of_ones_own(script: Script) -> None:
    found = script(
        """
def lowest(realizations, seed, disorder, sites):
    kinetic = -np.eye(sites, k=1) - np.eye(sites, k=-1)
    found = []
    for number in realizations:
        random = np.random.default_rng([seed, number]).random(sites) - 0.5
        found.append(np.linalg.eigvalsh(np.diag(disorder * random) + kinetic)[0])
    return {"energy_of": np.array(found)}


found = qt.sweep(
    solve=lowest, variables=[qt.Variable("energy_of", units="t")], disorder=(1.0, 2.0),
    sites=range(10, 40, 10), realizations=5, cluster="threads", progress=False,
)
"""
    )["found"]
    assert dict(found.sizes) == {"disorder": 2, "sites": 3, "realization": 5}
    assert found.sites.dtype == np.int64
    assert (found.energy_of < -2 * math.cos(math.pi / 31)).any()


def test_the_package_and_the_function_have_one_name() -> None:
    import qtcore.sweep.axes as axes
    from qtcore.sweep import spec

    assert qt.sweep.axes is axes
    assert qt.sweep.spec is spec
    assert callable(qt.sweep)


@pytest.mark.slow
@pytest.mark.parametrize("way", ["-c", "-"])
def test_what_python_is_told_on_its_command_line(way: str, tmp_path: Path) -> None:
    text = f"{HEAD}\nprint({SWEPT}.store)\n"
    command = [sys.executable, way, *([text] if way == "-c" else [])]
    done = subprocess.run(
        command, cwd=tmp_path, input=text, capture_output=True, text=True, check=False
    )
    if way == "-c":
        assert done.returncode == 0, done.stderr
        assert (tmp_path / done.stdout.strip()).is_dir()
    else:
        assert "the source of ribbon cannot be had (<stdin>)" in done.stderr
        assert not (tmp_path / "results").exists()


@pytest.mark.slow
def test_a_store_is_at_home_in_a_shell_without_the_script(script: Script, tmp_path: Path) -> None:
    store = script(f"found = {SWEPT}\n")["found"].store
    (tmp_path / "script.py").unlink()

    def qtcore(*words: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "qtcore", *words],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert "sweep of ribbon" in qtcore("status", store)
    qtcore("extend", store, "--add", "width=4", "--realizations", "5", "--cluster", "threads")
    assert int(qt.open(store).finished.min()) == 5
    assert "16" in qtcore("show", store, "--of", "ln_g", "--by", "length")
    qtcore("plot", store, "--y", "mean(ln_g)", "--x", "length", "--hue", "width")
    qtcore("check", store)


def test_texts_are_swept_as_cases_and_given_whole_as_constants(script: Script) -> None:
    made = script(
        """
def strip(kind, width):
    assert kind in (["a", "b"], "a", "b")
    return qt.Wire(qt.Square(width), disorder=qt.Box(2.0 if kind == "a" else 1.0))


swept = qt.sweep(
    strip, sample=qt.Cases([{"kind": "a"}, {"kind": "b"}]), width=(2, 3), energy=0.3, **OPTIONS
)
whole = qt.sweep(strip, kind=qt.Constant(("a", "b")), width=(2, 3), energy=0.3, **OPTIONS)
"""
    )
    assert made["swept"].data.kind.to_numpy().tolist() == ["a", "b"]
    assert not (made["swept"].ln_g[0] == made["swept"].ln_g[1]).any()
    assert "kind" not in made["whole"].data.dims


def test_a_function_may_look_at_its_globals(script: Script) -> None:
    """It was refused for a name `qt_`, which nobody had written."""
    found = script(
        """
def strip(width):
    globals()["strength"] = 2.0
    return qt.Wire(qt.Square(width), disorder=qt.Box(strength))


found = qt.sweep(strip, width=(2, 3), energy=0.3, **OPTIONS)
"""
    )["found"]
    assert found.status().complete


def test_defaults_of_the_function_stand_in_tables_and_reports(
    script: Script, tmp_path: Path
) -> None:
    found = script(
        """
def strip(width, strength=WIDEST, *, kind="box", flux=0.0):
    return ribbon(width, 0.1, strength)


found = qt.sweep(strip, width=(2, 3), energy=0.3, flux=0.1, **OPTIONS)
"""
    )["found"]
    told = found.export(tmp_path / "a.csv", of="ln_g", stat="mean").read_text(encoding="utf-8")
    assert "# flux: 0.1\n" in told
    assert "# strength: 2.0\n" in told
    assert "# kind: 'box'\n" in told
    page = found.report().read_text(encoding="utf-8")
    assert "default of the swept function" in page
    assert "sweep of strip sweep" not in page
