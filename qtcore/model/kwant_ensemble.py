"""An ensemble of Kwant systems: disorder by address on their sites, or through their params.

The number of a site is made of its family and its tag, so that a site has the same values in every
system that it is a site of, whatever else belongs to it.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError, brief
from qtcore.model.address import ensemble_key
from qtcore.model.checks import hermitian_matrix
from qtcore.model.disorder.contract import Address, Disorder, OnsiteDisorder
from qtcore.model.disorder.with_matrix import WithMatrix
from qtcore.model.kwant_system import (
    KwantSystem,
    Matrix,
    SystemMatrices,
    needed_params,
    refuse_unless_finalized,
    system_in_words,
)
from qtcore.model.lattice import Chain
from qtcore.shown import Card, Described, Shown, plain


@dataclass(frozen=True, eq=False, repr=False)
class OnSites(Described):
    """On-site disorder of a Kwant system that acts on some sites only, or through a matrix.

    Parameters
    ----------
    kind : Box, Gaussian, Cauchy, Binary or Vacancies
        Where the numbers come from, one for each site and sample, units of the system's energies.
    where : callable(site) -> bool, optional
        Which sites have it; all of them unless given. It gets the sites of the finalized system.
    matrix : (n, n) array, optional
        Hermitian matrix on the n orbitals of a site that the number multiplies; 1 unless given.

    Raises
    ------
    InputError
        If the disorder does not fit sites that lie in no slices, `where` is no function, or the
        matrix is not square, finite and Hermitian.
    """

    kind: OnsiteDisorder
    where: Callable[[Any], bool] | None = None
    matrix: Any = None

    def __post_init__(self) -> None:
        kind: Any = self.kind
        if not isinstance(kind, OnsiteDisorder) or not kind.knows_only_its_site:
            raise InputError(
                "disorder on the sites of a Kwant system must be Box(...), Gaussian(...), "
                "Cauchy(...), Binary(...) or Vacancies(concentration), which need no more than the "
                f"number of a site; got {brief(kind)}"
                + (
                    ", which is made for the slices of a wire; give it through params_of"
                    if isinstance(kind, Disorder)
                    else ""
                )
            )
        if self.where is not None and not callable(self.where):
            raise InputError(
                "where must be a function of a site that returns True or False, got "
                f"{brief(self.where)}"
            )
        if self.matrix is not None:
            unit = "no unit; the disorder is in the system's unit of energy"
            matrix = hermitian_matrix("matrix", self.matrix, "numbers", unit)
            object.__setattr__(self, "matrix", matrix)


class Entries(NamedTuple):
    """Elements that disorder adds to the Hamiltonian.

    Attributes
    ----------
    rows, columns : (entry,) int arrays
        Orbitals.
    values : (entry, realization) complex array
        Units of the system's energies.
    """

    rows: NDArray[np.intp]
    columns: NDArray[np.intp]
    values: Matrix


@dataclass(frozen=True, eq=False, repr=False)
class KwantEnsemble(Shown):
    """Samples of a finalized Kwant system that differ in their disorder.

    Parameters
    ----------
    system : kwant.builder.FiniteSystem
        What `Builder.finalized()` returns, with its leads.
    disorder : Box, Gaussian, Cauchy, Binary, Vacancies, WithMatrix, OnSites, or a sequence of these
        Added to the on-site energies. `WithMatrix` must hold the matrix itself, on all orbitals of a
        site, because the order of a Kwant system's orbitals is its author's. A value is a pure function of the seed, the realization and
        the site, that is its family and its tag.
    params : mapping of str to value
        Arguments of the system's value functions that are the same in every sample.
    params_of : callable(seed, realization) -> mapping, optional
        The others. It must return the same for the same numbers, whoever asks and whenever: make
        random numbers of both, as by np.random.default_rng([seed, realization]).

    Raises
    ------
    InputError
        If it is no finalized system with leads, an argument is of the wrong kind, or a parameter is
        missing that `params_of` is not there to give.
    """

    system: Any
    disorder: Any = ()
    params: Mapping[str, Any] = field(default_factory=dict)
    params_of: Callable[[int, int], Mapping[str, Any]] | None = None

    def __post_init__(self) -> None:
        if isinstance(self.system, KwantSystem):
            raise InputError(
                "KwantEnsemble takes the finalized system itself, and params beside it: "
                "KwantEnsemble(builder.finalized(), disorder, params={...})"
            )
        refuse_unless_finalized(self.system)
        if self.params_of is not None and not callable(self.params_of):
            raise InputError(
                "params_of must be a function of (seed, realization) that returns params, got "
                f"{brief(self.params_of)}"
            )
        object.__setattr__(self, "disorder", _as_kinds(self.disorder))
        if self.params_of is None:
            _ = self.clean
        elif not isinstance(self.params, Mapping):
            raise InputError(f"params must be a mapping of names to values, got {self.params!r}")

    def _card(self) -> Card:
        """Return what it shows of itself."""
        disorder = ("disorder", ", ".join(plain(one) for one in self.disorder))
        random = "" if self.params_of is None else plain(self.params_of)
        rows = system_in_words(self.system, self.params)
        return Card("Ensemble of Kwant systems", [*rows, disorder, ("other parameters", random)])

    @cached_property
    def clean(self) -> KwantSystem:
        """The system without disorder, where all samples have the same params."""
        return KwantSystem(self.system, self.params)

    def sample(self, realization: int, seed: int) -> KwantSystem:
        """Return the system with the params of a sample, without the disorder by address.

        Raises
        ------
        InputError
            If `params_of` returns no mapping, or a parameter is missing.
        """
        if self.params_of is None:
            return self.clean
        found: Any = self.params_of(seed, realization)
        if not isinstance(found, Mapping):
            raise InputError(
                "params_of(seed, realization) must return a mapping of names to values, got "
                f"{brief(found)} for seed {seed}, realization {realization}"
            )
        both = sorted(set(found) & set(self.params))
        if both:
            raise InputError(f"the parameter {both[0]!r} comes from params and from params_of")
        given = {**self.params, **found}
        unknown = sorted(set(found) - needed_params(self.system))
        if unknown and needed_params(self.system):
            raise InputError(
                f"params_of gives {unknown[0]!r}, which no value function of the system takes; they "
                f"take {', '.join(sorted(needed_params(self.system)))}"
            )
        return KwantSystem(self.system, given)

    def entries(
        self, matrices: SystemMatrices, realizations: Sequence[int], seed: int
    ) -> list[Entries]:
        """Return what each kind of disorder adds to the Hamiltonian of some samples.

        Raises
        ------
        InputError
            If a matrix does not fit the orbitals of a site.
        """
        numbers = np.array(realizations, dtype=np.uint64)
        return [
            self._entries(place, one, matrices, numbers, seed)
            for place, one in enumerate(self.disorder)
        ]

    def elements(self, matrices: SystemMatrices) -> list[tuple[NDArray[np.intp], NDArray[np.intp]]]:
        """Return rows and columns of the elements that disorder by address changes."""
        return [self._pattern(place, one, matrices)[:2] for place, one in enumerate(self.disorder)]

    def _entries(
        self,
        place: int,
        one: OnSites,
        matrices: SystemMatrices,
        realizations: NDArray[np.uint64],
        seed: int,
    ) -> Entries:
        rows, columns, sites, factors = self._pattern(place, one, matrices)
        where, which = np.unique(sites, return_inverse=True)
        key = ensemble_key(seed, self._ensemble(place, one))
        address = Address(key, realizations, 0, 1, self.site_numbers[where])
        values = one.kind.potential(Chain(), address)[0]
        return Entries(rows, columns, factors[:, None] * values[which])

    def _ensemble(self, place: int, one: OnSites) -> dict[str, object]:
        """Return what makes the values of a kind; equal kinds are told apart by how often they came."""
        own = one.kind.ensemble()
        repeat = sum(other.kind.ensemble() == own for other in self.disorder[:place])
        return {"sites": "kwant", **own, **({"repeat": repeat} if repeat else {})}

    def _pattern(
        self, place: int, one: OnSites, matrices: SystemMatrices
    ) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp], Matrix]:
        """Return rows, columns, sites and factors of the elements that a kind of disorder changes."""
        chosen = self._chosen[place]
        first, sizes = matrices.first, np.diff(matrices.first)
        if one.matrix is None:
            orbitals = np.flatnonzero(chosen[matrices.site_of])
            ones = np.ones(len(orbitals), dtype=np.complex128)
            return orbitals, orbitals, matrices.site_of[orbitals], ones
        n = len(one.matrix)
        wrong = np.flatnonzero(chosen & (sizes != n))
        if len(wrong):
            raise InputError(
                f"the matrix of {type(one.kind).__name__} disorder has {n} rows, but site "
                f"{wrong[0]} of the Kwant system has orbitals: {sizes[wrong[0]]}; choose the sites "
                "that it fits by where="
            )
        a, b = np.nonzero(one.matrix)
        sites = np.flatnonzero(chosen)
        rows, columns = (first[sites][:, None] + part for part in (a, b))
        factors = np.broadcast_to(one.matrix[a, b], rows.shape)
        return rows.ravel(), columns.ravel(), np.repeat(sites, len(a)), factors.ravel()

    @cached_property
    def _chosen(self) -> list[NDArray[np.bool_]]:
        """Which sites each kind of disorder acts on, (site,) each."""
        sites = list(_sites(self.system))
        return [
            np.array([one.where is None or _is_chosen(one.where, site) for site in sites], bool)
            for one in self.disorder
        ]

    @cached_property
    def site_numbers(self) -> NDArray[np.int64]:
        """The numbers by which sites get their values, (site,), in the order of the system."""
        if not hasattr(self.system, "sites"):
            return np.arange(len(list(_sites(self.system))), dtype=np.int64)
        found = np.array([_number(site) for site in self.system.sites], dtype=np.int64)
        if len(np.unique(found)) < len(found):
            raise InputError(
                "two sites of the Kwant system have the same family and tag, or their numbers meet "
                "by chance; give one family another name"
            )
        return found


def _sites(system: Any) -> Any:
    """Return the sites of a finalized system, or their numbers if it does not know them."""
    if hasattr(system, "sites"):
        return system.sites
    return range(len(system.norbs))


def _number(site: Any) -> int:
    """Return a number below 2^62 that stands for the family and the tag of a site."""
    text = repr((site.family.canonical_repr, tuple(site.tag)))
    digest = hashlib.blake2b(text.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little") >> 2


def _is_chosen(where: Callable[[Any], bool], site: Any) -> bool:
    found: Any = where(site)
    if not isinstance(found, bool | np.bool_):
        raise InputError(f"where(site) must return True or False, got {brief(found)} for {site}")
    return bool(found)


def _as_kinds(given: Any) -> tuple[OnSites, ...]:
    """Return disorder as a tuple of `OnSites`."""
    if isinstance(given, Disorder | OnSites):
        given = (given,)
    if not isinstance(given, Sequence) or isinstance(given, str):
        raise InputError(
            "disorder must be Box(strength) or another kind, OnSites(kind, where, matrix), or a "
            f"sequence of these, got {brief(given)}"
        )
    return tuple(_as_kind(one) for one in given)


def _as_kind(given: Any) -> OnSites:
    """Return disorder of one kind as `OnSites`."""
    if isinstance(given, OnSites):
        return given
    if not isinstance(given, WithMatrix):
        return OnSites(given)
    if isinstance(given.matrix, str):
        raise InputError(
            f"{given.matrix!r} names spins or bands, and only the author of a Kwant system knows which "
            "orbitals of a site these are; give WithMatrix the matrix itself"
        )
    return OnSites(given.values, matrix=given.matrix)
