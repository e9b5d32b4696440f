"""Densities of states of ensembles of closed samples, by kernel polynomials.

The density of the whole sample is a trace over random vectors; the local one and the spectral function
take the states that they ask about, and have no statistical error of one realization.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError, brief
from qtcore.lanes import LANES
from qtcore.model.checks import whole_number
from qtcore.model.wire import Wire
from qtcore.solve.closed_ensemble import ClosedEnsemble
from qtcore.solve.expansion import (
    Curves,
    Damping,
    checked_energies,
    checked_vectors,
    of_vectors,
    random_vectors,
)
from qtcore.solve.state_moments import moments_of_states
from qtcore.solve.waves import checked_momenta, kinds_of, plane_waves
from qtcore.threads import one_thread


@one_thread
def bulk_density_ensemble(
    wire: Wire,
    energies: Sequence[float],
    length: int,
    realizations: Sequence[int],
    seed: int,
    moments: int = 512,
    vectors: int = 8,
    periodic: bool = True,
    kernel: str = "jackson",
    bounds: tuple[float, float] | None = None,
) -> Curves:
    """Return the density of states per orbital of closed samples, in 1/t.

    Vacancies and walls, that is on-site energies beyond 2^15 times the couplings, are no orbitals.

    Parameters
    ----------
    wire : Wire
        The wire; a square lattice of constant hopping is fastest.
    energies : sequence of float
        Units of t. Where a sample has no level, because they lie outside its bounds, the density is 0.
    length : int
        Slices.
    realizations : sequence of int
        Numbers of the samples, each once.
    seed : int
        Seed of the ensemble, also of its random vectors.
    moments : int
        Chebyshev polynomials: the resolution is pi * half bandwidth / moments.
    vectors : int
        Random vectors of each sample, of which eight go side by side.
    periodic : bool
        Couple the last slice to the first (needs at least three slices).
    kernel : {"jackson", "lorentz"}
        What a level becomes: a Gaussian, or a Lorentzian of half width 4 * half bandwidth / moments.
    bounds : (float, float), optional
        Energies that enclose every spectrum, units of t. Safe ones of each sample unless given; with
        those of your own all samples have the same resolution. The interval of the expansion, and
        with it `width`, is 1 % wider than the bounds.

    Returns
    -------
    Curves
        `values` is (realization, energy).

    Raises
    ------
    InputError
        If an argument is wrong, a level lies outside the bounds, or the memory does not suffice.
    QtcoreError
        If the polynomials show that a spectrum is wider than the bounds after all.
    """
    asked, damping = checked_energies(energies), Damping(kernel, moments)
    vectors = checked_vectors(vectors)
    ensemble = ClosedEnsemble(wire, length, realizations, seed, periodic, bounds)
    room = damping.bytes_for(len(asked), vectors) + 8 * LANES * ensemble.size
    ensemble.refuse_more_than_memory(4, f"{moments} moments", room)
    curves = []
    for sample in ensemble:
        recursion = sample.recursion
        weights = damping.delta(recursion.interval, asked)
        address = [ensemble.ensemble.seed, sample.realization]
        groups = random_vectors(ensemble.size, sample.frame.planes == 2, address, vectors)
        found = [
            recursion.moments(recursion.start(sample.cut(group)), damping.moments)[
                :, : group.shape[1]
            ]
            for group in groups
        ]
        value, error = of_vectors(np.hstack(found).T @ weights / sample.orbitals)
        curves.append((value, error, damping.width(recursion.interval)))
    return Curves.gathered(asked, curves)


@one_thread
def bulk_local_density(
    wire: Wire,
    energies: Sequence[float],
    length: int,
    realizations: Sequence[int],
    seed: int,
    places: Sequence[tuple[int, int]],
    moments: int = 512,
    periodic: bool = True,
    kernel: str = "jackson",
    bounds: tuple[float, float] | None = None,
) -> Curves:
    """Return the local density of states <i|delta(E - H)|i> of closed samples, in 1/t.

    Parameters
    ----------
    wire, energies, length, realizations, seed, moments, periodic, kernel, bounds
        As in `bulk_density_ensemble`.
    places : sequence of (slice, component)
        Where; component site * orbitals + orbital. Eight go side by side.

    Returns
    -------
    Curves
        `values` is (realization, place, energy); `errors` are 0.

    Raises
    ------
    InputError, QtcoreError
        As in `bulk_density_ensemble`, and if a place lies outside the sample.
    """
    asked, damping = checked_energies(energies), Damping(kernel, moments)
    ensemble = ClosedEnsemble(wire, length, realizations, seed, periodic, bounds)
    rows = _checked_places(places, ensemble.length, ensemble.size // ensemble.length)
    room = damping.bytes_for(len(asked), len(rows)) + 8 * len(rows) * ensemble.size
    ensemble.refuse_more_than_memory(4, f"{moments} moments", room)
    return _of_states(ensemble, damping, asked, _unit_vectors(rows, ensemble.size))


@one_thread
def spectral_function(
    wire: Wire,
    momenta: Any,
    energies: Sequence[float],
    length: int,
    realizations: Sequence[int],
    seed: int,
    moments: int = 512,
    periodic: bool = True,
    kernel: str = "jackson",
    bounds: tuple[float, float] | None = None,
) -> Curves:
    """Return the spectral function A(k, E) = sum_o <k o|delta(E - H)|k o> of closed samples, in 1/t.

    The sum runs over the orbitals of a site and, on the honeycomb lattice, its two kinds of sites;
    each plane wave is normalised, so that the integral over E is their number.

    Parameters
    ----------
    wire, energies, length, realizations, seed, moments, periodic, kernel, bounds
        As in `bulk_density_ensemble`. A wire with a field is refused, because plane waves depend on
        the gauge of the field. `RandomFlux` and `RandomPhase` are taken: with `RandomPhase` the phases
        of the bonds are the model, and with `RandomFlux` A(k, E) belongs to the gauge in which the bonds
        have their phases (`Wire.hopping_of`).
    momenta : (momentum, 2) or (momentum, 3) array
        (kx, ky) or (kx, ky, kz) in radians per lattice constant. They must fit into a sample that is closed:
        multiples of 2 pi / extent.

    Returns
    -------
    Curves
        `values` is (realization, momentum, energy); `errors` are 0.

    Raises
    ------
    InputError, QtcoreError
        As in `bulk_density_ensemble`, and if a momentum does not fit or there is a field.
    """
    asked, damping = checked_energies(energies), Damping(kernel, moments)
    ensemble = ClosedEnsemble(wire, length, realizations, seed, periodic, bounds)
    if wire.field_vector.any():
        raise InputError(
            "in a magnetic field plane waves depend on the gauge; spectral_function needs flux = 0"
        )
    k = checked_momenta(momenta, wire.lattice, ensemble.length if ensemble.periodic else None)
    kinds = int(kinds_of(wire, 1).max()) + 1
    room = damping.bytes_for(len(asked), 2 * kinds * len(k)) + 48 * kinds * len(k) * ensemble.size
    ensemble.refuse_more_than_memory(4, f"{moments} moments of {len(k)} momenta", room)
    waves = plane_waves(wire, ensemble.length, k)
    states = waves.reshape(ensemble.size, -1)
    found = _of_states(ensemble, damping, asked, states)
    shape = (len(found.values), len(k), kinds, len(asked))
    values = found.values.reshape(shape).sum(axis=2)
    return Curves(asked, values, np.zeros_like(values), found.width)


def _of_states(
    ensemble: ClosedEnsemble,
    damping: Damping,
    energies: NDArray[np.float64],
    states: NDArray[Any],
) -> Curves:
    """Return <psi|delta(E - H)|psi> of given states (D, state): (realization, state, energy)."""
    curves = []
    for sample in ensemble:
        recursion = sample.recursion
        moments = moments_of_states(sample, recursion, states, damping.moments)
        values = moments.T @ damping.delta(recursion.interval, energies)
        curves.append((values, np.zeros_like(values), damping.width(recursion.interval)))
    return Curves.gathered(energies, curves)


def _unit_vectors(rows: NDArray[np.intp], size: int) -> NDArray[np.float64]:
    states = np.zeros((size, len(rows)))
    states[rows, np.arange(len(rows))] = 1.0
    return states


def _checked_places(places: Any, slices: int, components: int) -> NDArray[np.intp]:
    """Return the rows of H of places (slice, component), or raise InputError."""
    rows = []
    try:
        members = iter(places)
    except TypeError:
        raise InputError(
            f"places must be pairs (slice, component) such as [(0, 0)], got {brief(places)}"
        ) from None
    for place in members:
        try:
            n, component = place
        except (TypeError, ValueError):
            raise InputError(
                f"places must be pairs (slice, component) such as [(0, 0)], got {place!r}"
            ) from None
        n, component = whole_number("slice", n, 0), whole_number("component", component, 0)
        if n >= slices or component >= components:
            raise InputError(
                f"the sample has slices 0 .. {slices - 1} with components 0 .. {components - 1}, got "
                f"place {(n, component)}"
            )
        rows.append(n * components + component)
    if not rows:
        raise InputError("places is empty; give at least one pair (slice, component)")
    return np.array(rows)
