"""`qt.plot`: a wire, a bar, a Kwant system or an open sample as a picture."""

from typing import TYPE_CHECKING, Any, NamedTuple

from qtcore.errors import InputError, brief
from qtcore.model.checks import whole_number
from qtcore.model.kwant_ensemble import KwantEnsemble
from qtcore.model.kwant_system import KwantSystem
from qtcore.model.lattice import Lattice
from qtcore.model.terminals import Bar, sample_of
from qtcore.model.wire import Wire
from qtcore.pictures.layout import MINUS, Layout
from qtcore.pictures.solved import Device, Inside, inside_of, solved
from qtcore.solve.arguments import checked_energy
from qtcore.solve.green import Blocks
from qtcore.units import DEFAULT_SEED, Spins

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


class _Asked(NamedTuple):
    """One sample that is drawn, and its address."""

    device: Device
    length: int
    realization: int
    seed: int
    sample: Blocks | None = None


class Plot:
    """Pictures of wires. `qt.plot(wire)` draws the sample, its methods what goes on inside.

    Every picture takes a `Wire`, a bar with many leads, a `KwantSystem`, a `KwantEnsemble` or an open
    sample of `sample_with_leads`, and returns a Matplotlib figure: `figure.savefig("wire.pdf")`. With
    `axes=` it draws on your own axes.
    """

    def __call__(
        self,
        device: Any,
        length: int | None = None,
        *,
        realization: int = 0,
        seed: int = DEFAULT_SEED,
        axes: "Axes | None" = None,
    ) -> "Figure":
        """Draw sites, bonds, leads, gates and disorder of one sample.

        Colours are the energies of disorder and gates on the sites; without any all sites are alike.
        Sites that are removed are left out, and have a ring where disorder took them away. Tubes are
        unrolled, bars drawn with z to the upper right.

        Parameters
        ----------
        device : Wire, Bar, Lattice, KwantSystem, KwantEnsemble or open sample
            What is drawn.
        length : int, optional
            Slices, some two and a half widths unless given. Kwant systems have none.
        realization, seed : int
            Which sample.
        axes : matplotlib.axes.Axes, optional
            Where to draw; a figure of its own unless given.

        Raises
        ------
        InputError
            If it is nothing that can be drawn, or an argument is wrong.
        """
        from qtcore.pictures.draw import draw_sample

        wire = Wire(device) if isinstance(device, Lattice) else device
        asked = _asked(wire, length, realization, seed)
        layout = _layout(asked, leads=not isinstance(device, Lattice))
        return draw_sample(layout, _address(asked), axes)

    def density(
        self,
        device: Any,
        energy: float | None = None,
        length: int | None = None,
        *,
        lead: str | None = None,
        realization: int = 0,
        seed: int = DEFAULT_SEED,
        axes: "Axes | None" = None,
    ) -> "Figure":
        """Draw the local density of states, -(1/pi) Im G_ii, orbitals of a site summed.

        Parameters
        ----------
        energy : float
            Units of t. An open sample has its own.
        lead : str, optional
            Only the waves from this lead, sum |psi|² / 2 pi; all leads together unless given.
        device, length, realization, seed, axes
            As of `qt.plot`.

        Raises
        ------
        InputError
            If an argument is wrong, or the energy lies outside the bands of a lead: the message says
            where they are.
        QtcoreError
            If a state that no lead reaches lies at exactly this energy.
        """
        from qtcore.pictures.draw import draw_density

        asked, inside, energy = _solved(device, energy, length, realization, seed)
        values = inside.density(lead)
        layout = _layout(asked)
        what = "local density of states" if lead is None else f"density of waves from {lead}"
        caption = _at(asked, energy, inside)
        return draw_density(layout, values, f"{what} (1/{_unit(layout)})", caption, axes)

    def currents(
        self,
        device: Any,
        energy: float | None = None,
        length: int | None = None,
        *,
        lead: str | None = None,
        realization: int = 0,
        seed: int = DEFAULT_SEED,
        axes: "Axes | None" = None,
    ) -> "Figure":
        """Draw the currents on all bonds that a small voltage on one lead drives.

        Colour and width of a bond are the size of its current, an arrow shows where particles go.
        In a wire with pairing these are currents of probability, electrons and holes alike.

        Parameters
        ----------
        energy : float
            Units of t. An open sample has its own.
        lead : str, optional
            Where the waves come from: the first lead, "left", unless given.
        device, length, realization, seed, axes
            As of `qt.plot`.

        Raises
        ------
        InputError, QtcoreError
            As of `density`.
        """
        from qtcore.pictures.draw import draw_currents

        asked, inside, energy = _solved(device, energy, length, realization, seed)
        lead = inside.leads[0] if lead is None else lead
        layout = _layout(asked)
        currents = inside.currents(lead, layout.bonds)
        label = f"current from {lead} (e²/h V)"
        if isinstance(asked.device, Wire) and asked.device.space.paired:
            label = f"current of quasiparticles from {lead}"
        return draw_currents(layout, currents, label, _at(asked, energy, inside), axes)

    def state(
        self,
        device: Any,
        energy: float | None = None,
        length: int | None = None,
        *,
        lead: str | None = None,
        mode: int = 0,
        realization: int = 0,
        seed: int = DEFAULT_SEED,
        axes: "Axes | None" = None,
    ) -> "Figure":
        """Draw |psi|² of the scattering state that one open mode of a lead sends in with unit flux.

        Parameters
        ----------
        energy : float
            Units of t. An open sample has its own.
        lead : str, optional
            Where the wave comes from: the first lead, "left", unless given.
        mode : int
            Which open mode of the lead, from 0, in the order of `observe.scattering_states`.
        device, length, realization, seed, axes
            As of `qt.plot`.

        Raises
        ------
        InputError, QtcoreError
            As of `density`.
        """
        from qtcore.pictures.draw import draw_density

        asked, inside, energy = _solved(device, energy, length, realization, seed)
        lead = inside.leads[0] if lead is None else lead
        values = inside.state(lead, mode)
        layout = _layout(asked)
        label = f"|ψ|² of mode {mode} from {lead} (1/{_unit(layout)})"
        return draw_density(layout, values, label, _at(asked, energy, inside), axes)

    def bands(
        self, device: Any, energy: float | None = None, *, axes: "Axes | None" = None
    ) -> "Figure":
        """Draw the bands of the leads, with the Fermi energy and its open modes.

        Leads that are alike have one panel.

        Parameters
        ----------
        device : Wire, Bar, Lattice, KwantSystem, KwantEnsemble or open sample
            Whose leads.
        energy : float, optional
            Fermi energy, units of t.
        axes : matplotlib.axes.Axes, optional
            Where to draw, if the leads are alike.

        Raises
        ------
        InputError
            If an argument is wrong, or the energy lies outside all bands: the message says where they
            are.
        """
        from qtcore.pictures.draw_bands import draw_bands

        found = _asked(Wire(device) if isinstance(device, Lattice) else device, None, 0, 0)
        if energy is None and found.sample is not None:
            energy = found.sample.leads.left.lead.energy
        given = None if energy is None else checked_energy(energy)
        return draw_bands(found.device, given, axes)


plot = Plot()


def _asked(device: Any, length: Any, realization: Any, seed: Any) -> _Asked:
    """Return what is to be drawn, checked."""
    number, seed = whole_number("realization", realization, 0), whole_number("seed", seed, 0)
    if isinstance(device, KwantSystem | KwantEnsemble):
        if length is not None:
            raise InputError(f"a Kwant system has a size of its own; leave out length={length!r}")
        return _Asked(device, 0, number, seed)
    if isinstance(device, Blocks):
        return _of_open_sample(device, length, number)
    if not isinstance(device, Wire | Bar):
        raise InputError(
            "qt.plot draws a Wire, a Bar (HallBar, …), a lattice, a KwantSystem, a KwantEnsemble or an "
            f"open sample of sample_with_leads; got {brief(device)}"
        )
    if length is None:
        from qtcore.pictures.wires import usual_length

        return _Asked(device, usual_length(device), number, seed)
    return _Asked(device, whole_number("length (slices)", length, 1), number, seed)


def _of_open_sample(sample: Blocks, length: Any, number: int) -> _Asked:
    origin = sample.origin
    if origin is None:
        raise InputError(
            "this open sample does not say which wire it is of; qt.plot draws those of sample_with_leads"
        )
    slices = len(sample.diagonal)
    if length not in (None, slices):
        raise InputError(f"this open sample has {slices} slices; leave out length={length!r}")
    if number >= len(origin.realizations):
        count = len(origin.realizations)
        raise InputError(
            f"realization counts the samples that were solved here, from 0 to {count - 1}; got {number}"
        )
    return _Asked(origin.wire, slices, number, origin.seed, sample)


def _solved(
    device: Any, energy: Any, length: Any, realization: Any, seed: Any
) -> tuple[_Asked, Inside, float]:
    asked = _asked(device, length, realization, seed)
    if asked.sample is not None:
        own = asked.sample.leads.left.lead.energy
        if energy is not None and checked_energy(energy) != own:
            raise InputError(f"this open sample was solved at {own:g} t; leave out {energy!r}")
        return asked, inside_of(asked.sample, asked.realization), own
    if energy is None:
        raise InputError("give the energy (units of t) at which the waves are, such as energy=0.5")
    found = solved(asked.device, energy, asked.length, asked.realization, asked.seed)
    return asked, found, float(energy)


def _number(asked: _Asked) -> int:
    """Return the number of the realization in its ensemble."""
    if asked.sample is None or asked.sample.origin is None:
        return asked.realization
    return asked.sample.origin.realizations[asked.realization]


def _layout(asked: _Asked, *, leads: bool = True) -> Layout:
    if isinstance(asked.device, KwantSystem | KwantEnsemble):
        from qtcore.pictures.kwants import kwant_layout

        return kwant_layout(asked.device, asked.realization, asked.seed)
    from qtcore.pictures.wires import wire_layout

    return wire_layout(asked.device, asked.length, _number(asked), asked.seed, leads=leads)


def _address(asked: _Asked) -> str:
    """Return which sample it is, where samples differ."""
    if isinstance(asked.device, KwantSystem):
        return ""
    if isinstance(asked.device, KwantEnsemble):
        random = bool(asked.device.disorder) or asked.device.params_of is not None
    else:
        random = any(one.random for one in sample_of(asked.device).disorders)
    return f"realization {_number(asked)} of seed {asked.seed}" if random else ""


def _at(asked: _Asked, energy: float, inside: Inside) -> str:
    """Return energy, conductance and address in words."""
    unit = "" if isinstance(asked.device, KwantSystem | KwantEnsemble) else " t"
    parts = [f"E = {energy:.6g}{unit}".replace("-", MINUS)]
    if isinstance(asked.device, Wire) and not asked.device.space.paired:
        spins = Spins.BOTH if asked.device.spins == 2 else Spins.ONE
        parts.append(f"g = {inside.transmission:.4g} {spins.unit('e²/h')}")
    return ", ".join([*parts, _address(asked)]).removesuffix(", ")


def _unit(layout: Layout) -> str:
    return "t" if layout.unit == "t" else "energy unit of the system"
