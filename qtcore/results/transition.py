"""Quantities of a transition: what `estimate.transition_numbers` returns, as a definition declares it."""

from qtcore.results.declare import Quantity


def transition_quantities(
    tuning: str,
    size: str,
    source: str,
    *,
    symbol: str = "W",
    units: str = "t",
    critical: bool = True,
) -> tuple[Quantity, ...]:
    """Return the quantities of a finite-size scaling fit; see `estimate.transition_numbers`.

    The definition declares their dimensions, `dimensions=qt.transition_dimensions(orders)`.

    Parameters
    ----------
    tuning, size : str
        Axes of what is tuned and of the sizes; the stage holds both.
    source : str
        Where the published W_c, ν and Λ_c come from.
    symbol, units : str
        Of what is tuned.
    critical : bool
        Whether the place of the transition is found, or known by symmetry.
    """
    plane, place = (tuning, size), f"{symbol}_c"
    found = (
        Quantity("critical", (), units, "critical point", place, source, interval="critical_ends"),
        Quantity("critical_ends", ("end",), units, f"95 % interval of {place}", place),
    )
    return (
        *(found if critical else ()),
        Quantity(
            "nu", (), "", "exponent of the localization length", "ν", source, interval="nu_ends"
        ),
        Quantity("nu_ends", ("end",), "", "95 % interval of ν", "ν"),
        Quantity("ratio_c", (), "", "Λ at the transition", "Λ_c", source, interval="ratio_c_ends"),
        Quantity("ratio_c_ends", ("end",), "", "95 % interval of Λ_c", "Λ_c"),
        Quantity("excess", (), "", "χ² above that of a right law, in σ", "χ²", "normal"),
        Quantity("nu_from", (size,), "", "ν of all sizes from this one on", "ν(M ≥)"),
        Quantity("tried_nu", ("order",), "", "ν of each expansion that was tried", "ν"),
        Quantity("tried_y", ("order",), "", "exponent of the irrelevant variable", "y"),
        Quantity("tried_reduced", ("order",), "", "its χ² over what is expected", "χ²/⟨χ²⟩"),
        Quantity("tried_probability", ("order",), "", "probability of its χ²", "p"),
        Quantity("chosen", ("order",), "", "1 for the expansion that was chosen", "chosen"),
        Quantity("fitted", plane, "", "scaling function, fitted", "fit"),
        Quantity("shift", plane, "", "relevant variable", "u M^{1/ν}"),
        Quantity("corrected", plane, "", "Λ without the irrelevant variable", "Λ corrected"),
    )
