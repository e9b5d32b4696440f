"""What is known to change nothing: packages, functions and methods that leave alone what is there."""

import ast

QUIET_PACKAGES = frozenset(
    [
        "__future__",
        "abc",
        "cmath",
        "collections",
        "copy",
        "dataclasses",
        "datetime",
        "enum",
        "fractions",
        "functools",
        "itertools",
        "logging",
        "math",
        "numbers",
        "numpy",
        "operator",
        "pathlib",
        "qtcore",
        "re",
        "scipy",
        "statistics",
        "string",
        "textwrap",
        "types",
        "typing",
        "typing_extensions",
    ]
)
"""Their functions leave what is there alone, apart from those of `LOUD`."""

LOUD = [
    "numpy.copyto",
    "numpy.fill_diagonal",
    "numpy.place",
    "numpy.put",
    "numpy.put_along_axis",
    "numpy.putmask",
    "numpy.random",
    "numpy.set",
    "numpy.testing",
    "numpy.ndarray.",
    "numpy.lib",
    "numpy.ma.",
    "scipy.fft.set",
    "scipy.special.set",
    "functools.reduce",
    "operator.i",
    "operator.set",
    "operator.del",
    "operator.attr",
    "operator.method",
    "operator.call",
    "itertools.tee",
    "copy.replace",
    "types.coroutine",
    "typing.get_type_hints",
    "typing.evaluate",
    "typing_extensions.get_type_hints",
    "typing_extensions.get_annotations",
    "typing_extensions.evaluate",
]
"""Beginnings of the paths of those that do not."""

QUIET_AFTER_ALL = [
    "numpy.random.default_rng",
    "numpy.random.SeedSequence",
    "numpy.random.Generator",
    "numpy.random.PCG64",
    "numpy.random.Philox",
    "operator.itemgetter",
    "operator.attrgetter",
    "operator.index",
    "operator.inv",
]

STORING = ("functools.partial", "functools.wraps", "numpy.vectorize", "dataclasses.", "qtcore.")
"""They keep functions that they get and do not call them, or only on what is their own."""

QUIET_DECORATORS = [
    "functools.cache",
    "functools.lru_cache",
    "functools.singledispatch",
    "functools.total_ordering",
    "functools.wraps",
    "dataclasses.",
    "contextlib.contextmanager",
    "typing.",
    "numba.njit",
    "numba.jit",
    "numba.vectorize",
    "numba.guvectorize",
    "numba.cfunc",
    "enum.",
    "abc.",
]

QUIET_BASES = ("abc.", "enum.", "typing.", "collections.", "numbers.")

QUIET_BUILTINS = frozenset(
    [
        "abs",
        "all",
        "any",
        "ascii",
        "bin",
        "bool",
        "bytes",
        "callable",
        "chr",
        "complex",
        "dict",
        "divmod",
        "float",
        "format",
        "frozenset",
        "hash",
        "hex",
        "id",
        "int",
        "isinstance",
        "issubclass",
        "len",
        "list",
        "max",
        "min",
        "object",
        "oct",
        "ord",
        "pow",
        "print",
        "property",
        "range",
        "repr",
        "round",
        "set",
        "slice",
        "sorted",
        "staticmethod",
        "classmethod",
        "str",
        "sum",
        "super",
        "tuple",
        "type",
        "zip",
        "enumerate",
        "reversed",
    ]
)

LAZY = frozenset({"iter", "zip", "map", "filter", "enumerate", "reversed", "open"})
"""They return something that can be gone through once."""

CHANGED_BY_READING = ("itertools.", "collections.defaultdict", "collections.ChainMap")

QUIET_METHODS = frozenset(
    [
        "all",
        "any",
        "astype",
        "conj",
        "copy",
        "count",
        "cumsum",
        "dot",
        "encode",
        "endswith",
        "format",
        "get",
        "index",
        "isalpha",
        "isdigit",
        "item",
        "items",
        "join",
        "keys",
        "lower",
        "lstrip",
        "max",
        "mean",
        "min",
        "prod",
        "replace",
        "reshape",
        "rstrip",
        "split",
        "splitlines",
        "startswith",
        "std",
        "strip",
        "sum",
        "swapcase",
        "title",
        "tobytes",
        "tolist",
        "transpose",
        "union",
        "upper",
        "values",
        "var",
        "zfill",
        "intersection",
        "difference",
        "is_integer",
        "resolve",
        "joinpath",
        "with_suffix",
        "with_name",
        "getLogger",
    ]
)
"""Methods of numbers, texts, containers and arrays that leave these alone."""

FRESH = (ast.List, ast.Dict, ast.Set, ast.ListComp, ast.DictComp, ast.SetComp)

MAKERS = frozenset(
    [
        "array",
        "zeros",
        "ones",
        "empty",
        "full",
        "arange",
        "linspace",
        "eye",
        "default_rng",
        "zeros_like",
        "ones_like",
    ]
)
"""Functions of NumPy that make something new."""

OF_WORKFLOWS = frozenset({"analyse", "check", "draw", "planned_error"})
"""What a workflow does with results. Should it change what makes the numbers after all, then the
rehearsal finds that (`qtcore.sweep.rehearsal`)."""

CHANGERS = frozenset(
    [
        "add",
        "append",
        "appendleft",
        "clear",
        "discard",
        "extend",
        "insert",
        "pop",
        "popitem",
        "remove",
        "setdefault",
        "sort",
        "update",
    ]
)
"""Methods of containers that change them."""

BY_ITSELF = frozenset(
    {"keys", "_generate_next_value_", "_missing_"}
    | {"as_integer_ratio", "conjugate", "dst", "fromutc", "tzname", "utcoffset"}
)
"""Methods without two underscores that Python's own library calls where nobody names them: `dict(x)`
and `{**x}` call x.keys, and a difference of two times calls utcoffset."""

PLAIN_METHODS = frozenset({"__init__", "__post_init__", "__new__"})


OF_TWO = frozenset(
    [
        "add",
        "arctan2",
        "clip",
        "divide",
        "dot",
        "floor_divide",
        "hypot",
        "logaddexp",
        "matmul",
        "maximum",
        "minimum",
        "mod",
        "multiply",
        "outer",
        "power",
        "round",
        "subtract",
        "take",
    ]
)
"""Functions of NumPy that only read their first two arguments, and may write into later ones."""

ONLY_READING = frozenset(
    [
        "allclose",
        "append",
        "arange",
        "array",
        "array_equal",
        "asarray",
        "convolve",
        "cross",
        "default_rng",
        "diff",
        "einsum",
        "full",
        "geomspace",
        "interp",
        "isclose",
        "isin",
        "kron",
        "linspace",
        "logspace",
        "meshgrid",
        "ones",
        "polyfit",
        "polyval",
        "repeat",
        "reshape",
        "roll",
        "searchsorted",
        "tensordot",
        "tile",
        "trapezoid",
        "vdot",
        "where",
        "zeros",
    ]
)
"""Functions of NumPy that only read all their arguments."""


def is_quiet_path(path: str) -> bool:
    """Whether an imported function changes nothing that is there."""
    if path.startswith(tuple(QUIET_AFTER_ALL)):
        return True
    top, _, last = path.rpartition(".")
    if top.startswith("collections.") and top != "collections.abc":
        return False  # a method of a class, whose object is an argument
    return (
        path.partition(".")[0] in QUIET_PACKAGES
        and not path.startswith(tuple(LOUD))
        and last not in ("at", "register")
    )
