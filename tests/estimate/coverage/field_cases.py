"""Changes of g in a field, their size, and phase lengths."""

from types import SimpleNamespace

import numpy as np

from qtcore.estimate import field_change, fit_film, fit_phase_length, fit_size, mean
from qtcore.theory.magnetoconductance import hikami_larkin_nagaoka

from .harness import Case

FLUX = np.array([1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 4e-3])
_SPREAD = 0.004 * np.exp(-np.abs(np.subtract.outer(np.log(FLUX), np.log(FLUX))))


def weighted_by_theory(rng):
    """Size of a weak-localization correction: weights with what theory leaves out."""
    theory = np.array([0.05, 0.1, 0.2, 0.3, 0.32])
    samples = theory + 0.5 * rng.standard_normal((200, 5)).cumsum(axis=1)
    found, _ = fit_size(mean(samples), theory, 0.05 * theory)
    return float(found), float(found.error)


def noisy(rng, law):
    """Return the mean of 200 samples, whose errors are a fiftieth of g and go together."""
    root = np.linalg.cholesky(_SPREAD * 0.004)
    return mean(law + np.sqrt(200) * rng.standard_normal((200, 6)) @ root.T)


def film(rng, part):
    found = fit_film(FLUX, noisy(rng, hikami_larkin_nagaoka(FLUX, 30.0)))[part]
    return float(found), float(found.error)


def film_of(flux, path, g, phase_length):
    del path, g
    return 0.95 * hikami_larkin_nagaoka(flux, phase_length)


RECTANGLE = SimpleNamespace(
    phase_length=25.0,
    probes=0.0,
    spins=1,
    length=400,
    width=100,
    with_phase_length=film_of,
    relative_error=lambda *_: 0.1,
    channels=lambda flux: np.full(len(flux), 80.0),
    change=lambda flux, *_: np.zeros((2, len(flux))),
    holds=lambda flux: np.ones(len(flux), dtype=bool),
)
"""A rectangle with a closed form in the place of its cooperon: errors are what is tested."""


def rectangle(rng):
    change = noisy(rng, film_of(FLUX, 10.0, 5.0, 30.0))
    found, _ = fit_phase_length(RECTANGLE, FLUX, change, 0.01 * change.values, 10.0, np.ones(6))
    return float(found), float(found.error)


def in_field(rng, part):
    """g of 5, whose fields have most of their noise in common, and l = 400 / (80/5.1 - 1)."""
    common, own = rng.standard_normal((200, 1)), rng.standard_normal((200, 2))
    samples = np.array([5.0, 5.1]) + 0.5 * common + 0.1 * own
    found = getattr(field_change(RECTANGLE, np.array([0.0, 1e-3]), samples), part)
    found = found[-1] if found.ndim else found
    return float(found), float(found.error)


SHARES = "Gauss–Newton shares, weights with what theory leaves out"

CASES = [
    Case(
        "change in a field",
        "shares of the realizations, sample by sample",
        "common disorder, 200 realizations",
        lambda rng: in_field(rng, "change"),
        0.1,
    ),
    Case(
        "mean free path in a field",
        "shares of the realizations",
        "one length, 200 realizations",
        lambda rng: in_field(rng, "path"),
        400 / (80 / 5.1 - 1),
    ),
    Case(
        "size of a correction",
        "shares, weights with what theory leaves out",
        "five fields, 200 realizations",
        weighted_by_theory,
        1.0,
    ),
    Case(
        "L_φ of a film",
        "Gauss–Newton shares, measured covariance",
        "six correlated fields, 200 realizations",
        lambda rng: film(rng, 0),
        30.0,
        slow=True,
    ),
    Case(
        "α of a film",
        "Gauss–Newton shares, measured covariance",
        "six correlated fields, 200 realizations",
        lambda rng: film(rng, 1),
        1.0,
        slow=True,
    ),
    Case("L_φ of a rectangle", SHARES, "six correlated fields, 200 realizations", rectangle, 30.0),
]
