"""What functions write into is compared as it was straight after loading, before any call."""

import numpy as np
import pytest

import qtcore as qt
from qtcore.sweep.program import _cut
from qtcore.sweep.rehearsal import rehearse
from qtcore.workflow import Workflow, from_source

SOLVE = """
def solve(point, realizations):
    {write}
    rngs = [np.random.default_rng([point.seed, r]) for r in realizations]
    return {{"x": point.gate * np.array([rng.normal() for rng in rngs])}}

workflow = qt.Workflow(
    "mine", "Mine", "For tests.", {{"quick": qt.Preset(gate=(1.0, 2.0), realizations=4)}},
    solve=solve, variables=(qt.Variable("x"),),
)
"""


def definition(before: str, write: str) -> Workflow:
    text = f"import numpy as np\nimport qtcore as qt\n{before}\n{SOLVE.format(write=write)}"
    return from_source(text, "mine.py")


def rehearsed(workflow: Workflow) -> None:
    rehearse(workflow.sweep(workflow.preset(None), 1), workflow.author)


OBJECT = (
    "class Found:\n    def __init__(self):\n        self.by, self.at = {'n': 0.0}, 0\nF = Found()\n"
)

TABLES = {
    "a list": ("F = [0.0, 0.0]\n", "F[0] += 1.5", "F[1] = point.gate"),
    "a list in a dict": ("F = {'a': [0.0]}\n", "F['a'].append(1.5)", "F['b'] = point.gate"),
    "an array": ("F = np.zeros(2)\n", "F[0] = 1.5", "F[1] = point.gate"),
    "an array of objects": (
        "F = np.empty(2, dtype=object)\nF[:] = [[1], [2]]\n",
        "F[0].append(2)",
        "F[1] = point.gate",
    ),
    "a set": ("F = set()\n", "F.add(1.5)", "F.add(point.gate)"),
    "a queue": ("from collections import deque\nF = deque()\n", "F.append(1)", "F.append(2)"),
    "a dict with a default": (
        "from collections import defaultdict\nF = defaultdict(list)\n",
        "F['a'].append(1)",
        "F['b'] = [point.gate]",
    ),
    "an object": (OBJECT, "F.by['n'] = 1.5", "F.at = point.gate"),
    "a new attribute": (OBJECT, "F.new = 1.5", "F.at = point.gate"),
    "an object in a list": (f"{OBJECT}F = [F, 0]\n", "F[0].at = 1.5", "F[1] = point.gate"),
    "a class": ("class F:\n    n = [0.0]\n", "F.n[0] = 1.5", "F.at = point.gate"),
    "a function": ("def F(): pass\nF.n = 0\n", "F.n = 1.5", "F.at = point.gate"),
    "slots": (
        "class S:\n    __slots__ = ('a', 'b')\nF = S()\n",
        "F.a = 1.5",
        "F.b = point.gate",
    ),
    "a dict of its own class": (
        "class D(dict): pass\nF = D(a=1)\n",
        "F['a'] = 1.5",
        "F['b'] = point.gate",
    ),
    "a list of its own class": ("class D(list): pass\nF = D()\n", "F.append(1)", "F.append(2)"),
    "a generator of numbers": (
        "F = {'rng': np.random.default_rng(1)}\n",
        "F['rng'].random()",
        "F['b'] = point.gate",
    ),
}


@pytest.mark.parametrize("kind", TABLES)
def test_a_table_that_the_cut_misses_a_change_of_is_refused(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    table, change, write = TABLES[kind]
    before = f"{table}def fill():\n    {change}\nfill()\n"
    workflow = definition(before, write)
    workflow.author.functions["solve"](workflow.sweep(workflow.preset(None), 1).point(0), range(1))
    rehearsed(workflow)  # whatever was called meanwhile
    monkeypatch.setattr("qtcore.sweep.cut._may_matter", lambda *_: False)
    monkeypatch.setattr("qtcore.sweep.program._cut", _cut.__wrapped__)  # without its memory
    with pytest.raises(qt.InputError, match=r"straight after loading, .*F"):
        rehearsed(definition(before, write))


KEPT = {
    "a lock": "import threading\nF = {'lock': threading.Lock()}\n",
    "functions": "def f(): pass\nF = {'f': f, 'g': lambda x: x, 'h': np.sin}\n",
    "a generator": "F = {'g': (n for n in range(3))}\n",
    "a module": "F = {'m': np}\n",
    "itself": "F = {}\nF['F'] = F\n",
    "a kernel": "import numba\n@numba.njit\ndef f(x): return x\nF = {'f': f}\n",
    "an enumeration": "import enum\nclass K(enum.Enum):\n    A = 1\nF = {K.A: K}\n",
    "numbers that are missing": "F = {'a': np.nan, 'b': np.array([np.nan])}\n",
    "a thread's own": "import threading\nF = threading.local()\nF.a = 1\n",
    "what never ends": "F = {}\nX = F\nfor _ in range(100):\n    X['a'] = {}\n    X = X['a']\n",
}


@pytest.mark.parametrize("kind", KEPT)
@pytest.mark.first_cases(4)
def test_tables_that_cannot_be_copied_are_no_reason_to_refuse(kind: str) -> None:
    write = "F.b = 1" if kind == "a thread's own" else "F['b'] = point.gate"
    rehearsed(definition(KEPT[kind], write))


def test_nothing_of_the_text_is_called_to_remember_its_tables() -> None:
    methods = ("__deepcopy__", "__copy__", "__reduce_ex__", "__getstate__", "__eq__", "__iter__")
    hooks = "".join(f"    def {name}(self, *given): raise SystemExit(1)\n" for name in methods)
    attribute = "    def __getattribute__(self, name): raise SystemExit(1)\n"
    hooks += f"{attribute}    __hash__ = object.__hash__\n"
    definition(f"class O:\n{hooks}F = [O(), 0]\n", "F[1] = 1")


AGAIN = {
    "a number": "k = fill(T)\nk = 5\n",
    "a loop": "for k in range(3): fill(T)\nfor k in 'ab': print(k)\n",
    "a function": "k = fill(T)\ndef k(): pass\n",
    "an import": "k = fill(T)\nimport math as k\n",
    "with": "import contextlib\nk = fill(T)\nwith contextlib.suppress(ValueError) as k: pass\n",
    "match": "k = fill(T)\nmatch 3:\n    case k: pass\n",
    "an object that ends": (
        "class O:\n    def __del__(self): fill(T)\nk = O()\nk = 1\nj = O()\nj = None\n"
    ),
}


@pytest.mark.parametrize("kind", AGAIN)
def test_a_name_that_is_bound_again_for_something_else_is_not_refused(kind: str) -> None:
    before = f"T = [0.0]\ndef fill(t):\n    t[0] += 1.0\n    return t[0]\n{AGAIN[kind]}"
    rehearsed(definition(before, "np.sum(T)"))


def test_numbers_of_a_class_that_is_raised_reach_the_workers() -> None:
    """The first attack: what the class does when it is raised was 1.5 here and 0 on workers."""
    before = (
        "FOUND = [0.0, 0.0]\nclass Known(Exception):\n    def __init__(self, *given):\n"
        "        FOUND[0] += 1.5\ntry:\n    raise Known\nexcept Known:\n    pass\n"
    )
    workflow = definition(before, "FOUND[1] = point.gate")
    rehearsed(workflow)
    assert "raise Known" in workflow.sweep(workflow.preset(None), 1).program
    assert np.isclose(workflow.author.functions["solve"].__globals__["FOUND"][0], 1.5)
