"""Plane waves and wave packets on the sites of a closed sample."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError, brief
from qtcore.model.checks import finite_number, positive_number, unmasked, whole_number
from qtcore.model.lattice import Lattice
from qtcore.model.wire import Wire
from qtcore.room import refuse_more_than_memory
from qtcore.solve.arguments import checked_wire

_FITS = 1e-6
"""Radians by which the phase around a closed sample may miss a multiple of 2 pi."""


_PER_COMPONENT = 150
"""Bytes that a state and the positions of its components take while it is made."""

_PER_CONSTANT = "radians per lattice constant"


def checked_momenta(momenta: Any, lattice: Lattice, around: int | None) -> NDArray[np.float64]:
    """Return momenta as (momentum, 3), or raise InputError.

    Parameters
    ----------
    momenta : (momentum, 2) or (momentum, 3) array
        Radians per lattice constant.
    lattice : Lattice
        Cross-section.
    around : int or None
        Slices, if the sample is closed along x: then the momenta must fit.
    """
    unmasked("momenta", momenta)
    try:
        given = np.asarray(momenta, dtype=np.float64)
    except (TypeError, ValueError):
        raise InputError(
            f"momenta must be numbers (radians per lattice constant), got {brief(momenta)}"
        ) from None
    if given.ndim != 2 or given.shape[1] not in (2, 3) or not len(given):
        raise InputError(
            "momenta must be (momentum, 2) or (momentum, 3), radians per lattice constant, got shape "
            f"{given.shape}"
        )
    if not np.isfinite(given).all():
        raise InputError("momenta must be finite (radians per lattice constant)")
    k = np.zeros((len(given), 3))
    k[:, : given.shape[1]] = given
    closed = list(lattice.wraps())
    if around is not None:
        closed.append(np.array([around * lattice.period, 0.0, 0.0]))
    for wrap in closed:
        phase = k @ wrap
        missed = np.abs(phase - 2 * math.pi * np.rint(phase / (2 * math.pi)))
        if missed.max() > _FITS:
            extent = float(np.linalg.norm(wrap))
            raise InputError(
                f"in a sample that closes after {extent:g} lattice constants momenta along that "
                f"direction are multiples of 2 pi / {extent:g} = {2 * math.pi / extent:.6g}, got "
                f"{tuple(given[missed.argmax()].tolist())}"
            )
    return k


def positions(wire: Wire, length: int) -> NDArray[np.float64]:
    """Return the places of all components of a sample in lattice constants, (D, 3)."""
    lattice = wire.lattice
    places = np.tile(lattice.positions(), (length, 1, 1))
    places[:, :, 0] += lattice.period * np.arange(length)[:, None]
    return np.repeat(places.reshape(-1, 3), wire.orbitals, axis=0)


def shortest(way: NDArray[np.float64], wraps: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Return vectors, (n, 3), each by the shortest way around what repeats itself by `wraps`."""
    for wrap in wraps:
        way = way - np.rint(way @ wrap / (wrap @ wrap))[:, None] * wrap
    return way


def kinds_of(wire: Wire, length: int) -> NDArray[np.intp]:
    """Return the kind of each component, (D,): its orbital, and its sublattice if there are two."""
    orbital = np.tile(np.arange(wire.orbitals), wire.lattice.sites)
    sublattice = wire.lattice.sublattice()
    if sublattice is not None:
        orbital = orbital + wire.orbitals * np.repeat(sublattice < 0, wire.orbitals)
    return np.tile(orbital, length)


def _refuse_more_than_memory(wire: Wire, length: int) -> None:
    """Raise InputError if positions and a state of a sample do not fit into the memory."""
    components = length * wire.lattice.sites * wire.orbitals
    refuse_more_than_memory(
        _PER_COMPONENT * components, f"states of {components:,} orbitals", "take a smaller sample"
    )


def plane_waves(wire: Wire, length: int, momenta: NDArray[np.float64]) -> NDArray[np.complex128]:
    """Return normalised plane waves on each kind of components, (D, momentum, kind)."""
    kinds = kinds_of(wire, length)
    phase = np.exp(1j * positions(wire, length) @ momenta.T)
    waves = np.zeros((*phase.shape, int(kinds.max()) + 1), dtype=np.complex128)
    for kind in range(waves.shape[2]):
        on = kinds == kind
        waves[on, :, kind] = phase[on] / math.sqrt(on.sum())
    return waves


def plane_wave(
    wire: Wire, length: int, momentum: Sequence[float], orbital: int = 0
) -> NDArray[np.complex128]:
    """Return a normalised plane wave exp(i k r) on one orbital of every site, (slices * M,).

    Parameters
    ----------
    wire : Wire
        The wire.
    length : int
        Slices of the sample.
    momentum : (float, float) or (float, float, float)
        k, radians per lattice constant; it must fit into a lattice that is closed across.
    orbital : int
        Which orbital.

    Raises
    ------
    InputError
        If an argument is wrong.
    """
    length, lattice = (
        whole_number("length (slices)", length, 1),
        checked_wire(wire, junction=True).lattice,
    )
    k = checked_momenta([_vector("momentum", momentum, _PER_CONSTANT)], lattice, None)
    _refuse_more_than_memory(wire, length)
    psi = np.exp(1j * positions(wire, length) @ k[0])
    return _on_orbital(psi, wire, orbital) * math.sqrt(wire.orbitals / len(psi))


def wave_packet(
    wire: Wire,
    length: int,
    center: Sequence[float],
    width: float,
    momentum: Sequence[float] = (0.0, 0.0),
    orbital: int = 0,
) -> NDArray[np.complex128]:
    """Return a normalised Gaussian wave packet on a sample, (slices * M,).

    psi(r) is proportional to exp(-|r - center|² / (4 width²) + i k r), so that the standard
    deviation of the position is `width` along each direction. On a lattice that is closed across,
    r - center is the shortest way around it.

    Parameters
    ----------
    wire : Wire
        The wire.
    length : int
        Slices of the sample.
    center : (float, float) or (float, float, float)
        Lattice constants; slice n starts at x = n * period.
    width : float
        Standard deviation > 0, lattice constants.
    momentum : (float, float) or (float, float, float)
        k, radians per lattice constant.
    orbital : int
        Which orbital of every site the packet is on.

    Raises
    ------
    InputError
        If an argument is wrong, or the packet has no weight on the sample.
    """
    length = whole_number("length (slices)", length, 1)
    _refuse_more_than_memory(checked_wire(wire, junction=True), length)
    places = positions(wire, length)
    width = positive_number("width of the packet", width, "lattice constants")
    k = _vector("momentum", momentum, _PER_CONSTANT)
    middle = _vector("center", center, "lattice constants")
    away = shortest(places - middle, wire.lattice.wraps())
    envelope = ((away / (2 * width)) ** 2).sum(axis=1)
    psi = _on_orbital(np.exp(1j * (middle + away) @ k - envelope), wire, orbital)
    norm = float(np.linalg.norm(psi))
    if not norm > 1e-100:
        raise InputError(f"a packet at {tuple(center)} has no weight on this sample")
    return np.asarray(psi / norm)


def _on_orbital(psi: NDArray[np.complex128], wire: Wire, orbital: int) -> NDArray[np.complex128]:
    """Return a state without its other orbitals."""
    orbital = whole_number("orbital", orbital, 0)
    if orbital >= wire.orbitals:
        raise InputError(f"orbital must be below {wire.orbitals}, got {orbital}")
    return np.where(np.arange(len(psi)) % wire.orbitals == orbital, psi, 0.0)


def _vector(name: str, given: Any, unit: str) -> NDArray[np.float64]:
    """Return two or three numbers as (3,), or raise InputError."""
    try:
        parts = [finite_number(name, one, unit) for one in given]
    except TypeError:
        parts = []
    if len(parts) not in (2, 3):
        raise InputError(f"{name} must be two or three numbers ({unit}), got {brief(given)}")
    return np.array([*parts, 0.0][:3])
