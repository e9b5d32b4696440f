"""What the samples of a wire are made of: numbers on sites and bonds, by their address."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from qtcore.model.address import ensemble_key
from qtcore.model.checks import whole_number
from qtcore.model.disorder import Address, BondDisorder, Disorder, OnsiteDisorder, WithMatrix
from qtcore.model.functions import Potential, on_sites
from qtcore.model.hopping import Hopping, RandomBonds
from qtcore.model.lattice import Lattice
from qtcore.model.pairing_profile import profiled
from qtcore.model.site_matrices import SiteMatrices
from qtcore.model.slices import Slices
from qtcore.model.structure import Structure, applied
from qtcore.model.terms.pairing import Profile


class Sampled(ABC):
    """A wire as the maker of its samples; `Wire` says what it is given."""

    lattice: Lattice
    gates: Sequence[Potential]
    structure: Sequence[Structure]

    @property
    @abstractmethod
    def disorders(self) -> tuple[Disorder, ...]:
        """The kinds of disorder, one or several."""

    @property
    def bond_disorders(self) -> tuple[BondDisorder, ...]:
        """The disorder of bonds that acts, in the order of `disorders`."""
        return tuple(d for d in self.disorders if isinstance(d, BondDisorder) and d.acts)

    @property
    def matrix_kinds(self) -> tuple[WithMatrix, ...]:
        """The disorder that multiplies matrices and acts, in the order of `disorders`."""
        return tuple(d for d in self.disorders if isinstance(d, WithMatrix) and d.acts)

    @property
    @abstractmethod
    def orbitals(self) -> int:
        """Orbitals on each site, spin and holes included."""

    @property
    @abstractmethod
    def site_matrices(self) -> SiteMatrices | None:
        """What numbers on the sites multiply there; None if that is 1 for all of them."""

    @property
    @abstractmethod
    def profile(self) -> Profile | None:
        """What multiplies the pairing of the sample place by place; None where nothing does."""

    @abstractmethod
    def slices(self) -> Slices:
        """Return the clean wire and its leads, slice by slice the same."""

    def key(self, seed: int, number: int = 0) -> NDArray[np.uint64]:
        """Return the key of a disorder's ensemble; flux, energy, length, terms do not enter.

        Parameters
        ----------
        seed : int
            Seed of the ensemble, >= 0.
        number : int
            Which of the wire's disorders. Equal ones are told apart by how often they came
            before, so that they are independent.
        """
        disorder = self.disorders[number]
        ensemble = {**self.lattice.ensemble(), **disorder.ensemble()}
        repeats = sum(other.ensemble() == disorder.ensemble() for other in self.disorders[:number])
        if repeats:
            ensemble["repeat"] = repeats
        return ensemble_key(whole_number("seed", seed, 0), ensemble)

    def potential_of(
        self, realizations: NDArray[np.uint64], first_slice: int, slices: int, seed: int
    ) -> NDArray[np.float64]:
        """Return the sum of all disorder and gates, (slice, site, R), in units of t.

        A value depends on seed, realization, slice and site only, to the last bit. Where disorder
        acts on orbitals by diagonal matrices, or there are holes, the sites are those of `slices`:
        a row each. Other matrices are no potential but part of what `hopping_of` returns.

        Parameters
        ----------
        realizations : (R,) uint64 array
            Numbers of the samples.
        first_slice, slices : int
            Slices from `first_slice` >= 0 on.
        seed : int
            Seed of the ensemble, >= 0.

        Raises
        ------
        InputError
            If a given potential returns NaN or another shape, or ends before the last slice.
        """
        return self.potential_from(self.fields_of(realizations, first_slice, slices, seed))

    def potential_from(self, fields: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return what `potential_of` does, from what `fields_of` returns."""
        return fields if self.site_matrices is None else self.site_matrices.potential(fields)

    def fields_of(
        self, realizations: NDArray[np.uint64], first_slice: int, slices: int, seed: int
    ) -> NDArray[np.float64]:
        """Return all numbers on the sites, (slice, field and site, R), in units of t.

        The first field is the sum of gates and of disorder without a matrix of its own; then come
        those of every `WithMatrix` that acts (see `qtcore.model.site_matrices`). Arguments are those of
        `potential_of`.
        """
        whole_number("first slice", first_slice, 0)
        whole_number("number of slices", slices, 0)
        count = sum(one.fields for one in self.matrix_kinds)
        sites = self.lattice.sites
        values = np.zeros((slices, (1 + count) * sites, len(realizations)))
        if not values.size:
            return values
        first, done = values[:, :sites], sites
        for number, disorder in enumerate(self.disorders):
            address = Address(self.key(seed, number), realizations, first_slice, slices)
            if isinstance(disorder, OnsiteDisorder):
                first += disorder.potential(self.lattice, address)
            elif isinstance(disorder, WithMatrix) and disorder.acts:
                numbers = disorder.numbers(self.lattice, address)
                stop = done + disorder.fields * sites
                values[:, done:stop] = numbers.reshape(slices, -1, len(realizations))
                done = stop
        return self.with_fixed(values, first_slice)

    def with_fixed(self, fields: NDArray[np.float64], first_slice: int) -> NDArray[np.float64]:
        """Return fields with gates in the first one, and with what stands for missing sites."""
        sites = self.lattice.sites
        values = fields[:, :sites]
        for gate in self.gates:
            values = values + on_sites(gate, self.lattice, first_slice, len(values))[:, :, None]
        gone = self.missing_sites(first_slice, len(values))
        if gone is not None:
            values = np.where(gone[:, :, None], applied.MISSING * self.slices().unit, values)
        if fields.shape[1] == sites:
            return values
        return np.concatenate([values, fields[:, sites:]], axis=1)

    def missing_sites(self, first_slice: int, slices: int) -> NDArray[np.bool_] | None:
        """Return which sites structure removes, (slice, site), or None if it removes none."""
        return applied.missing_sites(self.structure, self.lattice, first_slice, slices)

    def hopping_of(
        self, realizations: NDArray[np.uint64], first_slice: int, slices: int, seed: int
    ) -> Hopping:
        """Return h and v of each slice and sample, without the potential.

        A value depends on seed, realization, slice and bond only, to the last bit. Without bond
        disorder and structure it is the clean h and v, repeated. Matrices on the sites that are not diagonal, and
        gates and disorder that act on electrons and holes beside them, are part of h.

        Parameters
        ----------
        realizations : (R,) uint64 array
            Numbers of the samples.
        first_slice, slices : int
            Slices from `first_slice` >= 0 on.
        seed : int
            Seed of the ensemble, >= 0.
        """
        whole_number("first slice", first_slice, 0)
        whole_number("number of slices", slices, 0)
        kinds, matrices = self.bond_kinds(seed), self.site_matrices
        found = bonds_of(self).hopping(kinds, realizations, first_slice, slices)
        if self.profile is not None:
            found = profiled(found, self.profile, self.lattice, self.orbitals, first_slice)
        if matrices is None or matrices.rows is not None:
            return found
        fields = self.fields_of(realizations, first_slice, slices, seed)
        return Hopping(matrices.add_to(found.inside, fields), found.ahead)

    def bond_kinds(self, seed: int) -> list[tuple[BondDisorder, NDArray[np.uint64]]]:
        """Return structure and the disorder of bonds that acts, with keys, the first one innermost."""
        none = np.zeros(2, dtype=np.uint64)
        structure = [(applied.StructuredBonds(self.structure), none)] if self.structure else []
        return structure + [
            (disorder, self.key(seed, number))
            for number, disorder in enumerate(self.disorders)
            if isinstance(disorder, BondDisorder) and disorder.acts
        ]

    def onsite(self, realization: int, slices: Sequence[int], seed: int) -> NDArray[np.float64]:
        """Return the on-site values that a sample is made of, those without a matrix of their own.

        Parameters
        ----------
        realization : int
            Number of the sample, >= 0.
        slices : sequence of int
            Slice numbers, each >= 0.
        seed : int
            Seed of the ensemble, >= 0.

        Returns
        -------
        (len(slices), site) float array
            In units of t.

        Raises
        ------
        InputError
            If a number is no whole number >= 0.
        """
        return self._fields_at(realization, slices, seed)[:, : self.lattice.sites]

    def onsite_matrices(
        self, realization: int, slices: Sequence[int], seed: int
    ) -> NDArray[np.complex128]:
        """Return all disorder and gates as matrices on the orbitals of each site.

        Parameters and errors are those of `onsite`.

        Returns
        -------
        (len(slices), site, orbital, orbital) complex array
            In units of t; the clean wire's own matrices are in `slices()`.
        """
        fields = self._fields_at(realization, slices, seed)[:, :, None]
        if self.site_matrices is not None:
            return self.site_matrices.on_site(fields)[:, :, 0]
        one = np.eye(self.orbitals, dtype=np.complex128)
        return np.asarray(fields[..., None] * one, dtype=np.complex128)

    def _fields_at(self, realization: int, slices: Sequence[int], seed: int) -> NDArray[np.float64]:
        """Return all numbers of one sample, (len(slices), field and site)."""
        sample = np.array([whole_number("realization", realization, 0)], dtype=np.uint64)
        whole_number("seed", seed, 0)
        numbers = [whole_number("slice", number, 0) for number in slices]
        width = self.fields_of(sample, 0, 0, seed).shape[1]
        values = np.empty((len(numbers), width))
        if not numbers:
            return values
        first, last = min(numbers), max(numbers)
        if last - first < 4 * len(numbers):
            run = self.fields_of(sample, first, last - first + 1, seed)
            values[:] = run[np.asarray(numbers) - first, :, 0]
        else:
            for row, number in enumerate(numbers):
                values[row] = self.fields_of(sample, number, 1, seed)[0, :, 0]
        return values


@lru_cache(maxsize=8)
def bonds_of(wire: Sampled) -> RandomBonds:
    """Return the bonds of a wire, whose factors `Wire.bond_kinds` make."""
    matrices = wire.site_matrices
    on_site = None if matrices is None or matrices.rows is not None else matrices.pattern
    return RandomBonds(wire.lattice, wire.slices(), _spin_of_bonds(wire), on_site)


def _spin_of_bonds(wire: Sampled) -> bool:
    return any(kind.spin for kind in wire.bond_disorders)
