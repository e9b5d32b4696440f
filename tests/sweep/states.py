"""Definitions with module-level state of every kind, for `test_state.py`.

Each defines `solve`, whose number depends on the state. Executed as a script, this file prints for
each of them what it gives in the author's own process and in one that has its program alone, or why
it is refused. Each runs in processes of its own: some of them change imported packages.
"""

import json
import os
import runpy
import sys
import textwrap
import traceback
from pathlib import Path
from types import ModuleType
from typing import Any

MORE, HANDED_ON, NOT_TAKEN = (
    runpy.run_path(str(Path(__file__).with_name(name)))
    for name in ("more_states.py", "states_of_libraries.py", "refused_states.py")
)

RIGHT = {
    "a loop that appends": (3.0, "G = []\nfor k in range(4): G.append(0.5 * k)\n", "sum(G)"),
    "a decorator that registers": (
        42.0,
        """
        REG = {"x": 1}
        def register(f):
            REG["x"] = f()
            return f
        @register
        def other(): return 42
        """,
        "REG['x']",
    ),
    "global in a function that is called": (
        2.0,
        "def configure(x):\n    global N\n    N = x\nconfigure(2.0)\n",
        "N",
    ),
    "global over an earlier value": (
        2.0,
        "N = 1\ndef configure(x):\n    global N\n    N = x\nconfigure(2.0)\n",
        "N",
    ),
    "extend below if": (3.0, "H = []\nif True: H.extend([1, 2])\n", "sum(H)"),
    "else": (6.0, "A = 1\nif A > 1:\n    F = 5\nelse:\n    F = 6\n", "F"),
    "with": (
        5.0,
        """
        import contextlib
        H = []
        with contextlib.suppress(Exception): H.append(5)
        """,
        "sum(H)",
    ),
    "a context manager of its own": (
        7.0,
        """
        from contextlib import contextmanager
        H = []
        @contextmanager
        def filled():
            H.append(7)
            yield
        with filled(): pass
        """,
        "sum(H)",
    ),
    "try": (4.0, "H = []\ntry: H.append(4)\nexcept ValueError: pass\n", "sum(H)"),
    "except": (9.0, "N = 1\ntry: 1 / 0\nexcept ZeroDivisionError: N = 9\n", "N"),
    "finally": (8.0, "H = []\ntry: pass\nfinally: H.append(8)\n", "sum(H)"),
    "while": (10.0, "H = [0]\nwhile len(H) < 5: H.append(len(H))\n", "sum(H)"),
    "match": (3.0, "match (1, 2):\n    case (a, b): N = a + b\n", "N"),
    "passed to a function": (
        6.0,
        "def fill(t): t['a'] = 6\nTABLE = {}\nfill(TABLE)\n",
        "TABLE['a']",
    ),
    "passed by keyword": (6.0, "def fill(*, t): t['a'] = 6\nT = {}\nfill(t=T)\n", "T['a']"),
    "passed within a tuple": (1.0, "H = []\ndef f(x): x[1].append(1)\nf((0, H))\n", "sum(H)"),
    "passed with stars": (1.0, "H = []\ndef f(*x): x[0].append(1)\nf(*[H])\n", "sum(H)"),
    "an assignment that calls": (1.0, "H = []\ndef f(): H.append(1)\nignored = f()\n", "sum(H)"),
    "a method of a result": (1.0, "H = []\ndef get(): return H\nget().append(1)\n", "sum(H)"),
    "a method in an expression": (1.0, "H = []\nM = 2 * (H.append(1) is None)\n", "sum(H)"),
    "a comprehension": (6.0, "H = []\n[H.append(k) for k in (1, 2, 3)]\n", "sum(H)"),
    "a lambda that is called": (1.0, "H = []\n(lambda: H.append(1))()\n", "sum(H)"),
    "a walrus": (5.0, "if (N := 5) > 2: pass\n", "N"),
    "an alias": (3.0, "G = [1]\nH = G\nH.append(2)\n", "sum(G)"),
    "an alias in a dict": (3.0, "G = [1]\nD = {'g': G}\nD['g'].append(2)\n", "sum(G)"),
    "an alias that grows": (3.0, "G = [1]\nH = G\nH += [2]\n", "sum(G)"),
    "an alias that a call makes": (
        3.0,
        "G = [1]\nALL = []\nALL.append(G)\nALL[0].append(2)\n",
        "sum(G)",
    ),
    "augmented": (6.0, "N = 1\nN += 5\n", "N"),
    "augmented item": (6.0, "D = {'a': 1}\nD['a'] += 5\n", "D['a']"),
    "del of an item": (1.0, "D = {'a': 1, 'b': 5}\ndel D['b']\n", "sum(D.values())"),
    "del of a name": (1.0, "N = 5\ndel N\ntry: N\nexcept NameError: M = 1\n", "M"),
    "an item": (2.0, "D = {}\nD['a'] = 2\n", "D['a']"),
    "an item of an item": (2.0, "D = {'a': {}}\nD['a']['b'] = 2\n", "D['a']['b']"),
    "a loop over items": (3.0, "D = {}\nfor D['k'] in (1, 2, 3): pass\n", "D['k']"),
    "an attribute": (2.0, "class C: n = 1\nC.n = 2\n", "C.n"),
    "an attribute by setattr": (2.0, "class C: n = 1\nsetattr(C, 'n', 2)\n", "C.n"),
    "an attribute of a function": (2.0, "def f(): return 1\nf.n = 2\n", "f.n"),
    "an attribute of solve": (2.0, "", "solve.n", "solve.n = 2\n"),
    "a method put into a class": (
        2.0,
        "class C:\n    def f(self): return 1\ndef g(self): return 2\nC.f = g\n",
        "C().f()",
    ),
    "__init_subclass__": (
        1.0,
        """
        KNOWN = []
        class Base:
            def __init_subclass__(cls, **kw): KNOWN.append(cls.n)
        class Sub(Base): n = 1
        """,
        "sum(KNOWN)",
    ),
    "a metaclass": (
        1.0,
        """
        KNOWN = []
        class Meta(type):
            def __new__(cls, *a):
                KNOWN.append(1)
                return super().__new__(cls, *a)
        class Sub(metaclass=Meta): n = 1
        """,
        "sum(KNOWN)",
    ),
    "__set_name__": (
        1.0,
        """
        KNOWN = {}
        class Field:
            def __set_name__(self, owner, name): KNOWN[name] = 1
        class Sub: n = Field()
        """,
        "sum(KNOWN.values())",
    ),
    "a class body": (1.0, "H = []\nclass Sub: H.append(1)\n", "sum(H)"),
    "a class decorator": (
        1.0,
        "H = []\ndef mark(c):\n    H.append(1)\n    return c\n@mark\nclass Sub: pass\n",
        "sum(H)",
    ),
    "an object that counts what is made": (
        2.0,
        "class C:\n    made = 0\n    def __init__(self): C.made += 1\nC()\nC()\n",
        "C.made",
    ),
    "an operator that acts": (
        1.0,
        """
        H = []
        class C:
            def __add__(self, other):
                H.append(1)
                return self
        M = C() + 1
        """,
        "sum(H)",
    ),
    "a property that acts": (
        1.0,
        """
        H = []
        class C:
            @property
            def x(self): return H.append(1)
        M = C().x
        """,
        "sum(H)",
    ),
    "an f-string that acts": (
        1.0,
        """
        H = []
        class C:
            def __format__(self, how):
                H.append(1)
                return ""
        M = f"{C()}"
        """,
        "sum(H)",
    ),
    "an iterator that was begun": (2.0, "IT = iter([1, 2, 3])\nnext(IT)\n", "next(IT)"),
    "a generator that is used up": (0.0, "IT = (k for k in (1, 2))\nM = list(IT)\n", "sum(IT)"),
    "a generator that is unpacked": (3.0, "IT = iter([1, 2, 3])\na, b, *c = IT\n", "c[0]"),
    "a generator in a sum": (0.0, "IT = map(abs, [1, 2])\nM = sum(IT)\n", "sum(IT)"),
    "a function that sorts by another": (
        3.0,
        "H = []\ndef key(x):\n    H.append(x)\n    return x\nM = sorted([1, 2], key=key)\n",
        "sum(H)",
    ),
    "reduce": (
        2.0,
        "from functools import reduce\nH = []\ndef f(a, b):\n    H.append(b)\n    return b\n"
        "M = reduce(f, [1, 2])\n",
        "sum(H)",
    ),
    "a default that changes": (
        1.0,
        "def f(h=[]):\n    h.append(1)\n    return h\nf()\n",
        "len(f())-1",
    ),
    "a closure": (
        2.0,
        "def make():\n    h = []\n    def add(x=None):\n        if x: h.append(x)\n"
        "        return sum(h)\n    return add\nadd = make()\nadd(2)\n",
        "add()",
    ),
    "a partial": (
        5.0,
        "from functools import partial\ndef f(a, b): return a + b\np = partial(f, 2)\n",
        "p(3)",
    ),
    "a lambda as a value": (5.0, "K = 2\nf = lambda x: x + K\n", "f(3)"),
    "lambdas of a loop": (2.0, "F = [lambda: k for k in range(3)]\n", "F[0]()"),
    "a dataclass": (
        3.0,
        "from dataclasses import dataclass, field\n@dataclass\nclass P:\n    x: float = 1.0\n"
        "    y: list = field(default_factory=lambda: [2])\nB = P()\n",
        "B.x + sum(B.y)",
    ),
    "a named tuple": (
        3.0,
        "from typing import NamedTuple\nclass P(NamedTuple):\n    x: float\n    y: float = 2.0\n",
        "sum(P(1.0))",
    ),
    "an enumeration": (
        2.0,
        "from enum import Enum\nclass K(Enum):\n    A = 1\n    B = 2\n",
        "K.B.value",
    ),
    "a docstring of a function": (4.0, 'def f():\n    """Four"""\n', "len(f.__doc__)"),
    "a docstring of the module": (4.0, '"""Four"""\n', "len(__doc__)"),
    "a docstring that inspect reads": (
        4.0,
        'import inspect\ndef f():\n    """Four"""\n',
        "len(inspect.getdoc(f))",
    ),
    "a docstring that a decorator reads": (
        4.0,
        'def size(f): return lambda: len(f.__doc__)\n@size\ndef f():\n    """Four"""\n',
        "f()",
    ),
    "annotations that are read": (
        2.0,
        "def f(a: int, b: float): return 1\n",
        "len(f.__annotations__)",
    ),
    "an annotation that acts": (1.0, "H = []\ndef f(a: H.append(1)): return a\n", "sum(H)"),
    "globals()": (4.0, "globals()['N'] = 4\n", "N"),
    "globals() in the function": (4.0, "N = 4\n", "globals()['N']"),
    "exec": (4.0, "exec('N = 4')\n", "N"),
    "eval": (4.0, "N = 4\n", "eval('N')"),
    "vars()": (4.0, "vars()['N'] = 4\n", "N"),
    "sys.modules": (
        4.0,
        "import sys\nN = 1\nsetattr(sys.modules[__name__], 'N', 4)\n",
        "N",
    ),
    "a function that uses globals()": (
        4.0,
        "def put(name, x): globals()[name] = x\nput('N', 4)\n",
        "N",
    ),
    "seeded globally": (0.0, "np.random.seed(3)\n", "np.random.rand() - 0.5507979025745755"),
    "seeded globally under another name": (
        0.0,
        "import numpy\nfrom numpy.random import rand\nnumpy.random.seed(3)\n",
        "rand() - 0.5507979025745755",
    ),
    "random.seed": (
        0.0,
        "import random\nrandom.seed(3)\n",
        "random.random() - 0.23796462709189137",
    ),
    "a package that is patched": (
        7.0,
        "np.linalg.det = lambda a: 7.0\n",
        "np.linalg.det(np.eye(2))",
    ),
    "a package that is patched by setattr": (
        7.0,
        "setattr(np.linalg, 'det', lambda a: 7.0)\n",
        "np.linalg.det(np.eye(2))",
    ),
    "a package that a function patches": (
        7.0,
        "import scipy.linalg as sl\ndef patch(m): m.det = lambda a: 7.0\npatch(sl)\n",
        "sl.det(np.eye(2))",
    ),
    "a package that is patched by an alias": (
        7.0,
        "L = np.linalg\nL.det = lambda a: 7.0\n",
        "np.linalg.det(np.eye(2))",
    ),
    "the library is patched": (
        7.0,
        "import qtcore.solve.choice\nqtcore.solve.choice.ABC = 7.0\n",
        "qt.solve.choice.ABC",
    ),
    "precision of decimals": (
        3.0,
        "import decimal\nfrom decimal import Decimal\ndecimal.getcontext().prec = 3\n",
        "len(str(Decimal(1) / Decimal(3))) - 2",
    ),
    "errors of NumPy": (
        1.0,
        "np.seterr(divide='raise')\n",
        "int(np.geterr()['divide'] == 'raise')",
    ),
}
"""For each kind the right value, the text before `solve`, what solve returns, the text behind it."""

RIGHT |= HANDED_ON["RIGHT"]
RIGHT |= {f"a callback {how}": (1.0, text, "sum(H)") for how, text in MORE["CALLBACKS"].items()}
RIGHT |= {f"by Python: {how}": (1.0, text, "sum(H)") for how, text in MORE["ACTING"].items()}
RIGHT |= {f"harmless: {what}": made for what, made in MORE["HARMLESS"].items()}

REFUSED = {**NOT_TAKEN["REFUSED"], **MORE["OUTSIDE"]}


def text_of(before: str, value: str, behind: str = "") -> str:
    """Return a definition."""
    before = textwrap.dedent(before)
    doc = before.split("\n")[0] + "\n" if before.startswith('"""') else ""
    start = f"{doc}import numpy as np\nimport qtcore as qt\n{before[len(doc) :]}"
    return f"{start}\ndef solve(point, realizations):\n    return {value}\n{behind}"


def _apart(work: Any) -> Any:
    """Do something in a process of its own."""
    read, write = os.pipe()
    child = os.fork()
    if not child:
        try:
            found: Any = ["value", float(work())]
        except BaseException as error:  # noqa: BLE001 - the test looks at it
            found = ["raised", f"{type(error).__name__}: {error}\n{traceback.format_exc()}"]
        os.write(write, json.dumps(found).encode())
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as pipe:
        found = json.loads(pipe.read())
    os.waitpid(child, 0)
    return found


def _author(text: str) -> float:
    module = ModuleType("mine")
    sys.modules["mine"] = module
    exec(compile(text, "mine.py", "exec"), module.__dict__)
    return float(module.__dict__["solve"](None, range(1)))


def _worker(text: str) -> float:
    from qtcore.sweep.cut import cut_out
    from qtcore.sweep.outside import refuse_what_lies_outside
    from qtcore.sweep.program import load_program
    from qtcore.sweep.trusted import vouch

    program = cut_out(text, ["solve"])
    refuse_what_lies_outside(program, ["solve"])
    vouch(program)
    return float(load_program(program)["solve"](None, range(1)))


if __name__ == "__main__":
    import scipy.linalg  # noqa: F401 - once for all children

    import qtcore  # noqa: F401
    from qtcore.sweep import program  # noqa: F401

    sys.path.insert(0, sys.argv[1])
    answers: dict[str, Any] = {}
    for name, (_, *parts) in RIGHT.items():
        made = text_of(*parts)
        answers[name] = [
            _apart(lambda made=made: _author(made)),
            _apart(lambda made=made: _worker(made)),
        ]
    for name, (_, *parts) in REFUSED.items():
        made = text_of(*parts)
        answers["refused: " + name] = [_apart(lambda made=made: _worker(made))]
    sys.stdout.write(json.dumps(answers))
