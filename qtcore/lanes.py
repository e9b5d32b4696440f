"""Eight realizations side by side: the vectors that the compiled kernels compute with.

A value of type `lanes` holds one double for each of the LANES realizations of a group; `words`
holds one 64-bit word each. Inside a kernel they are added, multiplied, loaded and stored like
numbers, and LLVM keeps them in the widest registers of the processor at hand. Numba's own
vectorizer is not relied upon: the kernels need several columns in registers at once, which it does
not find. Products and sums are rounded exactly as written (`fma` once, everything else each
time), so that every processor returns the same bits.
"""

import operator
from collections.abc import Callable
from typing import Any, cast

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.datamodel import models
from numba.core.extending import intrinsic, lower_builtin, register_model
from numba.core.typing.templates import ConcreteTemplate, infer_global
from numpy.typing import NDArray

from qtcore.units import LANES as LANES

CACHE_LINE = 64

_DOUBLES = ir.VectorType(ir.DoubleType(), LANES)
_WORDS = ir.VectorType(ir.IntType(64), LANES)


def _compiled(typer: Callable[..., Any]) -> Callable[..., Any]:
    """Make an intrinsic of a typing function; kernels call it without the typing context."""
    return cast(Callable[..., Any], intrinsic(typer))


def _compiled_for_constants(typer: Callable[..., Any]) -> Callable[..., Any]:
    """Do the same where constants come with their value."""
    return cast(Callable[..., Any], intrinsic(prefer_literal=True)(typer))


class _LanesType(types.Type):
    """Numba type of LANES doubles."""

    def __init__(self) -> None:
        super().__init__(name="lanes")


class _WordsType(types.Type):
    """Numba type of LANES unsigned 64-bit words."""

    def __init__(self) -> None:
        super().__init__(name="words")


lanes_type = _LanesType()
words_type = _WordsType()


@register_model(_LanesType)
class _LanesModel(models.PrimitiveModel):
    def __init__(self, manager: Any, fe_type: Any) -> None:
        super().__init__(manager, fe_type, _DOUBLES)  # type: ignore[no-untyped-call]


@register_model(_WordsType)
class _WordsModel(models.PrimitiveModel):
    def __init__(self, manager: Any, fe_type: Any) -> None:
        super().__init__(manager, fe_type, _WORDS)  # type: ignore[no-untyped-call]


def aligned(vectors: int) -> NDArray[np.float64]:
    """Return zeroed doubles for `vectors` lane vectors, aligned to a cache line."""
    raw = np.zeros(vectors * LANES + CACHE_LINE // 8, dtype=np.float64)
    start = (-raw.ctypes.data % CACHE_LINE) // 8
    return raw[start : start + vectors * LANES]


@_compiled_for_constants
def on_stack(typingctx: Any, vectors: Any) -> Any:
    """Return a flat array of doubles for that many lane vectors, not zeroed.

    It lives as long as the call of the function that asks for it. The number must be a constant.
    """
    if not isinstance(vectors, types.Literal):
        return None
    count, array_type = vectors.literal_value * LANES, types.Array(types.float64, 1, "C")

    def codegen(context: Any, builder: Any, signature: Any, _: Any) -> Any:
        pointer = cgutils.alloca_once(builder, _DOUBLES, size=count // LANES)
        pointer.align = CACHE_LINE
        found = context.make_array(signature.return_type)(context, builder)
        sizes = [context.get_constant(types.intp, n) for n in (count, 8)]
        context.populate_array(
            found,
            data=builder.bitcast(pointer, found.data.type),
            shape=[sizes[0]],
            strides=[sizes[1]],
            itemsize=sizes[1],
            meminfo=None,
        )
        return found._getvalue()

    return array_type(vectors), codegen


def _vector_pointer(
    context: Any, builder: Any, array_type: Any, array: Any, index: Any, vector: ir.VectorType
) -> Any:
    # Straight to the field: a proxy of the whole array would triple the code to be optimised.
    data = builder.extract_value(
        array, context.data_model_manager[array_type].get_field_position("data")
    )
    first = builder.bitcast(data, vector.as_pointer())
    return builder.gep(first, [index], source_etype=vector)


def _splat(builder: Any, vector: ir.VectorType, scalar: Any) -> Any:
    first = builder.insert_element(
        ir.Constant(vector, ir.Undefined), scalar, ir.Constant(ir.IntType(32), 0)
    )
    mask = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)
    return builder.shuffle_vector(first, ir.Constant(vector, ir.Undefined), mask)


@_compiled
def load(typingctx: Any, array: Any, index: Any) -> Any:
    """Load lane vector number `index` of a flat array of doubles."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        array, index = args
        pointer = _vector_pointer(context, builder, signature.args[0], array, index, _DOUBLES)
        return builder.load(pointer, align=8, typ=_DOUBLES)

    return lanes_type(array, types.intp), codegen


@_compiled
def store(typingctx: Any, array: Any, index: Any, vector: Any) -> Any:
    """Store a lane vector as number `index` of a flat array of doubles."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        array, index, vector = args
        pointer = _vector_pointer(context, builder, signature.args[0], array, index, _DOUBLES)
        builder.store(vector, pointer, align=8)
        return context.get_dummy_value()

    return types.none(array, types.intp, lanes_type), codegen


@_compiled
def load_words(typingctx: Any, array: Any, index: Any) -> Any:
    """Load words number `index` of a flat array of uint64."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        array, index = args
        pointer = _vector_pointer(context, builder, signature.args[0], array, index, _WORDS)
        return builder.load(pointer, align=8, typ=_WORDS)

    return words_type(array, types.intp), codegen


@_compiled
def element(typingctx: Any, array: Any, index: Any) -> Any:
    """Load number `index` >= 0 of a flat array.

    Numba looks whether an index counts from the end, which costs more than the load.
    """

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, args[0])
        return builder.load(builder.gep(array.data, [args[1]], inbounds=True))

    return array.dtype(array, types.intp), codegen


@_compiled
def splat(typingctx: Any, scalar: Any) -> Any:
    """Return the same double in every lane."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return _splat(builder, _DOUBLES, args[0])

    return lanes_type(types.float64), codegen


@_compiled
def splat_words(typingctx: Any, scalar: Any) -> Any:
    """Return the same 64-bit word in every lane."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return _splat(builder, _WORDS, args[0])

    return words_type(types.uint64), codegen


@_compiled
def fma(typingctx: Any, a: Any, b: Any, c: Any) -> Any:
    """Return a * b + c, rounded once."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        function = cgutils.get_or_insert_function(
            builder.module, ir.FunctionType(_DOUBLES, [_DOUBLES] * 3), f"llvm.fma.v{LANES}f64"
        )
        return builder.call(function, args)

    return lanes_type(lanes_type, lanes_type, lanes_type), codegen


@_compiled
def negative(typingctx: Any, a: Any) -> Any:
    """Return -a."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.fneg(args[0])

    return lanes_type(lanes_type), codegen


@_compiled
def square_root(typingctx: Any, a: Any) -> Any:
    """Return the square root, lane by lane."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        function = cgutils.get_or_insert_function(
            builder.module, ir.FunctionType(_DOUBLES, [_DOUBLES]), f"llvm.sqrt.v{LANES}f64"
        )
        return builder.call(function, args)

    return lanes_type(lanes_type), codegen


@_compiled
def larger(typingctx: Any, a: Any, b: Any) -> Any:
    """Return the larger of two, lane by lane; a NaN in `a` survives."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        smaller = builder.fcmp_ordered("<", args[0], args[1])
        return builder.select(smaller, args[1], args[0])

    return lanes_type(lanes_type, lanes_type), codegen


@_compiled
def upper_half(typingctx: Any, bits: Any) -> Any:
    """Return the upper 32 bits of each word in its lower half; the upper half is of no use.

    As a shuffle instead of a shift it runs beside the multiplications, not in their way.
    """

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        halves = ir.VectorType(ir.IntType(32), 2 * LANES)
        odd = ir.Constant(
            ir.VectorType(ir.IntType(32), 2 * LANES), [i | 1 for i in range(2 * LANES)]
        )
        split = builder.bitcast(args[0], halves)
        return builder.bitcast(
            builder.shuffle_vector(split, ir.Constant(halves, ir.Undefined), odd), _WORDS
        )

    return words_type(words_type), codegen


@_compiled
def unit_interval(typingctx: Any, bits: Any) -> Any:
    """Return the upper 52 bits of each word as a double in [-1/2, 1/2)."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        def constant(word: int) -> Any:
            return ir.Constant(_WORDS, [word] * LANES)

        mantissa = builder.lshr(args[0], constant(12))
        one_to_two = builder.bitcast(builder.or_(mantissa, constant(1023 << 52)), _DOUBLES)
        return builder.fsub(one_to_two, ir.Constant(_DOUBLES, [1.5] * LANES))

    return lanes_type(words_type), codegen


def _operator(symbol: Callable[..., Any], vector: types.Type, instruction: str) -> None:
    """Make an operator between two lane vectors one instruction.

    An overload would be a function of its own, compiled and linked into every kernel.
    """

    class Typed(ConcreteTemplate):
        key = symbol
        cases = [vector(vector, vector)]  # noqa: RUF012 (Numba reads the attribute as it is)

    infer_global(symbol)(Typed)

    def emit(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return getattr(builder, instruction)(*args)

    lower_builtin(symbol, vector, vector)(emit)


_operator(operator.add, lanes_type, "fadd")
_operator(operator.sub, lanes_type, "fsub")
_operator(operator.mul, lanes_type, "fmul")
_operator(operator.truediv, lanes_type, "fdiv")
_operator(operator.add, words_type, "add")
_operator(operator.mul, words_type, "mul")
_operator(operator.xor, words_type, "xor")
_operator(operator.and_, words_type, "and_")
_operator(operator.or_, words_type, "or_")
_operator(operator.lshift, words_type, "shl")
_operator(operator.rshift, words_type, "lshr")
