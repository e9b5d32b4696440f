"""`qt.show`: a wire as a picture, and what it is in a few lines."""

from typing import TYPE_CHECKING, Any

from qtcore.errors import InputError, QtcoreError, brief, counted
from qtcore.model.disorder import Box
from qtcore.model.kwant_ensemble import KwantEnsemble
from qtcore.model.kwant_system import KwantSystem
from qtcore.model.lattice import Lattice, Square
from qtcore.model.terminals import Bar, sample_of
from qtcore.model.wire import Wire
from qtcore.observe.resolved import conserved_names
from qtcore.pictures.bands import (
    Device,
    in_words,
    is_within,
    lead_bands,
    leads_of_device,
    open_modes,
)
from qtcore.pictures.plot import plot
from qtcore.shown import Card, Shown
from qtcore.solve.arguments import checked_energy
from qtcore.solve.green import Blocks
from qtcore.theory.born import rates_of_wire
from qtcore.theory.equivalent_channels import localization_length
from qtcore.units import DEFAULT_SEED

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_WIDEST = 600
"""Orbitals of a slice up to which conserved quantities are looked for."""


class Summary(Shown):
    """What `qt.show` returns: a text, and a picture beside it.

    A notebook shows both. In a terminal the text is printed, and `save` or `figure` give the picture.

    Attributes
    ----------
    figure : matplotlib.figure.Figure
        The picture.
    """

    def __init__(self, card: Card, figure: "Figure") -> None:
        self._text, self.figure = card, figure

    def _card(self) -> Card:
        """Return the text."""
        return self._text

    def save(self, path: Any) -> None:
        """Save the picture; the ending says how (.png, .pdf, .svg)."""
        self.figure.savefig(path)

    def _repr_html_(self) -> str:
        from qtcore.pictures.canvas import as_html

        return self._text.html(as_html(self.figure))


def show(
    device: Any,
    energy: float | None = None,
    length: int | None = None,
    *,
    realization: int = 0,
    seed: int = DEFAULT_SEED,
) -> Summary:
    """Show what was built: a picture of one sample, and its parts with units.

    With an energy it says how many channels are open, and, for box disorder, the mean free path of the
    golden rule (Born) and the localization length that goes with it.

    Parameters
    ----------
    device : Wire, Bar, Lattice, KwantSystem, KwantEnsemble or open sample
        What is shown.
    energy : float, optional
        Fermi energy, units of t.
    length : int, optional
        Slices that are drawn; some two and a half widths unless given.
    realization, seed : int
        Which sample.

    Returns
    -------
    Summary
        Its text is what is printed; `figure` is the picture, `save(path)` saves it.

    Raises
    ------
    InputError
        If it is nothing that can be drawn, or an argument is wrong. An energy outside the bands is no
        error: the text says so.
    """
    given = None if energy is None else checked_energy(energy)
    whole = Wire(device) if isinstance(device, Lattice) else device
    if isinstance(whole, Blocks) and given is None:
        given = whole.leads.left.lead.energy
    if not isinstance(whole, Device | Blocks):
        raise InputError(
            "qt.show takes a Wire, a Bar (HallBar, …), a lattice, a KwantSystem, a KwantEnsemble or an "
            f"open sample of sample_with_leads; got {brief(device)}"
        )
    figure = plot(device, length, realization=realization, seed=seed)
    shown = whole._card()
    origin = whole.origin if isinstance(whole, Blocks) else None
    wire: Any = whole if origin is None else origin.wire
    rows = [*shown.rows, *_rows(wire, given)]
    return Summary(Card(shown.headline, rows), figure)


def _rows(device: Device, energy: float | None) -> list[tuple[str, str]]:
    """Return what takes a look at the leads to know."""
    rows = []
    if energy is None:
        first = next(iter(leads_of_device(device)))
        rows.append(
            ("bands", f"{in_words(lead_bands(*first[1:])[1])} {_unit(device)} in the leads")
        )
    else:
        rows.append((f"at E = {energy:g}", _channels(device, energy)))
    if isinstance(device, Wire | Bar):
        wire = sample_of(device)
        if wire.orbitals > 1 and len(wire.slices().lead_h) <= _WIDEST:
            rows.append(
                ("conserved", f"in the leads: {', '.join(conserved_names(wire)) or 'none'}")
            )
        if energy is not None and isinstance(device, Wire):
            rows.append(("mean free path", _mean_free_path(device, energy)))
    return rows


def _unit(device: Device) -> str:
    return "energy units" if isinstance(device, KwantSystem | KwantEnsemble) else "t"


def _channels(device: Device, energy: float) -> str:
    """Return the open modes of the leads in words."""
    counts, outside = [], []
    for name, h, v in leads_of_device(device):
        energies = lead_bands(h, v)[1]
        if not is_within(energy, energies):
            outside.append(f"{name} ({in_words(energies)})")
            counts.append((name, 0))
        else:
            counts.append((name, open_modes(h, v, energy)))
    if len(outside) == len(counts):
        return f"outside the bands of the leads: {outside[0]}"
    if len({count for _, count in counts}) == 1:
        return f"{counted(counts[0][1], 'open channels')} in each lead"
    return "open channels: " + ", ".join(f"{name} {count}" for name, count in counts)


def _mean_free_path(wire: Wire, energy: float) -> str:
    """Return l of the golden rule, where it is known: box disorder alone, of all orbitals alike."""
    acting = [one for one in wire.disorders if one.acts]
    if len(acting) != 1 or not isinstance(acting[0], Box) or wire.site_matrices is not None:
        return ""
    if wire.structure or wire.gates or wire.lead_lattice is not None or wire.lead_shift:
        return ""
    try:
        rates = rates_of_wire(wire, energy, acting[0].strength)
    except QtcoreError:  # no open mode, or a threshold
        return ""
    found = rates.mean_free_path
    text = f"l = {found:.3g} slices by the golden rule (Born)"
    if isinstance(wire.lattice, Square) and wire.orbitals == 1 and not wire.field_vector.any():
        xi = localization_length(rates.channels, found, 1)
        text += f", so that ξ = {xi:.3g} slices"
    return text
