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

MORE = runpy.run_path(str(Path(__file__).with_name("more_states.py")))

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
    "an array that is filled": (6.0, "A = np.zeros(3)\nA[:] = 2\n", "A.sum()"),
    "an array that is filled in place": (6.0, "A = np.zeros(3)\nA.fill(2)\n", "A.sum()"),
    "an array by out=": (2.0, "A = np.zeros(1)\nnp.add(1, 1, out=A)\n", "A.sum()"),
    "an array by at": (2.0, "A = np.zeros(1)\nnp.add.at(A, [0, 0], 1)\n", "A.sum()"),
    "an array by copyto": (2.0, "A = np.zeros(1)\nnp.copyto(A, 2)\n", "A.sum()"),
    "a view": (2.0, "A = np.zeros(1)\nnp.asarray(A).fill(2)\n", "A.sum()"),
    "a star import": (2.0, "from math import *\n", "sqrt(4)"),
    "a name that stands for something else later": (
        8.0,
        "N = 3\nT = [N]\nN = 5\n",
        "sum(T) + N",
    ),
    "a function defined twice": (
        3.0,
        "def f(): return 1\nA = f()\ndef f(): return 2\n",
        "A + f()",
    ),
    "a helper with the name of a role": (9.0, "def cost(x): return x**2\n", "cost(3)"),
    "a helper with the name of the library's role": (
        2.0,
        "from numpy.linalg import solve as other\ndef wire(x): return 2 * x\n",
        "wire(1)",
    ),
    "a swap": (2.0, "a, b = 1, 2\na, b = b, a\n", "a"),
    "a star target": (2.0, "a, *b = 1, 2\n", "b[0]"),
    "conditional import": (
        2.0,
        "try:\n    from math import sqroot as root\nexcept ImportError:\n    from math import sqrt as root\n",
        "root(4)",
    ),
    "registered by a library's decorator": (
        2.0,
        "from functools import singledispatch\n@singledispatch\ndef f(x): return 1\n"
        "@f.register\ndef _(x: int): return 2\n",
        "f(3)",
    ),
    "a class of an instance changes": (
        2.0,
        "class A: n = 1\nclass B: n = 2\nx = A()\nx.__class__ = B\n",
        "x.n",
    ),
    "code of a function is replaced": (
        2.0,
        "def f(): return 1\ndef g(): return 2\nf.__code__ = g.__code__\n",
        "f()",
    ),
    "a default dict": (
        1.0,
        "from collections import defaultdict\nD = defaultdict(list)\nD['a']\n",
        "len(D)",
    ),
    "a memo": (6.0, "from functools import cache\n@cache\ndef f(n): return n * 2\n", "f(3)"),
    "a recursive function": (6.0, "def f(n): return n * f(n - 1) if n else 1\nT = f(3)\n", "T"),
    "nested functions": (
        4.0,
        "K = 4\ndef f():\n    def g():\n        return K\n    return g\n",
        "f()()",
    ),
    "statements after solve": (5.0, "H = []\n", "sum(H)", "H.append(5)\n"),
    "solve replaced": (5.0, "def times(f): return f\n", "5", "solve = times(solve)\n"),
    "a queue": (2.0, "from collections import deque\nQ = deque([1, 2])\nQ.popleft()\n", "Q[0]"),
    "a logger": (2.0, "import logging\nlog = logging.getLogger(__name__)\n", "log.level + 2"),
    "a type variable": (2.0, "from typing import TypeVar\nT = TypeVar('T')\nN = 2\n", "N"),
    "chained assignment": (2.0, "A = B = []\nB.append(2)\n", "sum(A)"),
    "a condition with a side effect": (1.0, "H = []\nif H.append(1): pass\n", "sum(H)"),
    "assert with a side effect": (1.0, "H = []\nassert H.append(1) is None\n", "sum(H)"),
    "a subscript with a side effect": (1.0, "H = []\nM = {None: 1}[H.append(1)]\n", "sum(H)"),
    "a default with a side effect": (1.0, "H = []\ndef f(x=H.append(1)): return x\n", "sum(H)"),
    "a generator function that acts": (
        1.0,
        "H = []\ndef g():\n    H.append(1)\n    yield 2\nM = list(g())\n",
        "sum(H)",
    ),
    "a method of a module-level object": (
        2.0,
        "class Grid:\n    def __init__(self): self.h = 1\n    def refine(self): self.h = 2\n"
        "GRID = Grid()\nGRID.refine()\n",
        "GRID.h",
    ),
    "a lambda that is passed on": (
        3.0,
        "H = []\nf = lambda x: H.append(x) or x\nM = sorted([1, 2], key=f)\n",
        "sum(H)",
    ),
    "a method that is passed on": (1.0, "H = []\nM = sorted([1], key=H.append)\n", "sum(H)"),
    "a bound method under a name": (
        1.0,
        "H = []\nadd = H.append\nM = sorted([1], key=add)\n",
        "sum(H)",
    ),
    "a partial that is passed on": (
        1.0,
        "from functools import partial\nH = []\nM = sorted([1], key=partial(H.append))\n",
        "sum(H)",
    ),
    "a constructor of a base": (
        1.0,
        "H = []\nclass A:\n    def __init__(self): H.append(1)\nclass B(A): pass\nM = B()\n",
        "sum(H)",
    ),
    "a factory of a field": (
        1.0,
        "from dataclasses import dataclass, field\nH = []\ndef make(): return H.append(1)\n"
        "@dataclass\nclass P: x: object = field(default_factory=make)\nM = P()\n",
        "sum(H)",
    ),
    "a descriptor": (
        1.0,
        "H = []\nclass D:\n    def __get__(self, *a): return H.append(1)\n"
        "class C: x = D()\nM = C().x\n",
        "sum(H)",
    ),
    "functions in a list": (
        3.0,
        "H = []\nF = [lambda k=k: H.append(k) for k in (1, 2)]\nfor f in F: f()\n",
        "sum(H)",
    ),
    "a finder of roots": (
        1.0,
        "from scipy.optimize import brentq\nH = []\ndef f(x):\n    H.append(1)\n    return x - 1\n"
        "root = brentq(f, 0.0, 3.0)\n",
        "float(len(H) > 2)",
    ),
    "a thread": (
        1.0,
        "import threading\nH = []\nt = threading.Thread(target=H.append, args=(1,))\nt.start()\nt.join()\n",
        "sum(H)",
    ),
    "bisect": (1.0, "import bisect\nH = []\nbisect.insort(H, 1)\n", "sum(H)"),
    "heapq": (1.0, "import heapq\nH = []\nheapq.heappush(H, 1)\n", "sum(H)"),
    "operator": (1.0, "import operator\nD = {}\noperator.setitem(D, 'a', 1)\n", "D['a']"),
    "a partial as decorator": (
        1.0,
        'from functools import partial\nREG = {}\ndef register(k, f):\n    REG[k] = 1\n    return f\n@partial(register, "x")\ndef other(): pass\n',
        'REG["x"]',
    ),
    "a text of an object": (
        1.0,
        'H = []\nclass P:\n    def __str__(self):\n        H.append(1)\n        return ""\nM = str(P())\n',
        "sum(H)",
    ),
    "an f-string of an object": (
        1.0,
        'H = []\nclass P:\n    def __repr__(self):\n        H.append(1)\n        return ""\nM = f"{P()!r}"\n',
        "sum(H)",
    ),
    "a hook by assignment": (
        1.0,
        "H = []\ndef fill(*a, **k):\n    H.append(1)\n    return 1\nclass P: __len__ = fill\nM = len(P())\n",
        "sum(H)",
    ),
    "a class of a function": (
        1.0,
        'H = []\ndef make():\n    class P:\n        def __str__(self):\n            H.append(1)\n            return ""\n    return P()\nX = make()\nM = str(X)\n',
        "sum(H)",
    ),
    "a method that is a function": (
        1.0,
        "import types\nH = []\ndef fill(*a, **k):\n    H.append(1)\n    return 1\nN = types.SimpleNamespace(get=fill)\nM = N.get(5)\n",
        "sum(H)",
    ),
    "a field that is a function": (
        1.0,
        "from dataclasses import dataclass\nH = []\ndef fill(*a, **k):\n    H.append(1)\n    return 1\n@dataclass\nclass P: get: object\nM = P(fill).get(5)\n",
        "sum(H)",
    ),
    "a key in a dict": (
        1.0,
        'H = []\ndef fill(*a, **k):\n    H.append(1)\n    return 1\nM = max([1, 2], **{"key": fill})\n',
        "float(len(H) > 1)",
    ),
    "a function that calls another": (
        1.0,
        "H = []\ndef fill(*a, **k):\n    H.append(1)\n    return 1\ndef use(f): return sorted([1], key=f)\nM = use(fill)\n",
        "sum(H)",
    ),
    "an output by position": (4.0, "T = np.ones(2)\nM = np.add(T, 1, T)\n", "T.sum()"),
    "limits written into the same": (
        1.0,
        "T = np.array([-1.0, 3.0])\nM = np.clip(T, 0, 1, T)\n",
        "T.sum()",
    ),
    "an output of one argument": (2.0, "T = -np.ones(2)\nM = np.abs(T, T)\n", "T.sum()"),
    "no copy": (0.0, "T = np.array([np.nan, 0.0])\nM = np.nan_to_num(T, copy=False)\n", "T.sum()"),
    "a masked put": (5.0, "T = np.ma.array([1.0, 2.0])\nM = np.ma.put(T, [0], [3.0])\n", "T.sum()"),
    "an output of a filter": (
        6.0,
        "from scipy import ndimage\nT = np.zeros(2)\nM = ndimage.gaussian_filter(3 * np.ones(2), 1, output=T)\n",
        "T.sum()",
    ),
    "an output of a method": (
        3.0,
        "T = np.zeros(2)\nA = np.array([1.0, 1.0])\nM = A.cumsum(0, None, T)\n",
        "T.sum()",
    ),
    "a method without its object": (
        3.0,
        "import collections\nT = collections.deque()\nM = collections.deque.append(T, 3)\n",
        "sum(T)",
    ),
    "a filter into its own": (
        2.0,
        "from scipy import ndimage\nT = np.ones(2)\nB = np.ones(1) * 2\nM = ndimage.convolve1d(B, [1.0], 0, T[:1])\nT[1] = 0\n",
        "T.sum()",
    ),
    "a callback out of a list": (
        1.0,
        "H = []\ndef fill(x):\n    H.append(1)\n    return 1\nF = [fill]\nM = sorted([1], key=F[0])\n",
        "sum(H)",
    ),
}
"""For each kind the right value, the text before `solve`, what solve returns, the text behind it."""

RIGHT |= {f"a callback {how}": (1.0, text, "sum(H)") for how, text in MORE["CALLBACKS"].items()}
RIGHT |= {f"by Python: {how}": (1.0, text, "sum(H)") for how, text in MORE["ACTING"].items()}
RIGHT |= {
    "a function that finds later what it needs": (
        3.0,
        "import copyreg, copy\nclass P: v = 1.0\ncopyreg.pickle(P, lambda p: (made, ()))\n"
        "def made():\n    q = P()\n    q.__dict__['v'] = 3.0\n    return q\n",
        "copy.copy(P()).v",
    ),
    "classes that are counted": (
        1.0,
        "class P: pass\nclass Q(P): pass\n",
        "len(P.__subclasses__())",
    ),
}
RIGHT |= {f"harmless: {what}": made for what, made in MORE["HARMLESS"].items()}

REFUSED = {
    "a file": ("reads a file", "T = np.loadtxt('table.txt')\n", "T.sum()"),
    "a file in solve": ("solve reads a file", "", "float(open('table.txt').read())"),
    "a file by pathlib": (
        "reads a file",
        "from pathlib import Path\nT = float(Path('table.txt').read_text())\n",
        "T",
    ),
    "a file by a path's method": (
        "reads a file",
        "from pathlib import Path\nwith Path('table.txt').open() as f: T = float(f.read())\n",
        "T",
    ),
    "a file by json": ("reads a file", "import json\nT = json.load(open('t.json'))\n", "T"),
    "an environment variable": (
        "os.environ",
        "import os\nN = float(os.environ.get('N', 3))\n",
        "N",
    ),
    "an environment variable by name": (
        "getenv",
        "from os import getenv\nN = getenv('N', 3)\n",
        "N",
    ),
    "an environment variable in solve": ("os.environ", "import os\n", "float(os.environ['N'])"),
    "arguments": ("sys.argv", "import sys\nN = len(sys.argv)\n", "N"),
    "the clock": ("the clock", "import time\nNOW = time.time()\n", "NOW"),
    "the date": ("the clock", "from datetime import datetime\nN = datetime.now()\n", "N.year"),
    "the host": ("process or host", "import platform\nN = platform.node()\n", "len(N)"),
    "the folder": ("os.getcwd", "import os\nN = os.getcwd()\n", "len(N)"),
    "__file__": ("__file__", "N = __file__\n", "len(N)"),
    "a neighbouring file": (
        "neighbour_of_mine is no installed package",
        "from neighbour_of_mine import N\n",
        "N",
    ),
    "a neighbouring file for its effects": (
        "neighbour_of_mine is no installed package",
        "import neighbour_of_mine\n",
        "1",
    ),
    "a file beside a package": ("beside the definition", "from . import other\n", "other.N"),
    "configparser": (
        "reads a file",
        'import configparser\nc = configparser.ConfigParser()\nc.read("t.ini")\n',
        'c["a"]["n"]',
    ),
    "a parser of XML": (
        "reads a file",
        'import xml.etree.ElementTree as ET\nT = ET.parse("t.xml")\n',
        "T",
    ),
    "linecache": ("reads a file", 'import linecache\nN = linecache.getline("t", 1)\n', "N"),
    "fileinput": ("reads a file", 'import fileinput\nN = list(fileinput.input("t"))\n', "N"),
    "FileIO": ("reads a file", 'import io\nN = io.FileIO("t").read()\n', "N"),
    "bz2": ("reads a file", 'import bz2\nN = bz2.BZ2File("t").read()\n', "N"),
    "lzma": ("reads a file", 'import lzma\nN = lzma.LZMAFile("t").read()\n', "N"),
    "zipfile": ("reads a file", 'import zipfile\nN = zipfile.ZipFile("t").namelist()\n', "N"),
    "tarfile": ("reads a file", 'import tarfile\nN = tarfile.TarFile("t").getnames()\n', "N"),
    "what a file is": ("reads a file", 'import os\nN = os.stat("t").st_size\n', "N"),
    "the size of a file": ("reads a file", 'import os.path\nN = os.path.getsize("t")\n', "N"),
    "whether a file exists": ("reads a file", 'from os.path import exists\nN = exists("t")\n', "N"),
    "whether a path exists": (
        "reads a file",
        'from pathlib import Path\nN = Path("t").exists()\n',
        "N",
    ),
    "files of a folder": (
        "reads a file",
        'from pathlib import Path\nN = len(list(Path("t").glob("*")))\n',
        "N",
    ),
    "a module by name": (
        "reads a file",
        'import importlib\nN = importlib.import_module("t").N\n',
        "N",
    ),
    "a module by a builtin": ("reads a file", 'N = __import__("neighbour_of_mine").N\n', "N"),
    "runpy": ("reads a file", 'import runpy\nN = runpy.run_path("t.py")["N"]\n', "N"),
    "a file by a star": ("reads a file", 'from numpy import *\nN = loadtxt("t")\n', "N"),
    "a file by getattr": ("reads a file", 'N = getattr(np, "loadtxt")("t")\n', "N"),
    "variables in a path": (
        "process or host",
        'import os\nN = len(os.path.expandvars("$HOME"))\n',
        "N",
    ),
    "a home": ("process or host", 'from pathlib import Path\nN = Path("~").expanduser()\n', "N"),
    "posix": ("process or host", "import posix\nN = len(posix.environ)\n", "N"),
    "a parent": ("process or host", "import os\nN = os.getppid()\n", "N"),
    "cores": ("process or host", "import multiprocessing\nN = multiprocessing.cpu_count()\n", "N"),
    "cores of a process": ("process or host", "import os\nN = len(os.sched_getaffinity(0))\n", "N"),
    "the path of modules": ("process or host", "import sys\nN = len(sys.path)\n", "N"),
    "ctypes": ("process or host", "import ctypes\nN = ctypes.CDLL(None).getpid()\n", "N"),
    "a monotonic clock": ("the clock", "import time\nN = time.monotonic()\n", "N"),
    "the time in words": ("the clock", 'from time import strftime\nN = int(strftime("%Y"))\n', "N"),
    "a day of NumPy": ("the clock", 'N = np.datetime64("today").astype(int)\n', "N"),
    "a run of its own": (
        "a run that the same text starts",
        "N = [1]\nN.append(qt.run('x'))\n",
        "N",
    ),
}
"""For each kind a part of the message, the text before `solve`, and what solve returns."""

REFUSED |= MORE["OUTSIDE"]

QUIET = {
    "a test beside it": (
        "import pytest\n@pytest.mark.slow\ndef test_it(): assert solve(None, range(1)) == 1\n",
        "1",
    ),
    "a kernel for a figure": (
        "import numba\n@numba.njit\ndef smooth(x): return x + N\nN = 3\n",
        "1",
    ),
    "matplotlib": ("import matplotlib\nmatplotlib.use('Agg')\n", "1"),
    "its settings": ("import matplotlib.pyplot as plt\nplt.rcParams['font.size'] = 8\n", "1"),
    "a workflow": ("workflow = qt.Workflow(wire=len, presets={'a': qt.Preset(x=1)})\n", "1"),
    "presets from a function": (
        "def preset(n): return qt.Preset(x=qt.Axis(range(n), whole=True))\nP = {'a': preset(3)}\n",
        "1",
    ),
    "presets by item": ("P = {}\nP['a'] = qt.Preset(x=1)\n", "1"),
    "presets from a loop": ("P = {}\nfor n in (1, 2): P[str(n)] = qt.Preset(x=n)\n", "1"),
    "energies of a preset": ("E = np.round(np.linspace(-1, 1, 5), 6).tolist()\n", "np.pi"),
    "words of a figure": ("N = 3\nTITLE = f'N = {N:g}'.upper()\n", "N"),
    "a list of labels": ("N = 3\nLABELS = []\nLABELS.append(N)\n", "N"),
    "a function that draws": ("import matplotlib\ndef draw(ds): return matplotlib.use(ds)\n", "1"),
    "a comment by print": ("N = 3\nprint(N)\n", "N"),
    "a script's own run": ("if __name__ == '__main__': qt.run(workflow)\n", "1"),
    "a run in a notebook": (
        "workflow = qt.Workflow(wire=len)\nds = qt.run(workflow)\nds.x.plot()\n",
        "1",
    ),
    "an open store": ("ds = qt.open('x')\nprint(ds)\nds.x.mean().plot()\n", "1"),
    "pandas": ("import pandas as pd\nT = pd.DataFrame({'a': [1]})\nT['b'] = 2\n", "1"),
    "a number's type": ("N: int = 3\n", "1"),
}
"""What makes no numbers: the text before `solve` and what solve returns; nothing of it counts."""


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
