"""Before a run: what workers would compute differently is refused, and named."""

import json
import logging
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pydantic
import pytest
from distributed.versions import get_versions

import qtcore as qt
from qtcore.cluster.late_workers import Gate, asked_for, versions_of
from qtcore.store.header import is_vacant
from qtcore.sweep import rehearsal
from qtcore.sweep.own_rehearsal import Trial
from qtcore.sweep.program import load_program
from qtcore.sweep.provenance import distributions_of, other_versions, versions
from qtcore.sweep.rehearsal import rehearse
from qtcore.sweep.trusted import vouch
from qtcore.workflow import from_source

START = """
import numpy as np
import qtcore as qt
"""

END = """
workflow = qt.Workflow(
    "mine", "Mine", "For tests.",
    {{"quick": qt.Preset(gate=(1.0, 2.0, 3.0), realizations=8{preset})}},
    {roles}, analyse=lambda ds: ds, draw=lambda ds, result: None, check=lambda result: [],
)
"""

OWN = 'solve=solve, variables=(qt.Variable("x"),)'

GOOD = """
def solve(point, realizations):
    rngs = [np.random.default_rng([point.seed, r]) for r in realizations]
    return {"x": point.gate * np.array([rng.normal() for rng in rngs])}
"""


def workflow_of(text: str, roles: str = OWN, preset: str = "") -> qt.Workflow:
    return from_source(START + text + END.format(roles=roles, preset=preset), "mine.py")


def wires(text: str, *more: str) -> qt.Workflow:
    return workflow_of(text, ", ".join(("wire=wire", *more)), ", energy=(0.5,), lengths=(4, 9)")


def rehearsed(workflow: qt.Workflow) -> None:
    rehearse(workflow.sweep(workflow.preset(None), 1), workflow.author)


def test_functions_by_address_pass() -> None:
    rehearsed(workflow_of(GOOD))
    rehearsed(wires("def wire(point): return qt.Wire(qt.Square(3), qt.Box(point.gate))\n"))


UNSEEDED = {
    "the global generator": ("", "np.random.rand(len(realizations))"),
    "no seed": ("", "np.random.default_rng().normal(size=len(realizations))"),
    "one generator for all calls": (
        "RNG = np.random.default_rng(5)\n",
        "RNG.normal(size=len(realizations))",
    ),
    "a counter": ("C = []\n", "[float(C.append(1) or len(C)) for r in realizations]"),
    "the clock": (
        "import time\n",
        "[getattr(time, 'perf' + '_counter')() % 1e-3 for r in realizations]",
    ),
}


@pytest.mark.parametrize("kind", UNSEEDED)
def test_numbers_that_differ_from_call_to_call_are_refused(kind: str) -> None:
    before, value = UNSEEDED[kind]
    text = f"{before}def solve(point, realizations):\n    return {{'x': {value}}}\n"
    with pytest.raises(qt.InputError, match=r"(?s)called again.*default_rng\(\[point.seed, real"):
        rehearsed(workflow_of(text))
    rehearsed(workflow_of(text, OWN + ", repeatable=False"))


@pytest.mark.parametrize(
    "made", ["np.random.default_rng(*[])", "np.random.default_rng(*[]).random()", "object()"]
)
def test_what_is_another_thing_at_each_load_is_refused(made: str) -> None:
    text = f"RNG = {made}\ndef solve(point, realizations):\n    RNG\n    return {{'x': [len(str(RNG)) > 1 for r in realizations]}}\n"
    if made == "object()":  # of which nothing can differ
        rehearsed(workflow_of(text))
        return
    with pytest.raises(qt.InputError, match=r"RNG \(.* is something else each time .* loaded"):
        rehearsed(workflow_of(text))


IN_BLOCKS = {
    "the same stream for every block": (
        "np.random.default_rng(point.seed).normal(size=len(realizations))"
    ),
    "numbers from the block's start": "np.arange(len(realizations)) * 1.0",
}


@pytest.mark.parametrize("kind", IN_BLOCKS)
def test_numbers_that_depend_on_the_block_are_refused(kind: str) -> None:
    text = f"def solve(point, realizations):\n    return {{'x': {IN_BLOCKS[kind]}}}\n"
    with pytest.raises(qt.InputError, match="other numbers alone than together"):
        rehearsed(workflow_of(text))


IN_LONG_BLOCKS = {
    "how many they are": "x + (len(x) > 2)",
    "how many they are, from eight on": "x + (len(x) > 7)",
    "their spread": "np.where(abs(x - x.mean()) > 0.5 * x.std(), np.nan, x) if len(x) > 2 else x",
    "their order": "np.sort(x) if len(x) > 4 else x",
    "that the first is there": "x + (len(x) > 2 and realizations.start == 0)",
}


@pytest.mark.parametrize("kind", IN_LONG_BLOCKS)
def test_numbers_that_depend_on_the_length_of_the_block_are_refused(kind: str) -> None:
    text = GOOD.replace('return {"x": ', "x = ").replace("for rng in rngs])}", "for rng in rngs])")
    text += f"    return {{'x': {IN_LONG_BLOCKS[kind]}}}\n"
    with pytest.raises(qt.InputError, match=r"other numbers in a block of \d than in one of 8"):
        rehearsed(workflow_of(text))
    rehearsed(workflow_of(text, OWN + ", repeatable=False"))


@pytest.mark.parametrize(
    ("as_a_block", "at_most", "longest"), [(2.0, 6.0, 8), (0.0, 6.0, 3), (0.0, 0.0, 2)]
)
def test_the_trial_of_a_block_is_bounded(
    as_a_block: float, at_most: float, longest: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of slow functions three realizations are tried together, of very slow ones two as ever."""
    monkeypatch.setattr("qtcore.sweep.own_rehearsal.AS_A_BLOCK", as_a_block)
    monkeypatch.setattr("qtcore.sweep.own_rehearsal.AT_MOST", at_most)
    workflow = workflow_of(GOOD)
    sweep = workflow.sweep(workflow.preset(None), 1)
    asked: list[int] = []

    class Counting:
        def call(self, function: Callable[..., Any], *given: Any, **_: Any) -> Any:
            asked.extend(len(part) for part in given if isinstance(part, range))
            return function(*given)

    monkeypatch.setattr("qtcore.sweep.own_rehearsal.QUICK", 0.0)
    Trial(sweep, None, Counting(), 8).compare(sweep.point(0))  # type: ignore[arg-type]
    assert max(asked) == longest


def test_a_run_from_the_store_alone_says_it_and_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    text = "def solve(point, realizations):\n    return {'x': np.random.rand(len(realizations))}\n"
    workflow = workflow_of(text)
    with caplog.at_level("WARNING", logger="qtcore"):
        rehearse(workflow.sweep(workflow.preset(None), 1), None)
    assert "called again with the same realizations" in caplog.text


CHANGED_BY_HAND: dict[str, tuple[str, Callable[[dict[str, Any]], object], str]] = {
    "a list": ("TABLE = [1.0]\n", lambda mine: mine["TABLE"].append(2), "TABLE is"),
    "a number": ("TABLE = 1.0\n", lambda mine: mine.update(TABLE=2.0), "TABLE is 2.0"),
    "an entry": (
        "TABLE = {'a': {'b': 1}}\n",
        lambda mine: mine["TABLE"]["a"].update(b=2),
        r"TABLE\['a'\]\['b'\] is 2 in this process and 1 on workers",
    ),
    "an array": (
        "TABLE = np.zeros(3)\n",
        lambda mine: mine["TABLE"].fill(2),
        "TABLE is np.float64.2.0. in this process and np.float64.0.0. on workers",
    ),
    "a class": (
        "class TABLE: x = 1\n",
        lambda mine: setattr(mine["TABLE"], "x", 2),
        "TABLE.*is 2 in this process and 1 on workers",
    ),
    "an object": (
        "class C:\n    def __init__(self): self.x = 1\nTABLE = C()\n",
        lambda mine: setattr(mine["TABLE"], "x", 2),
        "TABLE.*is 2 in this process and 1 on workers",
    ),
    "a function": (
        "def TABLE(): return 1\n",
        lambda mine: exec("def TABLE(): return 2", mine),
        "TABLE is another function",
    ),
    "a default": (
        "def TABLE(x=1): return x\n",
        lambda mine: setattr(mine["TABLE"], "__defaults__", (2,)),
        "defaults of TABLE",
    ),
    "a closure": (
        "def make():\n    h = []\n    return lambda x: (x, h)\nTABLE = make()\n",
        lambda mine: mine["TABLE"](0)[1].append(1),
        "what TABLE encloses",
    ),
    "a partial": (
        "from functools import partial\nTABLE = partial(max, 1)\n",
        lambda mine: mine.update(TABLE=__import__("functools").partial(max, 2)),
        r"TABLE.* is 2 in this process and 1 on workers",
    ),
    "a generator": (
        "TABLE = np.random.default_rng(1)\n",
        lambda mine: mine["TABLE"].normal(),
        "state of TABLE",
    ),
}


@pytest.mark.parametrize("kind", CHANGED_BY_HAND)
def test_state_that_was_changed_by_hand_is_refused_by_name(kind: str) -> None:
    before, change, words = CHANGED_BY_HAND[kind]
    use = (
        "def solve(point, realizations):\n    TABLE\n    return {'x': np.ones(len(realizations))}\n"
    )
    workflow = workflow_of(before + use)
    rehearsed(workflow)
    change(workflow.author.functions["solve"].__globals__)
    with pytest.raises(qt.InputError, match="(?s)" + words):
        rehearsed(workflow)


def test_a_memory_of_functions_is_no_difference() -> None:
    text = (
        "MEMO = {}\ndef f(n):\n    if n not in MEMO: MEMO[n] = 2.0 * n\n    return MEMO[n]\n"
        "def solve(point, realizations):\n    return {'x': np.array([f(r) for r in realizations])}\n"
    )
    workflow = workflow_of(text)
    workflow.author.functions["solve"].__globals__["f"](77)
    rehearsed(workflow)


MEMORIES = {
    "of a key that lacks an axis": (
        "MEMO = {}\n",
        "    if point.gate not in MEMO: MEMO[point.gate] = point.gate + 10 * point.mass\n"
        "    return {'x': [MEMO[point.gate]] * len(realizations)}\n",
        "MEMO",
    ),
    "in a default": (
        "def f(gate, mass, memo={}):\n    return memo.setdefault(gate, gate + 10 * mass)\n",
        "    return {'x': [f(point.gate, point.mass)] * len(realizations)}\n",
        "memo",
    ),
    "in an object": (
        "class Solver:\n    def __init__(self): self.found = None\n    def solve(self, n):\n"
        "        if self.found is None: self.found = n\n        return self.found\nS = Solver()\n",
        "    return {'x': [S.solve(point.gate)] * len(realizations)}\n",
        "self",
    ),
    "of the last point": (
        "LAST = [0.0]\n",
        "    before, LAST[0] = LAST[0], point.gate\n"
        "    return {'x': [before if 0 < before < point.gate else point.gate] * len(realizations)}\n",
        "LAST",
    ),
    "of the first realization": (
        "MEMO = {}\n",
        "    if point.gate not in MEMO: MEMO[point.gate] = float(realizations[0])\n"
        "    return {'x': [MEMO[point.gate]] * len(realizations)}\n",
        "MEMO",
    ),
}
TWO_AXES = ", mass=(1.0, 2.0)"


@pytest.mark.parametrize("kind", MEMORIES)
def test_numbers_that_depend_on_what_ran_before_are_refused(kind: str) -> None:
    before, body, name = MEMORIES[kind]
    text = f"{before}def solve(point, realizations):\n{body}"
    words = (
        rf"(?s)solve\(\) gives something else at .* came before: .* keep {name} from call to call"
    )
    with pytest.raises(qt.InputError, match=words):
        rehearsed(workflow_of(text, preset=TWO_AXES))


def test_a_memory_by_all_that_counts_passes() -> None:
    rehearsed(
        workflow_of(
            "MEMO = {}\ndef solve(point, realizations):\n    key = (point.gate, point.mass)\n"
            "    if key not in MEMO: MEMO[key] = point.gate + 10 * point.mass\n"
            "    x = np.zeros(len(realizations))\n    x[:] = MEMO[key]\n    return {'x': x}\n",
            preset=TWO_AXES,
        )
    )


def test_a_memory_that_was_seen_at_some_points_only_is_told(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(rehearsal, "LONGEST_WITH_MEMORY", 0.0)
    text = f"MEMO = {{}}\n{GOOD.replace('return', 'MEMO[0] = 1; return')}"
    with caplog.at_level(logging.WARNING):  # Dask has set another one where it was used before
        rehearsed(workflow_of(text))
        assert "keep MEMO from call to call" in caplog.text
        caplog.clear()
        rehearsed(workflow_of(GOOD))
    assert "from call to call" not in caplog.text


def test_a_wire_that_depends_on_what_ran_before_is_refused() -> None:
    text = (
        "MADE = {}\ndef wire(point):\n"
        "    return MADE.setdefault(3, qt.Wire(qt.Square(3), qt.Box(point.gate)))\n"
    )
    with pytest.raises(qt.InputError, match=r"wire\(\) gives something else at gate 2"):
        rehearsed(wires(text))


def test_a_wire_that_workers_make_otherwise_is_refused() -> None:
    workflow = wires("W = 1.0\ndef wire(point): return qt.Wire(qt.Square(3), qt.Box(W))\n")
    workflow.author.functions["wire"].__globals__["W"] = 2.0
    with pytest.raises(qt.InputError, match=r"W is 2.0 in this process and 1.0 on workers"):
        rehearsed(workflow)


def test_wires_themselves_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    # As if state alone had not told them apart.
    monkeypatch.setattr(rehearsal, "_compare_states", lambda *_: None)
    text = "def wire(point): return qt.Wire(qt.Square(3), qt.Box({} * point.gate))\n"
    workflow, other = wires(text.format(1)), wires(text.format(2))
    sweep = workflow.sweep(workflow.preset(None), 1)
    stored = sweep.changed(program=other.sweep(other.preset(None), 1).program)
    with pytest.raises(qt.InputError, match=r"disorder.*is 1.0 in this process and 2.0 on workers"):
        rehearse(stored, workflow.author)


def test_gates_are_compared_by_their_values() -> None:
    gate = (
        "def wire(point):\n    def V(x, y): return {} * x\n"
        "    return qt.Wire(qt.Square(3), gates=(V,))\n"
    )
    workflow, other = wires(gate.format(1)), wires(gate.format(3))
    sweep = workflow.sweep(workflow.preset(None), 1)
    stored = sweep.changed(program=other.sweep(other.preset(None), 1).program)
    with pytest.raises(qt.InputError, match=r"wire\(\) at gate 1, energy 0.5: wire"):
        rehearse(stored, workflow.author)


def test_a_wire_with_a_random_gate_is_refused() -> None:
    text = (
        "def wire(point):\n"
        "    def V(x, y): return np.random.rand() + 0 * x\n"
        "    return qt.Wire(qt.Square(3), gates=(V,))\n"
    )
    with pytest.raises(qt.InputError, match="gives another wire when it is called again"):
        rehearsed(wires(text))


def test_a_program_that_an_older_cut_made_is_refused_by_what_it_lacks() -> None:
    text = "G = []\nfor k in range(4): G.append(0.5 * k)\n" + GOOD.replace(
        "point.gate *", "sum(G) * point.gate *"
    )
    workflow = workflow_of(text)
    sweep = workflow.sweep(workflow.preset(None), 1)
    assert "G.append" in sweep.program
    rehearse(sweep, workflow.author)
    older = sweep.changed(
        program=sweep.program.replace("for k in range(4):\n    G.append(0.5 * k)\n", "")
    )
    assert older.program != sweep.program
    vouch(older.program)
    with pytest.raises(
        qt.InputError, match=r"G is .* 0.5, 1.0, 1.5.* in this process and .* on work"
    ):
        rehearse(older, workflow.author)


def test_what_raises_on_workers_alone_is_told() -> None:
    workflow = workflow_of(GOOD)
    sweep = workflow.sweep(workflow.preset(None), 1)
    broken = sweep.changed(program=sweep.program.replace("import numpy as np\n", ""))
    vouch(broken.program)
    with pytest.raises(qt.InputError, match=r"solve\(\) at gate 1: it works .* and raises NameErr"):
        rehearse(broken, workflow.author)


def test_a_cost_that_differs_is_refused() -> None:
    text = "N = 1.0\n" + GOOD + "def cost(point): return N\n"
    workflow = workflow_of(text, OWN + ", cost=cost")
    stored = workflow.sweep(workflow.preset(None), 1)
    workflow.author.functions["cost"].__globals__["N"] = 2.0
    with pytest.raises(qt.InputError, match=r"N is 2.0 in this process and 1.0 on workers"):
        rehearse(stored, workflow.author)


@pytest.fixture
def two_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> qt.Workflow:
    """A workflow whose `solve` and `cost` stand in two files, each with a `helper`."""
    text = "def helper(): return {}\ndef {}: return {}\n"
    parts = {
        "of_solve": text.format(
            100.0, "solve(point, realizations)", "{'x': [helper() for r in realizations]}"
        ),
        "of_cost": text.format(200.0, "cost(point)", "helper()"),
    }
    for name, part in parts.items():
        (tmp_path / f"{name}.py").write_text(part, encoding="utf-8")
        module = ModuleType(name)
        module.__file__ = str(tmp_path / f"{name}.py")
        monkeypatch.setitem(sys.modules, name, module)
        exec(compile(part, module.__file__, "exec"), module.__dict__)
    return qt.Workflow(
        "two",
        "Two files",
        "For tests.",
        {"quick": qt.Preset(gate=(1.0, 2.0), realizations=4)},
        solve=sys.modules["of_solve"].solve,
        cost=sys.modules["of_cost"].cost,
        variables=(qt.Variable("x"),),
        analyse=len,  # type: ignore[arg-type]
        draw=max,
        check=len,  # type: ignore[arg-type]
    )


def test_helpers_of_two_files_do_not_meet(two_files: qt.Workflow) -> None:
    sweep = two_files.sweep(two_files.preset(None), 1)
    point = sweep.point(0)
    assert sweep.solve(point, range(2))["x"].tolist() == [100.0, 100.0]
    assert sweep.cost(point) == 200.0
    rehearse(sweep, two_files.author)
    again = qt.Sweep.from_fields(sweep.model_dump(mode="json"))
    assert again.solve(point, range(1))["x"].tolist() == [100.0]


def test_a_helper_with_the_name_of_a_role_is_not_taken_for_it() -> None:
    text = (
        "def cost(x): return x\n"
        "def compute(point, realizations):\n"
        "    return {'x': np.array([cost(3.0) + solve(np.eye(2), [r, 2])[1] for r in realizations])}\n"
    )
    workflow = workflow_of(
        "from numpy.linalg import solve\n" + text, 'solve=compute, variables=(qt.Variable("x"),)'
    )
    sweep = workflow.sweep(workflow.preset(None), 1)
    assert sweep.cost(sweep.point(0)) is None
    assert sweep.solve(sweep.point(0), range(2))["x"].tolist() == [5.0, 5.0]
    rehearse(sweep, workflow.author)


def test_program_is_loaded_once(two_files: qt.Workflow) -> None:
    sweep = two_files.sweep(two_files.preset(None), 1)
    assert load_program(sweep.program) is load_program(sweep.program)


def test_a_refused_run_leaves_nothing(tmp_path: Path) -> None:
    text = "def solve(point, realizations):\n    return {'x': np.random.rand(len(realizations))}\n"
    store = tmp_path / "a.zarr"
    with pytest.raises(qt.InputError, match="called again"):
        qt.run(workflow_of(text), store=store, cluster="threads", progress=False)
    assert is_vacant(store)


@pytest.mark.usefixtures("one_client")
def test_continuing_is_rehearsed_too(tmp_path: Path) -> None:
    store = tmp_path / "a.zarr"
    workflow = workflow_of(
        "TABLE = [2.0]\n" + GOOD.replace("point.gate *", "TABLE[0] * point.gate *")
    )
    qt.run(workflow, store=store, cluster="threads", progress=False)
    workflow.author.functions["solve"].__globals__["TABLE"][0] = 3.0
    with pytest.raises(
        qt.InputError, match=r"TABLE\[0\] is 3.0 in this process and 2.0 on workers"
    ):
        qt.run(workflow, store=store, realizations=16, cluster="threads", progress=False)
    ds = qt.open(store)
    assert ds.sizes["realization"] == 8
    workflow.author.functions["solve"].__globals__["TABLE"][0] = 2.0
    ds = qt.run(workflow, store=store, realizations=16, cluster="threads", progress=False)
    assert int(np.isfinite(ds.x).sum()) == 3 * 16


def test_packages_of_the_functions_have_their_versions_in_the_store() -> None:
    program = "import numpy as np\nimport pydantic\nfrom scipy.linalg import inv\nimport math"
    assert versions(program)["pydantic"] == pydantic.__version__
    assert {"numpy", "qtcore", "scipy"} <= {*versions(program)}
    assert "math" not in versions(program)


def test_other_versions_of_its_packages_are_told() -> None:
    program = "import pydantic"
    stored = {**versions(program), "pydantic": "1.0", "dask": "0.1"}
    told = [f"pydantic 1.0, now {pydantic.__version__}"]
    assert other_versions(json.dumps(stored), program) == told
    assert other_versions(json.dumps(versions(program)), program) == []
    assert other_versions("", program) == []


def test_workers_have_the_packages_of_the_functions_or_are_sent_away() -> None:
    """Else `try: import x; except ImportError: ...` would be another branch there."""
    program = (
        "try:\n    import yaml\nexcept ImportError:\n    yaml = None\n"
        "try:\n    import no_such_package\nexcept ImportError:\n    no_such_package = None\n"
        "import numpy, math\n"
    )
    names = distributions_of(program)
    assert sorted(names) == ["PyYAML", "no_such_package", "numpy"]
    names = ["python", *names]
    ours = versions_of(get_versions(packages=asked_for(names))["packages"], names)
    assert ours["no_such_package"] == "missing"
    assert ours["python"] == ".".join(map(str, sys.version_info[:2]))
    assert Gate("driver", ours, frozenset(), None, 1.0).problem() == ""
    other = {"python": "3.9", "PyYAML": "missing", "no_such_package": "1.0", "numpy": ours["numpy"]}
    assert Gate("driver", other, frozenset(), None, 1.0).problem() == (
        f"python {ours['python']} instead of 3.9, PyYAML {ours['PyYAML']} instead of missing, "
        "no_such_package missing instead of 1.0"
    )


NAMES_OF_MODULES = {
    "__module__": "def f(): pass\nN = [0]\ndef g(): return len(f.__module__)\n",
    "__name__": "def g(): return len(__name__)\n",
}


@pytest.mark.parametrize("name", NAMES_OF_MODULES)
def test_the_name_of_the_module_is_given_as_the_reason(name: str) -> None:
    text = NAMES_OF_MODULES[name]
    text += (
        "def solve(point, realizations): return {'x': np.array([g() + r for r in realizations])}\n"
    )
    with pytest.raises(qt.InputError, match=f"in a module of another name, which {name} may show"):
        rehearsed(workflow_of(text))


THREAD = "import threading\nT = threading.Thread(target=print, daemon=True)\n"


def test_what_no_function_uses_may_be_another_thing_at_each_load() -> None:
    solve = "def solve(point, realizations):\n    return {'x': [1.0 * r for r in realizations]}\n"
    rehearsed(workflow_of(THREAD + solve))


@pytest.mark.parametrize(
    "used",
    [
        "def solve(point, realizations):\n    T.name\n",
        "def solve(point, realizations):\n    globals()['T'].name\n",
        "def helper():\n    return T.name\ndef solve(point, realizations):\n    helper()\n",
    ],
    ids=["itself", "by its name", "through another"],
)
def test_an_object_of_one_process_is_refused_with_its_type_and_line(used: str) -> None:
    text = f"{THREAD}{used}    return {{'x': [1.0 * r for r in realizations]}}\n"
    with pytest.raises(
        qt.InputError,
        match=r"(?s)T \(Thread, .*line \d+\) is something else each time .*threads, locks",
    ):
        rehearsed(workflow_of(text))
