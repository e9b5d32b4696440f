"""Compiled functions that others call through their address.

Numba links every compiled function into all of its callers and optimises it there again; a chain
of calls is compiled as often as it is deep. A `Kernel` is compiled once: the caller receives it as
an argument, and knows no more than its signature. It costs a call through a pointer, which is
nothing beside a pass over all columns. A wire's kernels are chosen at run time, so that those of
other kinds of wires are never compiled.

What lies in the disk cache has one signature per function, so that processes which compile it at
the same time write the same thing: Numba's index files, whose last writer wins, do not mind.
"""

# mypy: allow-untyped-defs
from collections.abc import Callable
from typing import Any, cast

from numba import types
from numba.core import cgutils
from numba.core.extending import intrinsic
from numba.core.typing.templates import Signature

from qtcore.compiled import njit
from qtcore.solve.kernel_arguments import COUNT, FLAG, LEAD, MEDIUM, PLANES, REAL, RUN, SHAPE, TABLE

NOTHING = types.none
ADVANCE = NOTHING(PLANES, SHAPE, RUN, PLANES, MEDIUM, PLANES)
"""Of every stencil: x, shape, run, E - eps, medium, scratch."""
EXPAND = NOTHING(PLANES, PLANES, SHAPE, COUNT, COUNT, LEAD, PLANES)
"""Of every expansion in a lead's modes: x, y, shape, parity, length, lead, scratch."""
MATCH = NOTHING(PLANES, PLANES, SHAPE, PLANES, PLANES, TABLE, PLANES)
"""Of `lead_matching.match`: x, y, shape, norms, scratch, scales, factors."""
RENEW_FAST = REAL(PLANES, SHAPE, FLAG, PLANES)
"""Of `renewal.renew_fast`: x, shape, is_real, norms."""
PROJECT = REAL(PLANES, SHAPE, FLAG, PLANES, PLANES)
"""Of `renewal.project_fast_out`: x, shape, is_real, norms, scratch."""
RENEW_SLOW = NOTHING(PLANES, SHAPE, PLANES, PLANES, TABLE)
"""Of `renewal.renew_slow`: x, shape, norms, after, scales."""

_BARE: dict[str, Any] = {
    "nogil": True,
    "error_model": "numpy",
    "no_cpython_wrapper": True,
    "no_cfunc_wrapper": True,
}

inner = njit(**_BARE)
"""Compiles what only compiled functions of the same module call: a part of each of them."""

always_inner = njit(forceinline=True, **_BARE)
"""The same for what runs so often that not even a call may be left of it."""


class Kernel:
    """A compiled function of fixed types, made (or read from the disk cache) when first needed.

    Parameters
    ----------
    function : function
        What is compiled.
    signature : Signature
        Its types.
    """

    def __init__(self, function: Callable[..., Any], signature: Signature) -> None:
        self._dispatcher = njit(cache=True, **_BARE)(function)
        self._signature = signature
        self._address: int | None = None

    @property
    def address(self) -> int:
        """Where its code is, for the callers made by `caller` with the same signature."""
        if self._address is None:
            compiled = self._dispatcher.get_compile_result(self._signature)
            name = compiled.fndesc.llvm_func_name
            self._address = int(compiled.library.get_pointer_to_function(name))
        return self._address


def kernel(signature: Signature) -> Callable[[Callable[..., Any]], Kernel]:
    """Make a `Kernel` of the function below, with these types."""
    return lambda function: Kernel(function, signature)


def caller(signature: Signature) -> Callable[..., Any]:
    """Return a compiled function (address, tuple of arguments) that calls a kernel."""

    @intrinsic
    def call(typingctx: Any, address: Any, arguments: Any) -> Any:  # noqa: ARG001 # as Numba has it
        def codegen(context: Any, builder: Any, _: Any, args: Any) -> Any:
            convention = context.call_conv
            returns, expected = signature.return_type, signature.args
            function_type = convention.get_function_type(returns, expected)
            pointer = builder.inttoptr(args[0], function_type.as_pointer())
            values = cgutils.unpack_tuple(builder, args[1])
            status, result = convention.call_function(builder, pointer, returns, expected, values)
            with cgutils.if_unlikely(builder, status.is_error):
                convention.return_status_propagate(builder, status)
            return result

        return signature.return_type(types.int64, types.Tuple(signature.args)), codegen

    return cast(Callable[..., Any], call)
