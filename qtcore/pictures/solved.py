"""What goes on inside a sample, site by site and bond by bond as a picture takes it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError, brief, counted
from qtcore.model.checks import whole_number
from qtcore.model.kwant_ensemble import KwantEnsemble
from qtcore.model.kwant_system import KwantSystem
from qtcore.model.terminals import Bar
from qtcore.model.wire import Wire
from qtcore.observe.currents import bond_currents
from qtcore.observe.delay import local_density_of_states
from qtcore.observe.kwant_local import (
    kwant_bond_currents,
    kwant_local_density_of_states,
    kwant_scattering_states,
)
from qtcore.observe.terminal_currents import terminal_states
from qtcore.pictures.bands import in_words, is_within, lead_bands, leads_of_device
from qtcore.solve.arguments import checked_energy
from qtcore.solve.energies import NoChannelError
from qtcore.solve.green import Blocks, sample_with_leads, scattering_states
from qtcore.solve.kwant_sample import kwant_sample
from qtcore.solve.pencil import Matrix

Device = Wire | Bar | KwantSystem | KwantEnsemble
Numbers = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Inside:
    """A solved sample.

    Attributes
    ----------
    leads : tuple of str
        Names of the leads.
    channels : tuple of int
        Open modes of each.
    local_density : function() -> (site,) float array
        Local density of states, orbitals summed, in the inverse unit of energy.
    psi : function(lead number) -> (component, mode) complex array
        Scattering states of unit flux.
    flow : function(lead number) -> (start, end, current)
        Sites and particle current, times e²/h V, of every bond; summed over orbitals and modes.
    site_of : (component,) int array
        Site of each component.
    transmission : float
        From the first lead to the second one, of a wire; NaN of others.
    """

    leads: tuple[str, ...]
    channels: tuple[int, ...]
    local_density: Callable[[], Numbers]
    psi: Callable[[int], Matrix]
    flow: Callable[[int], tuple[NDArray[np.intp], NDArray[np.intp], Numbers]]
    site_of: NDArray[np.intp]
    transmission: float = np.nan

    def number(self, lead: Any) -> int:
        """Return the number of a lead by its name, or raise InputError."""
        if lead not in self.leads:
            raise InputError(
                f"lead must be one of {', '.join(map(repr, self.leads))}, got {brief(lead)}"
            )
        found = self.leads.index(lead)
        if not self.channels[found]:
            others = [n for n, N in zip(self.leads, self.channels, strict=True) if N]
            raise InputError(
                f"no mode of the lead {lead!r} is open at this energy; open are those of "
                f"{', '.join(map(repr, others))}"
            )
        return found

    def density(self, lead: Any = None) -> Numbers:
        """Return the local density of states, or the part that comes from one lead, (site,)."""
        if lead is None:
            return self.local_density()
        return self._on_sites((np.abs(self.psi(self.number(lead))) ** 2).sum(axis=1)) / (2 * np.pi)

    def state(self, lead: Any, mode: Any) -> Numbers:
        """Return |psi|² of one scattering state of unit flux, (site,)."""
        number = self.number(lead)
        which, count = whole_number("mode", mode, 0), self.channels[number]
        if which >= count:
            raise InputError(
                f"mode must be a number from 0 to {count - 1}, since the lead {lead!r} has "
                f"{counted(count, 'open modes')} at this energy; got {which}"
            )
        return self._on_sites(np.abs(self.psi(number)[:, which]) ** 2)

    def currents(self, lead: Any, bonds: NDArray[np.intp]) -> Numbers:
        """Return the currents from the first to the second site of bonds, (bond,)."""
        start, end, current = self.flow(self.number(lead))
        low, high = np.minimum(start, end), np.maximum(start, end)
        signed = np.where(start < end, current, -current)
        sites = int(self.site_of[-1]) + 1
        # Bonds are in the order of such numbers.
        keys = bonds[:, 0] * sites + bonds[:, 1]
        place = np.searchsorted(keys, low * sites + high)
        kept = (low != high) & (place < len(keys))
        kept[kept] = keys[place[kept]] == (low * sites + high)[kept]
        found = np.zeros(len(keys))
        np.add.at(found, place[kept], signed[kept])
        return found

    def _on_sites(self, values: Numbers) -> Numbers:
        return np.asarray(np.bincount(self.site_of, weights=values), np.float64)


def solved(device: Device, energy: float, length: int, realization: int, seed: int) -> Inside:
    """Solve one sample between its leads.

    Raises
    ------
    InputError
        If an argument is wrong, or no mode is open: then it says where the bands are.
    """
    energy = checked_energy(energy)
    with _saying_bands(device, energy):
        if isinstance(device, Wire):
            return inside_of(sample_with_leads(device, energy, length, [realization], seed), 0)
        if isinstance(device, Bar):
            return _of_bar(device, energy, length, realization, seed)
        return _of_kwant(device, energy, realization, seed)


@contextmanager
def _saying_bands(device: Device, energy: float) -> Iterator[None]:
    try:
        yield
    except NoChannelError:
        leads = [(name, lead_bands(h, v)[1]) for name, h, v in leads_of_device(device)]
        if all(is_within(energy, energies) for _, energies in leads):
            raise  # right at a threshold, of which the message tells
        shown = [f"of the lead {name!r} {in_words(energies)}" for name, energies in leads]
        unit = "" if isinstance(device, KwantSystem | KwantEnsemble) else " t"
        raise InputError(
            f"energy {energy:g}{unit} lies outside the bands of a lead, where nothing enters. The bands "
            f"are {'; '.join(shown)}. Choose an energy within them; qt.plot.bands(...) draws them"
        ) from None


def inside_of(sample: Blocks, which: int) -> Inside:
    """Return one realization of an open sample, by its place among those that were solved."""
    L, _, M, _ = sample.diagonal.shape
    k, sites = sample.orbitals, sample.sites
    N = sample.leads.left.channels
    states = scattering_states(sample)

    def psi(lead: int) -> Matrix:
        chosen = slice(0, N) if lead == 0 else slice(N, None)
        return np.asarray(states[:, which, :, chosen].reshape(L * M, -1))

    def flow(lead: int) -> tuple[NDArray[np.intp], NDArray[np.intp], Numbers]:
        chosen = slice(0, N) if lead == 0 else slice(N, None)
        found = bond_currents(sample, states[..., chosen])
        parts = []
        for values, ends, ahead in (
            (found.within, found.within_ends, 0),
            (found.along, found.along_ends, 1),
        ):
            slices = np.arange(len(values))[:, None] * sites
            start, end = slices + ends[0] // k, slices + ahead * sites + ends[1] // k
            parts.append((start.ravel(), end.ravel(), values[:, which].ravel()))
        start, end, current = (np.concatenate(part) for part in zip(*parts, strict=True))
        return start, end, current

    def local_density() -> Numbers:
        found = local_density_of_states(sample)[:, which]
        return np.asarray(found.reshape(L * sites, k).sum(axis=1))

    return Inside(
        ("left", "right"),
        (N, sample.leads.right.channels),
        local_density,
        psi,
        flow,
        np.arange(L * M) // k,
        float((np.abs(sample.leads.right.read @ states[-1, which, :, :N]) ** 2).sum()),
    )


def _of_bar(bar: Bar, energy: float, length: int, realization: int, seed: int) -> Inside:
    states = terminal_states(bar, energy, length, realization, seed)
    k, names = bar.wire.orbitals, states.leads
    site_of = np.arange(states.H.shape[0]) // k

    def flow(lead: int) -> tuple[NDArray[np.intp], NDArray[np.intp], Numbers]:
        found = states.currents(names[lead])
        return found.start // k, found.end // k, found.current

    def local_density() -> Numbers:
        whole = sum(states.density(name) for name in names)
        return np.asarray(np.bincount(site_of, weights=np.ravel(whole)))

    def psi(lead: int) -> Matrix:
        return states.of(names[lead]).reshape(len(site_of), -1)

    return Inside(names, states.channels, local_density, psi, flow, site_of)


def _of_kwant(
    system: KwantSystem | KwantEnsemble, energy: float, realization: int, seed: int
) -> Inside:
    if isinstance(system, KwantEnsemble):
        sample = kwant_sample(system, energy, realization, seed)
    else:
        sample = kwant_sample(system, energy)
    site_of = sample.site_of

    def local_density() -> Numbers:
        found = kwant_local_density_of_states(sample)
        return np.asarray(np.bincount(site_of, weights=found), np.float64)

    def flow(lead: int) -> tuple[NDArray[np.intp], NDArray[np.intp], Numbers]:
        found = kwant_bond_currents(sample, kwant_scattering_states(sample, lead))
        return found.start, found.end, found.current

    return Inside(
        tuple(f"lead {number}" for number in range(len(sample.contacts))),
        sample.channels,
        local_density,
        lambda lead: kwant_scattering_states(sample, lead),
        flow,
        site_of,
    )
