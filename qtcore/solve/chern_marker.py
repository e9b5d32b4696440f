"""The local Chern marker: the Chern number of a disordered sample, from its own sites.

C(r) = -2 pi i sum_o <r o|[P x P, P y P]|r o> / (area of a site), with the projector P onto the levels
below the Fermi energy. Far from the edges its mean over whole unit cells is the Hall conductance in
e²/h. Bianco and Resta, PRB 84, 241106 (2011).

Small samples are solved as a whole. In large ones P is a series of Chebyshev polynomials that acts on
the sites asked for, or on random vectors: 2 i Im <x P r|P|y P r> takes P twice, and a time that is linear
in the size of the sample.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError, brief
from qtcore.lanes import LANES
from qtcore.model.checks import positive_number
from qtcore.model.wire import Wire
from qtcore.shown import ShownFields
from qtcore.solve.arguments import checked_energy
from qtcore.solve.closed_ensemble import ClosedEnsemble, LaneSample
from qtcore.solve.expansion import checked_vectors, of_vectors, random_vectors
from qtcore.solve.filled import Filled, closeness
from qtcore.solve.marker_places import (
    bulk_rows,
    checked_area,
    flat_positions,
    refuse_unless_flat_and_open,
    site_rows,
)
from qtcore.solve.occupied import Spectrum, refuse_too_large, spectrum_of
from qtcore.threads import one_thread

METHODS = ("auto", "dense", "polynomials")

DENSE = 600
"""Orbitals up to which samples are solved as a whole unless a method is asked for."""

FAINT = 1e-3
"""Share of its orbitals that a region may have in levels close to the Fermi energy, so that its gap
still counts as open."""

INTEGER = 0.2
"""Distance of a mean over the bulk from an integer beyond which it is suspect."""


@dataclass(frozen=True, eq=False, repr=False)
class Markers(ShownFields):
    """Chern markers of every realization.

    Attributes
    ----------
    values : (realization,) or (realization, place) float array
        Hall conductance in e²/h: the mean over the bulk, or the marker of each place.
    errors : array of the same shape
        Standard errors from the scatter of the random vectors; 0 where none are used.
    unresolved : array of the same shape
        Share of the orbitals (of the bulk, or of the place) in levels within the resolution of the
        Fermi energy; levels at the resolution count half, and those at twice the resolution no more.
    gap : array of the same shape
        Distance from the Fermi energy within which the share of all levels stays below 0.001, units of
        t. Where P is a series of polynomials it is known only whether that exceeds the resolution: then
        `gap` is the resolution or 0.
    suspect : bool array of the same shape
        Where the gap is not open at this resolution, so that no integer is promised, or the mean over
        the bulk is further than 0.2 from every integer. If the levels at the Fermi energy are localized
        (a mobility gap), the mean over a region that is much larger than their localization length is
        close to an integer all the same.
    """

    values: NDArray[np.float64]
    errors: NDArray[np.float64]
    unresolved: NDArray[np.float64]
    gap: NDArray[np.float64]
    suspect: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class _Question:
    """What is asked of each sample.

    `rows` is (place, component): components whose markers are added up and divided by `area`.
    """

    energy: float
    resolution: float
    rows: NDArray[np.intp]
    area: float
    x: NDArray[np.float64]
    y: NDArray[np.float64]


@one_thread
def chern_marker(
    wire: Wire,
    energy: float,
    length: int,
    realizations: Sequence[int],
    seed: int,
    margin: float | None = None,
    resolution: float = 0.1,
    vectors: int = 16,
    method: str = "auto",
    bounds: tuple[float, float] | None = None,
    area: float | None = None,
) -> Markers:
    """Return the local Chern marker, averaged over the bulk, of samples with open edges.

    Parameters
    ----------
    wire : Wire
        A strip of any lattice in the plane with hard walls.
    energy : float
        Fermi energy, units of t.
    length : int
        Slices.
    realizations : sequence of int
        Numbers of the samples, each once.
    seed : int
        Seed of the ensemble, also of its random vectors.
    margin : float, optional
        Distance of the bulk from every edge, lattice constants; a quarter of the extent unless given.
        It has to be several times the extent of the edge states.
    resolution : float
        Levels closer to the Fermi energy than this, units of t, make a marker suspect. Polynomials
        fill the levels by a step that is smooth over this distance: their number, and with it the
        time, grows as 1 / resolution. It has to be smaller than half of the gap.
    vectors : int
        Random vectors of each sample for the mean over the bulk, if P is a series of polynomials. Eight
        go side by side.
    method : {"auto", "dense", "polynomials"}
        All states of a sample, or a series of polynomials; "auto" takes the first up to 600 orbitals.
    bounds : (float, float), optional
        As in `bulk_density_ensemble`, for polynomials.
    area : float, optional
        Of a sample, squared lattice constants; needed for `Custom` lattices only.

    Returns
    -------
    Markers
        `values` is (realization,). Its sign is that of `kubo_bastin` with axes="xy".

    Raises
    ------
    InputError
        If an argument is wrong, the lattice is closed across or no strip, the margin leaves nothing, or
        the memory does not suffice.
    QtcoreError
        If the polynomials show that a spectrum is wider than the bounds.
    """
    vectors = checked_vectors(vectors)
    ensemble, question, dense = _asked(
        wire, energy, length, realizations, seed, resolution, method, bounds, area,
        lambda whole: bulk_rows(wire, whole, margin)[None],
    )  # fmt: skip
    if dense:
        return _mean([_of_spectrum(one, question) for one in _spectra(ensemble, question)])
    ensemble.refuse_more_than_memory(14, f"{vectors} vectors")
    seeds = ensemble.ensemble.seed
    return _mean([_by_vectors(one, question, vectors, seeds) for one in ensemble])


@one_thread
def local_chern_marker(
    wire: Wire,
    energy: float,
    length: int,
    realizations: Sequence[int],
    seed: int,
    places: Sequence[tuple[int, int]],
    resolution: float = 0.1,
    method: str = "auto",
    bounds: tuple[float, float] | None = None,
    area: float | None = None,
) -> Markers:
    """Return the local Chern marker at single sites of samples with open edges.

    The sum of the markers over a whole sample is zero: what the bulk has, the edges take back.

    Parameters
    ----------
    wire, energy, length, realizations, seed, resolution, method, bounds, area
        As in `chern_marker`.
    places : sequence of (slice, site)
        Where. The orbitals of a site are added up, and divided by the area of a site. On the honeycomb
        lattice A and B may differ; their mean is the marker of the unit cell.

    Returns
    -------
    Markers
        `values` is (realization, place); `errors` are 0.

    Raises
    ------
    InputError, QtcoreError
        As in `chern_marker`, and if a place lies outside the sample.
    """
    ensemble, question, dense = _asked(
        wire, energy, length, realizations, seed, resolution, method, bounds, area,
        lambda whole: site_rows(wire, whole, places),
    )  # fmt: skip
    if dense:
        return _gathered([_of_spectrum(one, question) for one in _spectra(ensemble, question)])
    ensemble.refuse_more_than_memory(14, f"markers of {len(question.rows)} places")
    return _gathered([_at_places(one, question) for one in ensemble])


def refuse_unless_marked(
    wire: Wire,
    length: int,
    margin: float | None = None,
    resolution: float = 0.1,
    vectors: int = 16,
) -> None:
    """Raise InputError unless a sample has a marker; arguments as of `chern_marker`."""
    checked_vectors(vectors)
    positive_number("resolution", resolution, "units of t")
    refuse_unless_flat_and_open(wire, length)
    checked_area(wire, length, None)
    bulk_rows(wire, length, margin)


def _asked(
    wire: Wire,
    energy: float,
    length: int,
    realizations: Sequence[int],
    seed: int,
    resolution: float,
    method: Any,
    bounds: tuple[float, float] | None,
    area: float | None,
    rows_of: Any,
) -> tuple[ClosedEnsemble, _Question, bool]:
    """Return the samples, the question, and whether they are solved as a whole."""
    fermi = checked_energy(energy)
    resolution = positive_number("resolution", resolution, "units of t")
    if not isinstance(method, str) or method not in METHODS:
        raise InputError(f"method must be one of {', '.join(METHODS)}, got {brief(method)}")
    ensemble = ClosedEnsemble(wire, length, realizations, seed, False, bounds)
    refuse_unless_flat_and_open(ensemble.wire, ensemble.length)
    of_a_site = checked_area(ensemble.wire, ensemble.length, area)
    rows = rows_of(ensemble.length)
    sites = rows.shape[1] / ensemble.wire.orbitals
    x, y = flat_positions(ensemble.wire, ensemble.length)
    question = _Question(fermi, resolution, rows, of_a_site * sites, x, y)
    dense = method == "dense" or (method == "auto" and ensemble.size <= DENSE)
    return ensemble, question, dense


def _spectra(ensemble: ClosedEnsemble, question: _Question) -> Iterator[Spectrum]:
    refuse_too_large(ensemble.size, 3)
    return (spectrum_of(sample, question.energy) for sample in ensemble)


def _gathered(found: Sequence[tuple[Any, ...]]) -> Markers:
    """Return the markers of all realizations."""
    values, errors, shares, gaps = (np.array(part) for part in zip(*found, strict=True))
    return Markers(values, errors, shares, gaps, shares > FAINT / 2)


def _mean(found: Sequence[tuple[Any, ...]]) -> Markers:
    """Return the markers of the only place."""
    at = _gathered([tuple(part[0] for part in one) for one in found])
    far = np.abs(at.values - np.rint(at.values)) > INTEGER
    return replace(at, suspect=at.suspect | far)


def _of_spectrum(sample: Spectrum, question: _Question) -> tuple[NDArray[np.float64], ...]:
    """Return markers, errors, unresolved shares and gaps, (place,) each, from all states."""
    psi, x, y = sample.occupied, question.x[sample.rows], question.y[sample.rows]
    along, across = ((psi.conj().T * each) @ psi for each in (x, y))
    commutator = along @ across - across @ along
    # Vacancies and walls are no components: they have no marker.
    there = np.full(len(question.x), -1)
    there[sample.rows] = np.arange(len(sample.rows))
    away = np.abs(sample.levels - question.energy)
    near = closeness(sample.levels, question.energy, question.resolution)
    order = np.argsort(away)
    values, shares, gaps = [], [], []
    for rows in there[question.rows]:
        rows = rows[rows >= 0]
        here = psi[rows]
        trace = ((here @ commutator) * here.conj()).sum()
        values.append(float((-2j * math.pi * trace).real) / question.area)
        weight = (np.abs(sample.states[rows]) ** 2).sum(axis=0) / max(1, len(rows))
        shares.append(float(weight @ near))
        seen = int(np.searchsorted(np.cumsum(weight[order]), FAINT))
        gaps.append(float(away[order][min(seen, len(order) - 1)]))
    return np.array(values), np.zeros(len(values)), np.array(shares), np.array(gaps)


def _by_vectors(
    sample: LaneSample, question: _Question, vectors: int, seed: int
) -> tuple[NDArray[np.float64], ...]:
    """Return the same of the only place, as a trace over random vectors on its components."""
    filled = Filled(sample.recursion, question.energy, question.resolution)
    (rows,) = question.rows
    inside = np.zeros(len(question.x))
    inside[rows] = 1.0
    count = max(1.0, float(sample.cut(inside[:, None]).sum()))
    address = [seed, sample.realization]
    is_complex = sample.frame.planes == 2
    markers, shares = [], []
    for group in random_vectors(len(inside), is_complex, address, vectors):
        z = sample.cut(group * inside[:, None])
        found, unresolved = _of_vectors(filled, z, question.x[:, None], question.y[:, None])
        markers.append(found)
        shares.append(unresolved)
    value, error = of_vectors(np.concatenate(markers) / question.area)
    share = max(0.0, float(np.concatenate(shares).mean()) / count)
    return np.array([value]), np.array([error]), np.array([share]), _gap([share], question)


def _at_places(sample: LaneSample, question: _Question) -> tuple[NDArray[np.float64], ...]:
    """Return the same of places, each component a vector of its own."""
    filled = Filled(sample.recursion, question.energy, question.resolution)
    rows = question.rows.ravel()
    markers, shares = np.zeros(len(rows)), np.zeros(len(rows))
    for first in range(0, len(rows), LANES):
        some = rows[first : first + LANES]
        z = np.zeros((len(question.x), len(some)))
        z[some, np.arange(len(some))] = 1.0
        # From the place itself, so that nothing large is subtracted from its like.
        x, y = (each[:, None] - each[some] for each in (question.x, question.y))
        found = _of_vectors(filled, sample.cut(z), x, y)
        markers[first : first + LANES], shares[first : first + LANES] = found
    value = markers.reshape(question.rows.shape).sum(axis=1) / question.area
    share = np.maximum(shares.reshape(question.rows.shape).mean(axis=1), 0.0)
    return value, np.zeros(len(value)), share, _gap(share, question)


def _of_vectors(
    filled: Filled, z: NDArray[Any], x: NDArray[np.float64], y: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return -2 pi i <z|[PxP, PyP]|z> of vectors (D, vector), and how close their levels are, (vector,)."""
    u, near = filled.with_closeness(z)
    w = filled(y * u)
    marker = 4 * math.pi * np.einsum("dv,dv->v", (x * u).conj(), w).imag
    return np.asarray(marker), near


def _gap(shares: Any, question: _Question) -> NDArray[np.float64]:
    """Return the resolution where the gap is open at it, otherwise 0."""
    return np.where(np.asarray(shares) > FAINT / 2, 0.0, question.resolution)
