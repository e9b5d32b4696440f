"""Definitions for `test_state.py` whose state libraries hold, or functions that are handed on.

A table as in `states.py`, which puts it to its own.
"""

RIGHT = {
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
"""For each kind the right value, the text before `solve`, what solve returns, the text behind it."""
