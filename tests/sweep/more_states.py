"""Further definitions for `test_state.py`: callbacks, harmless code that looks like reading, clocks.

Tables as in `states.py`, which puts them to its own.
"""

_FILL = "H = []\ndef g(x):\n    H.append(x)\n    return x\n"
"""A callback that changes state of the module."""

CALLBACKS = {
    "called in a comprehension": f"{_FILL}def h(x): return x\nV = [f(1) for f in (g, h)]\n",
    "called in a generator": f"{_FILL}V = sum(f(1) for f in (g,))\n",
    "handed on in a comprehension": f"{_FILL}V = [sorted([1], key=k) for k in (g,)]\n",
    "picked from a comprehension": f"{_FILL}V = sorted([1], key=[f for f in (g,)][0])\n",
    "in a list that a comprehension makes": f"{_FILL}F = [f for f in (g,)]\nV = sorted([1], key=F[0])\n",
    "in a dict that a comprehension makes": f"{_FILL}F = {{1: f for f in (g,)}}\nV = sorted([1], key=F[1])\n",
    "by get from a dict": f"{_FILL}F = {{'a': g}}\nV = sorted([1], key=F.get('a'))\n",
    "put into a dict": f"{_FILL}F = {{}}\nF['a'] = g\nV = sorted([1], key=F['a'])\n",
    "appended to a list": f"{_FILL}F = []\nF.append(g)\nV = sorted([1], key=F[0])\n",
    "bound by a loop": f"{_FILL}for f in (g,): pass\nV = sorted([1], key=f)\n",
    "bound within its loop": f"{_FILL}for f in (g,): V = sorted([1], key=f)\n",
    "bound by with": (
        f"import contextlib\n{_FILL}with contextlib.nullcontext(g) as f: pass\n"
        "V = sorted([1], key=f)\n"
    ),
    "bound by match": f"{_FILL}match (g,):\n    case (f,): pass\nV = sorted([1], key=f)\n",
    "bound by a walrus": f"{_FILL}if (f := g): pass\nV = sorted([1], key=f)\n",
    "bound below if": f"{_FILL}if True: f = g\nV = sorted([1], key=f)\n",
    "defined below try": (
        "H = []\ntry:\n    def f(x):\n        H.append(x)\n        return x\n"
        "except NameError: pass\nV = sorted([1], key=f)\n"
    ),
    "a default of a function": f"{_FILL}def q(k=g): return sorted([1], key=k)\nV = q()\n",
    "returned by a function": f"{_FILL}def q(): return g\nV = sorted([1], key=q())\n",
    "out of a comprehension of a function": (
        f"{_FILL}def q(): return [sorted([1], key=k) for k in (g,)]\nV = q()\n"
    ),
}
"""How a callback comes to whoever calls it; each leaves 1 in H."""

_RAISED = "class K(KeyError):\n    def __init__(self, *a): fill()\n"
_KEYS = "    def keys(self):\n        fill()\n        return []\n    def __getitem__(self, k): return 0\n"
_WRITES = "class Tee:\n    def write(self, text): fill()\n    def flush(self): pass\n"

ACTING = {
    "raised as a class": f"{_RAISED}try: raise K\nexcept K: pass\n",
    "raised under another name": f"{_RAISED}L = K\ntry: raise L\nexcept K: pass\n",
    "raised from a class": f"{_RAISED}try: raise ValueError from K\nexcept ValueError: pass\n",
    "raised by a choice": f"{_RAISED}try: raise (K if H else K)\nexcept K: pass\n",
    "keys for dict()": f"class O:\n{_KEYS}Z = dict(O())\n",
    "keys for {**o}": f"class O:\n{_KEYS}o = O()\nZ = {{**o}}\n",
    "keys for dict(**o)": f"class O:\n{_KEYS}o = O()\nZ = dict(**o)\n",
    "keys of a base": f"class B:\n{_KEYS}class O(B): pass\nZ = dict(O())\n",
    "an operator that is added": (
        "class O: pass\ndef b(self): return not fill()\nsetattr(O, '__bool__', b)\n"
        "Z = 1 if O() else 2\n"
    ),
    "a method of the name of a function of NumPy": (
        "class O:\n    def sqrt(self): return fill()\no = O()\nZ = np.sqrt(o)\n"
    ),
    "a time zone": (
        "import datetime as d\nclass T(d.tzinfo):\n    def utcoffset(self, x):\n        fill()\n"
        "        return d.timedelta(0)\nt = d.datetime(2020, 1, 1, tzinfo=T())\n"
        "Z = t - t.replace(tzinfo=d.timezone.utc)\n"
    ),
    "print to a new sys.stdout": (
        f"import sys\n{_WRITES}sys.stdout, old = Tee(), sys.stdout\nprint('x', end='')\n"
        "sys.stdout = old\n"
    ),
    "print after a function that sets sys.stdout": (
        f"import sys\n{_WRITES}def install(): sys.stdout = Tee()\nold = sys.stdout\ninstall()\n"
        "print('x', end='')\nsys.stdout = old\n"
    ),
    "print in a context that is entered by hand": (
        f"import contextlib\n{_WRITES}c = contextlib.redirect_stdout(Tee())\nc.__enter__()\n"
        "print('x', end='')\nc.__exit__(None, None, None)\n"
    ),
    "a log to a new sys.stderr": (
        "import logging, sys\ndef once(*a): H or fill()\n"
        "sys.stderr, old = type('F', (), {'write': once, 'flush': len})(), sys.stderr\n"
        "try: logging.warning('x')\nexcept TypeError: pass\nsys.stderr = old\n"
    ),
    "a warning that is shown": (
        "import warnings\nwarnings.showwarning = fill\nwarnings.simplefilter('always')\n"
        "Z = np.array([1.0]) / 0\n"
    ),
    "an error of NumPy": (
        "X = np.ones(1)\nnp.seterr(divide='call')\nnp.seterrcall(fill)\nZ = X / 0.0\n"
    ),
    "values of an enumeration": (
        "import enum\nclass Q(enum.Enum):\n    def _generate_next_value_(n, *a): return fill() or n\n"
        "    X = enum.auto()\n"
    ),
    "values of the base of an enumeration": (
        "import enum\nclass B(enum.Enum):\n    def _generate_next_value_(n, *a): return fill() or n\n"
        "class Q(B):\n    X = enum.auto()\n"
    ),
    "members of an enumeration": (
        "import enum\nclass Q(enum.Enum):\n    X = 1\n    def __init__(self, v): fill()\n"
    ),
    "members of a class that is mixed in": (
        "import enum\nclass B:\n    def __init__(self, *a): fill()\n"
        "class Q(B, enum.Enum):\n    X = 1\n"
    ),
    "hints of a class": (
        "import typing\nclass Q:\n    x: 'fill() or int'\nZ = typing.get_type_hints(Q)\n"
    ),
    "hints of a function under another name": (
        "from typing import get_type_hints as g\ndef q(x: 'fill() or int'): pass\nZ = g(q)\n"
    ),
    "an object that ends": "class O:\n    def __del__(self): fill()\no = O()\no = 1\n",
    "an object that a list lets go": (
        "class O:\n    def __del__(self): fill()\no = [O()]\ndef o(): pass\n"
    ),
    "an object that a weak reference sees end": (
        "import weakref\nclass O: pass\no = O()\nw = weakref.ref(o, fill)\nimport math as o\n"
    ),
    "a finalizer": (
        "import weakref\nclass O: pass\no = O()\nweakref.finalize(o, lambda: fill())\no = 3\n"
    ),
}
"""How Python calls by itself what stands nowhere as a call; each leaves 1 in H."""

ACTING = {
    how: f"H = []\ndef fill(*given, **named):\n    H or H.append(1)\n{text}"
    for how, text in ACTING.items()
}

HARMLESS = {
    "a pause": (2.0, "import time\ntime.sleep(0)\nN = 2\n", "N"),
    "a measured time that is not stored": (2.0, "import time\n", "2 + 0 * time.perf_counter()"),
    "a moment that is given": (
        3991.0,
        "import time\nN = time.gmtime(0).tm_year + time.strptime('2021', '%Y').tm_year\n",
        "N",
    ),
    "a date that is given": (18262.0, "N = np.datetime64('2020-01-01').astype(int)\n", "N"),
    "a field called exists": (
        2.0,
        "from dataclasses import dataclass\n@dataclass\nclass P:\n    exists: float = 2.0\nX = P()\n",
        "X.exists",
    ),
    "a field called stat": (
        2.0,
        "from typing import NamedTuple\nclass P(NamedTuple):\n    stat: float = 2.0\nX = P()\n",
        "X.stat",
    ),
    "a method called open": (
        2.0,
        "class Channel:\n    def __init__(self, n): self.n = n\n    def open(self): return self.n\n"
        "C = Channel(2)\n",
        "C.open()",
    ),
    "an attribute called glob": (
        2.0,
        "class P:\n    def __init__(self): self.glob = 2.0\nX = P()\n",
        "X.glob",
    ),
    "an annotation of a path": (
        2.0,
        "from pathlib import Path\ndef f(p: Path): return p\n",
        "f(2)",
    ),
    "a table in the text": (
        10.0,
        "import io\nLINES = '1 2\\n3 4'\nT = np.loadtxt(io.StringIO(LINES))\n",
        "T.sum()",
    ),
    "a table in the text by lines": (
        10.0,
        "LINES = '1 2\\n3 4'.splitlines()\nT = np.loadtxt(LINES)\n",
        "T.sum()",
    ),
    "a table in the text by csv": (
        2.0,
        "import csv\nimport io\nROWS = [*csv.reader(io.StringIO('1,2'))]\n",
        "float(ROWS[0][1])",
    ),
    "JSON in the text": (2.0, "import json\nD = json.loads('{\"a\": 2}')\n", "D['a']"),
    "whether a package is there": (
        1.0,
        "import importlib.util\nHAS = importlib.util.find_spec('numba') is not None\n",
        "float(HAS)",
    ),
    "a version of a package": (
        1.0,
        "from importlib.metadata import version\nV = version('numpy')\n",
        "float(V == np.__version__)",
    ),
    "a package with a way out": (
        2.0,
        "try:\n    from numba import njit\nexcept ImportError:\n    def njit(f): return f\n"
        "@njit\ndef f(x): return 2 * x\n",
        "f(1.0)",
    ),
    "a package that is not there": (
        2.0,
        "try:\n    import no_such_package\nexcept ImportError:\n    no_such_package = None\n",
        "2.0 if no_such_package is None else 1.0",
    ),
    "a quoted address": (5.0, "from urllib.parse import quote\nN = len(quote('a b'))\n", "N"),
    "an identifier of a name": (
        6.0,
        "import uuid\nN = uuid.uuid5(uuid.NAMESPACE_DNS, 'a').int % 7\n",
        "N",
    ),
    "a number of C": (2.0, "import ctypes\nN = ctypes.c_double(2).value\n", "N"),
    "an environment variable that is set": (
        2.0,
        "import os\nos.environ['OMP_NUM_THREADS'] = '1'\nos.environ.setdefault('A', '1')\nN = 2\n",
        "N",
    ),
    "a path of modules that grows": (2.0, "import sys\nsys.path.append('.')\nN = 2\n", "N"),
    "a generator with a seed": (
        0.6394267984578837,
        "import random\nN = random.Random(42).random()\n",
        "N",
    ),
    "a class with a hash": (
        2.0,
        "class P:\n    n = 2\n    def __hash__(self): return hash(self.n)\n"
        "    def __eq__(self, other): return True\nD = {P(): 2.0}\n",
        "D[P()]",
    ),
}
"""What looks as if it read from outside and does not; in the form of `RIGHT` of `states.py`."""

_CLOCK = "the clock"

OUTSIDE = {
    "the clock in a default": (_CLOCK, "import time\ndef f(t=time.time()): return t\n", "f()"),
    "the clock in a class": (_CLOCK, "import time\nclass C:\n    T = time.time()\n", "C.T"),
    "the clock in a class of a class": (
        _CLOCK,
        "import time\nclass C:\n    class D:\n        T = time.time()\n",
        "C.D.T",
    ),
    "the clock in a default of a method": (
        _CLOCK,
        "import time\nclass C:\n    def f(self, t=time.time()): return t\nX = C()\n",
        "X.f()",
    ),
    "the clock in a decorator": (
        _CLOCK,
        "import time\ndef at(t): return lambda f: lambda: t\n@at(time.time())\ndef f(): pass\n",
        "f()",
    ),
    "the clock in a function that is called at once": (
        _CLOCK,
        "import time\ndef now(): return time.time() // 86400\nT = now()\n",
        "T",
    ),
    "the clock in an object that is made at once": (
        _CLOCK,
        "import time\nclass C:\n    def __init__(self): self.t = time.time() // 86400\nX = C()\n",
        "X.t",
    ),
    "the day in a function": (
        _CLOCK,
        "from datetime import date\n",
        "date.today().toordinal()",
    ),
    "the environment in a default": (
        "process or host",
        "import os\ndef f(n=os.environ.get('N', '2')): return float(n)\n",
        "f()",
    ),
    "the environment in a class": (
        "process or host",
        "import os\nclass C:\n    N = os.getenv('N', '2')\n",
        "float(C.N)",
    ),
    "the environment after a change of it": (
        "process or host",
        "import os\nos.environ.setdefault('M', '1')\nN = float(os.environ.get('N', '2'))\n",
        "N",
    ),
    "a file after a change of its package": (
        "reads a file",
        "np.random.seed(3)\nT = np.random.rand() + np.loadtxt('table.txt').sum()\n",
        "T",
    ),
    "a day of an array": (
        _CLOCK,
        "T = np.array('today', dtype='M8[D]').astype(int)\n",
        "float(T)",
    ),
    "a moment of an array": (
        _CLOCK,
        "T = np.array(['now']).astype('datetime64[s]').astype(int)[0]\n",
        "float(T)",
    ),
    "a day that is counted": (_CLOCK, "T = np.busday_count('2020-01-01', 'today')\n", "float(T)"),
    "a word for a moment": (_CLOCK, "W = 'now'\nT = np.datetime64(W).astype(int)\n", "float(T)"),
    "a coin": ("without a seed", "import random\nN = random.choice([1, 2])\n", "N"),
    "a coin of NumPy": (
        "without a seed",
        "N = np.random.default_rng().integers(2)\n",
        "float(N)",
    ),
    "a hash of a text": (
        "hash of a text",
        "",
        "np.random.default_rng(hash('sample') % 2**32).random()",
    ),
}
"""What is read from outside; in the form of `REFUSED` of `states.py`."""
