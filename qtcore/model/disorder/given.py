"""What is given as the disorder of a wire: one kind, or several."""

from collections.abc import Sequence
from typing import Any

from qtcore.errors import InputError, brief
from qtcore.model.disorder.box import Box
from qtcore.model.disorder.contract import Disorder


def single_or_several(given: Any) -> Disorder | tuple[Disorder, ...]:
    """Return one disorder as it is, several as a tuple.

    Raises
    ------
    InputError
        If something else is given.
    """
    if isinstance(given, Disorder):
        return given
    if isinstance(given, Sequence) and not isinstance(given, str):
        several = tuple(given)
        wrong = [one for one in several if not isinstance(one, Disorder)]
        if not wrong:
            return (several or (Box(0.0),))[0] if len(several) < 2 else several
        given = wrong[0]
    raise InputError(
        f"disorder must be Box(strength), got {brief(given)}; or Gaussian(...), Cauchy(...), "
        "Binary(...), Vacancies(...), Correlated(...), RemoteImpurities(...), Fixed(...), on "
        "bonds RandomHopping(...), RandomPhase(...), RandomFlux(...), RandomSU2(), with a matrix "
        "on the orbitals WithMatrix(Box(strength), 'sigma_z'), or a sequence of such"
    )
