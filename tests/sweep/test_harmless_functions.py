"""Ways to write functions that change no number: each passes the rehearsal."""

import pytest

from qtcore.sweep.rehearsal import rehearse
from qtcore.workflow import from_source

START = """
import contextlib
import dataclasses
import functools
import typing
from collections.abc import Callable

import numpy as np
import qtcore as qt
"""

END = """
workflow = qt.Workflow(
    "mine", "Mine", "For tests.", {"quick": qt.Preset(gate=(1.0, 2.0), realizations=8)},
    solve=solve, variables=(qt.Variable("r"),),
    analyse=lambda ds: ds, draw=lambda ds, result: None, check=lambda result: [],
)
"""

PLAIN = """
def solve(point, realizations):
    return {"r": np.array([scaled(point.gate, r) for r in realizations])}
"""

HELPERS = {
    "a docstring that a key repeats": '''
def solve(point, realizations):
    """r"""
    r = np.array([point.gate * n for n in realizations])
    return {"r": r}
''',
    "a docstring in the middle of the constants": '''
def solve(point, realizations):
    """r"""
    found = {"x": [], "r": []}
    for n in realizations:
        found["r"].append(point.gate * n + 1.5)
    return {"r": np.array(found["r"])}
''',
    "a docstring alone": '''
def nothing():
    """Do nothing."""

def scaled(x, n):
    """0.5"""
    return nothing() or x * n * 0.5
''',
    "annotations": """
def scaled(x: float, n: "int", *rest: "np.ndarray", power: float = 1.0) -> "float | None":
    found: float = x
    other: "int"
    other = n
    return found * other ** power
""",
    "nested functions": '''
def scaled(x, n):
    """x"""
    def inner(y: float) -> float:
        """y"""
        return x * y
    return inner(n) + len("x")
''',
    "comprehensions": """
def scaled(x, n):
    squares = [k * x for k in range(n + 1) if k % 2]
    table = {k: v for k, v in enumerate(squares)}
    return sum({*table.values()}) + sum(k for k in (1, 2))
""",
    "lambdas as defaults": """
def scaled(x, n, f=lambda y: 2 * y, *, g=lambda y, k=3: k * y):
    return f(x) + g(n)
""",
    "texts with places": """
def scaled(x, n):
    name = f"{x!r:>10} and {n=} " "more" f"{{{n:0{3}d}}}"
    return len(name) * x
""",
    "a name bound in an expression": """
def scaled(x, n):
    if (y := x * n) > 1 and not (z := False):
        return y
    return [w := n, w * 2][-1]
""",
    "match": """
def scaled(x, n):
    match n, {"a": x}:
        case 0 | 1, _:
            return x
        case int(k), {"a": float(y)} if y > 0:
            return y + k
        case [*_, last]:
            return 1.0
""",
    "functools": """
def decorated(function):
    @functools.wraps(function)
    def inner(*given, **named):
        return function(*given, **named)
    return inner

@decorated
@functools.lru_cache(maxsize=None)
def scaled(x, n):
    \"\"\"Scale.\"\"\"
    return functools.reduce(lambda a, b: a + b, (x, n), 0.0)
""",
    "a partial function": """
def power(x, n, *, to):
    return (x * n) ** to

scaled = functools.partial(power, to=2)
""",
    "dataclasses": '''
@dataclasses.dataclass(frozen=True, order=True)
class Law:
    """A law."""
    slope: float = 2.0
    offset: "float" = 1.0
    name: typing.ClassVar[str] = "slope"
    terms: list[float] = dataclasses.field(default_factory=list)

    @property
    def both(self) -> float:
        """slope"""
        return self.slope + self.offset

    @staticmethod
    def zero() -> "float":
        return 0.0

def scaled(x, n):
    return x * Law(float(n)).both + Law.zero()
''',
    "closures": """
def made(slope):
    "slope"
    count = 1
    def inner(x, n):
        nonlocal count
        count = 1
        return slope * x * n * count
    return inner

scaled = made(3.0)
""",
    "hints of types": """
T = typing.TypeVar("T", bound="float")
Numbers: typing.TypeAlias = "list[float]"

def first(values: "Callable[..., T]") -> "T":
    return typing.cast("T", values)

def scaled(x: "Numbers", n: typing.Annotated[int, "a count"]) -> 'float':
    return first(x) * n
""",
    "names in other scripts": """
def größe(ξ, ﬁ):
    Δ, ψ_0 = ξ, "ψ"
    return Δ * len(ψ_0) * ﬁ

scaled = größe
""",
    "global": """
FACTOR = 2.0

def scaled(x, n):
    global FACTOR
    return FACTOR * x * n
""",
    "generators": """
def running(x, n):
    total = 0.0
    for k in range(n):
        total += x
        yield total
    yield from (x, x)

def scaled(x, n):
    return sum(running(x, n))
""",
    "a function that waits": """
async def later(x):
    return x

def scaled(x, n):
    made = later(x * n)
    try:
        made.send(None)
    except StopIteration as end:
        return end.value
""",
    "exceptions and contexts": """
@contextlib.contextmanager
def scale(x):
    try:
        yield x
    finally:
        pass

def scaled(x, n):
    assert n >= 0, "n"
    with scale(x) as y, contextlib.suppress(ZeroDivisionError):
        return y / n
    return 0.0
""",
    "arguments of every kind": """
def all_of(a, /, b, *c, d=1, **e):
    return a + b + sum(c) + d + sum(e.values())

def scaled(x, n):
    return all_of(x, *(n, 1), **{"d": 2, "f": 3})
""",
    "constants of every kind": """
def scaled(x, n):
    if n in {1, 2, "b", "a", None} or x in (1, 1.0, True, -0.0, 1e400, 2j, b"", ...):
        return x
    return x * 0x10 + 1_000 + -1 + (2 - 1) * len("a" "b")
""",
    "a class with names of its own": """
class Base:
    __slots__ = ("slope",)
    def __init__(self, slope):
        self.slope = slope
    def __call__(self, x):
        return self.__scaled(x)
    def __scaled(self, x):
        return self.slope * x

class Law(Base):
    def __init__(self, slope):
        super().__init__(slope)

def scaled(x, n):
    return Law(x)(n)
""",
    "a function in a condition": """
if np.pi > 3:
    def scaled(x, n):
        "n"
        return x * n
else:
    def scaled(x, n):
        return 0.0
""",
}


@pytest.mark.parametrize(
    "kind",
    [
        pytest.param(kind, marks=[pytest.mark.slow] if n % 3 else [])
        for n, kind in enumerate(HELPERS)
    ],
)
@pytest.mark.first_cases(2)
def test_harmless_forms_pass(kind: str) -> None:
    text = HELPERS[kind]
    solve = "" if "def solve" in text else PLAIN
    workflow = from_source(START + text + solve + END, "mine.py")
    rehearse(workflow.sweep(workflow.preset(None), 1), workflow.author)
