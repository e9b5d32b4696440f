"""Compiled functions that others call through their address.

Numba links every compiled function into all of its callers and optimises it there again; a chain
of calls is compiled as often as it is deep. A `Kernel` is compiled once: the caller receives it as
an argument, and knows no more than its signature. It costs a call through a pointer, which is
nothing beside a pass over all columns. A wire's kernels are chosen at run time, so that those of
other kinds of wires are never compiled.

A kernel that several others need, always the same one, is called by its name instead. The name is
told to the linker before those others are loaded.

What lies in the disk cache has one signature per function, so that processes which compile it at
the same time write the same thing: Numba's index files, whose last writer wins, do not mind.
"""

# mypy: allow-untyped-defs
from collections.abc import Callable
from typing import Any, cast

import llvmlite.binding as llvm
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
PROJECT_TILES = NOTHING(PLANES, FLAG, *7 * (COUNT,))
"""Of `projection.project_tiles`."""
ORTHONORMALISE_TILES = NOTHING(PLANES, FLAG, *5 * (COUNT,), PLANES)
"""Of `orthogonal.orthonormalise_tiles`."""
ORTHONORMALISE_SLOW = NOTHING(PLANES, *5 * (COUNT,), PLANES, TABLE, PLANES, COUNT)
"""Of `graded.orthonormalise_slow`."""

_BARE: dict[str, Any] = {
    "nogil": True,
    "error_model": "numpy",
    "no_cpython_wrapper": True,
    "no_cfunc_wrapper": True,
}


def inner(function: Callable[..., Any]) -> Any:
    """Compile what only compiled functions of the same module call: a part of each of them."""
    return _for_any_number(njit(**_BARE)(function))


def always_inner(function: Callable[..., Any]) -> Any:
    """Do the same for what runs so often that not even a call may be left of it."""
    return _for_any_number(njit(forceinline=True, **_BARE)(function))


def _for_any_number(dispatcher: Any) -> Any:
    """Compile a function once for all numbers, not anew for each constant that it is called with."""
    template = dispatcher.get_call_template

    def of_types(args: Any, kws: Any) -> Any:
        return template(
            tuple(types.unliteral(one) for one in args),
            {name: types.unliteral(one) for name, one in kws.items()},
        )

    dispatcher.get_call_template = of_types
    return dispatcher


class Kernel:
    """A compiled function of fixed types, made (or read from the disk cache) when first needed.

    Parameters
    ----------
    function : function
        What is compiled.
    signature : Signature
        Its types.
    needs : tuple of Kernel
        Those that it calls by their name.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        signature: Signature,
        needs: tuple["Kernel", ...] = (),
    ) -> None:
        self._dispatcher = njit(cache=True, **_BARE)(function)
        self._needs = needs
        self._address: int | None = None
        self.signature = signature
        self.name = f"{function.__module__}.{function.__name__}"

    @property
    def address(self) -> int:
        """Where its code is, for the callers made by `caller` with the same signature."""
        if self._address is None:
            for other in self._needs:
                llvm.add_symbol(other.name, other.address)
            compiled = self._dispatcher.get_compile_result(self.signature)
            name = compiled.fndesc.llvm_func_name
            self._address = int(compiled.library.get_pointer_to_function(name))
        return self._address


def kernel(signature: Signature, *needs: Kernel) -> Callable[[Callable[..., Any]], Kernel]:
    """Make a `Kernel` of the function below, with these types; `needs` it calls by their names."""
    return lambda function: Kernel(function, signature, needs)


def caller(signature: Signature) -> Callable[..., Any]:
    """Return a compiled function (address, tuple of arguments) that calls a kernel."""

    @intrinsic
    def call(typingctx: Any, address: Any, arguments: Any) -> Any:  # noqa: ARG001 # as Numba has it
        def codegen(context: Any, builder: Any, _: Any, args: Any) -> Any:
            pointer = builder.inttoptr(args[0], _function_type(context, signature).as_pointer())
            return _called(context, builder, pointer, signature, args[1])

        return signature.return_type(types.int64, types.Tuple(signature.args)), codegen

    return cast(Callable[..., Any], call)


def named(one: Kernel) -> Callable[..., Any]:
    """Return a compiled function (tuple of arguments) that calls this kernel.

    Whatever is compiled with it must name the kernel among what it needs.
    """
    signature = one.signature

    @intrinsic
    def call(typingctx: Any, arguments: Any) -> Any:  # noqa: ARG001 # as Numba has it
        def codegen(context: Any, builder: Any, _: Any, args: Any) -> Any:
            of = _function_type(context, signature)
            function = cgutils.get_or_insert_function(builder.module, of, one.name)
            return _called(context, builder, function, signature, args[0])

        return signature.return_type(types.Tuple(signature.args)), codegen

    return cast(Callable[..., Any], call)


def _function_type(context: Any, signature: Signature) -> Any:
    return context.call_conv.get_function_type(signature.return_type, signature.args)


def _called(context: Any, builder: Any, function: Any, signature: Signature, arguments: Any) -> Any:
    """Call a compiled function with a tuple of arguments, and hand its errors on."""
    convention = context.call_conv
    values = cgutils.unpack_tuple(builder, arguments)
    status, result = convention.call_function(
        builder, function, signature.return_type, signature.args, values
    )
    with cgutils.if_unlikely(builder, status.is_error):
        convention.return_status_propagate(builder, status)
    return result
