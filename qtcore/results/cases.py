"""What cases stand for, in words: in tables, and with symbols in figures."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any


def number_word(_: str, value: Any) -> str:
    """Return a parameter as tables show it."""
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def case_words(
    cases: Sequence[Mapping[str, Any]],
    sign: Callable[[str], str] = str,
    shown: Callable[[str, Any], str] = number_word,
) -> list[str]:
    """Return words for each case, such as "edge, energy 1.772, box 0.5".

    Texts that differ between cases speak for themselves. Numbers have their names, and are left out if all
    cases of the kind have the same. Cases are of one kind if their texts are the same.

    Parameters
    ----------
    cases : sequence of mapping
        Parameters by name, of all cases that are to be told apart.
    sign : callable(name) -> str
        What stands for the name of a parameter.
    shown : callable(name, value) -> str
        What stands for a value of it.
    """
    return [_words(own, cases, sign, shown) for own in cases]


def _words(
    own: Mapping[str, Any],
    cases: Sequence[Mapping[str, Any]],
    sign: Callable[[str], str],
    shown: Callable[[str, Any], str],
) -> str:
    texts = {name for name, value in own.items() if isinstance(value, str)}
    alike = [case for case in cases if all(case.get(name) == own[name] for name in texts)]
    return ", ".join(
        shown(name, value) if name in texts else f"{sign(name)} {shown(name, value)}"
        for name, value in own.items()
        if any(case.get(name) != value for case in (cases if name in texts else alike))
    )
