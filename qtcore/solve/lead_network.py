"""Voltages, resistances and conductances between the leads of any sample, from T alone."""

from collections.abc import Sequence
from typing import Any, Generic, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError, QtcoreError, brief
from qtcore.solve import resistance as network
from qtcore.solve.problem import THRESHOLD

Lead = TypeVar("Lead", str, int)

Undefined = Literal["refuse", "nan"]

Array = NDArray[np.float64]


class LeadNetwork(Generic[Lead]):
    """What follows from T between leads whose currents and voltages are measured.

    Classes that have it hold `ln_T` and `certificate`, and say how their leads are named.
    """

    ln_T: Array
    certificate: Array

    @property
    def names(self) -> Sequence[Lead]:
        """Names, or numbers, of the leads in the order of all arrays."""
        raise NotImplementedError

    @property
    def T(self) -> Array:
        """T[to, from], (realization, lead, lead)."""
        return np.exp(self.ln_T)

    def number(self, lead: Any) -> int:
        """Return the number of a lead; raises InputError if there is none of this name."""
        if isinstance(lead, bool) or lead not in self.names:
            known = ", ".join(map(repr, self.names))
            raise InputError(f"there is no lead {brief(lead)}; this sample has {known}")
        return self.names.index(lead)

    def voltages(self, source: Lead, drain: Lead, undefined: Undefined = "nan") -> Array:
        """Return the voltages of all leads with a current from `source` to `drain`.

        The difference of two of them has fewer digits than `resistance`.

        Parameters
        ----------
        source, drain : str, of Kwant systems int
            The leads.
        undefined : {"nan", "refuse"}
            What becomes of a lead that nothing connects to either of them: its voltage is NaN in
            this sample, or all samples are refused.

        Returns
        -------
        (realization, lead) float array
            Between 0, at the drain, and 1, at the source; all others draw no current.

        Raises
        ------
        InputError
            If a lead is unknown, or source and drain are the same.
        QtcoreError
            If a voltage is not defined and `undefined` is "refuse".
        """
        current = self._pair((source, drain), "current")
        found = network.voltages(self._transmissions, current)[0]
        self._refuse(undefined, found, self.names, "its voltage is")
        return found

    def voltage_errors(self, source: Lead, drain: Lead) -> Array:
        """Return bounds on the errors of `voltages`, at most 1; arguments are the same."""
        current = self._pair((source, drain), "current")
        return network.voltages(self._transmissions, current)[1]

    def resistance(
        self, current: tuple[Lead, Lead], voltage: tuple[Lead, Lead], undefined: Undefined = "nan"
    ) -> Array:
        """Return R_ab,cd = (V_c - V_d) / I, (realization,), in h/e².

        The current enters at a and leaves at b, and c and d draw none. With spin-degenerate electrons
        (no term that acts on the spin) the resistance of both spins is half of it.

        NaN where no digit is left: the error is larger than R and than 1e-6 h/e².

        Parameters
        ----------
        current, voltage : (str, str), of Kwant systems (int, int)
            The leads a, b and c, d. (a, b) again for the voltage gives the two-terminal resistance
            with all others floating.
        undefined : {"nan", "refuse"}
            What becomes of a sample in which nothing passes from a to b, or nothing connects c or d
            to either of them: it is NaN, or all samples are refused. Other leads that nothing
            connects are left out.

        Raises
        ------
        InputError
            If a lead is unknown or the leads of a pair are the same.
        QtcoreError
            If a resistance is not defined and `undefined` is "refuse".
        """
        found, error = self._resistance(current, voltage)
        self._refuse(undefined, found[:, None], [(current, voltage)], "its resistance is")
        lost = ~(error < np.maximum(np.abs(found), THRESHOLD))
        return np.where(lost, np.nan, found)

    def resistance_error(self, current: tuple[Lead, Lead], voltage: tuple[Lead, Lead]) -> Array:
        """Return a bound on the error of `resistance`, (realization,), in h/e².

        It is what the certificates of T and rounding errors leave: much where V_c and V_d are nearly
        the same. Arguments are those of `resistance`; NaN where it is not defined.
        """
        return self._resistance(current, voltage)[1]

    def ln_conductance(self, current: tuple[Lead, Lead], undefined: Undefined = "nan") -> Array:
        """Return ln of the conductance I / (V_a - V_b) of two leads, in e²/h, all others floating.

        Parameters
        ----------
        current : (str, str), of Kwant systems (int, int)
            The leads a and b.
        undefined : {"nan", "refuse"}
            What becomes of a sample in which nothing passes from a to b: it is -inf, or all samples
            are refused.

        Returns
        -------
        (realization,) float array
            Exact at any depth.

        Raises
        ------
        InputError, QtcoreError
            As by `resistance`.
        """
        ln_G = network.conductance(self._transmissions, self._pair(current, "current")).ln
        self._refuse(undefined, ln_G[:, None], [current], "the logarithm of the conductance is")
        return ln_G

    def ln_conductance_error(self, current: tuple[Lead, Lead]) -> Array:
        """Return a bound on the error of `ln_conductance`, (realization,)."""
        return network.conductance(self._transmissions, self._pair(current, "current")).error

    @property
    def _transmissions(self) -> network.Positive:
        certificate = self.certificate
        if certificate.ndim == 1:
            certificate = np.broadcast_to(certificate[:, None, None], self.ln_T.shape)
        return network.transmissions(self.ln_T, certificate)

    def _resistance(self, current: Any, voltage: Any) -> tuple[Array, Array]:
        pairs = self._pair(current, "current"), self._pair(voltage, "voltage")
        return network.resistance(self._transmissions, *pairs)

    def _refuse(self, undefined: str, found: Array, names: Sequence[Any], what: str) -> None:
        """Raise QtcoreError if undefined is "refuse" and something is; found is (realization, name)."""
        if undefined not in ("refuse", "nan"):
            raise InputError(f"undefined must be 'refuse' or 'nan', got {brief(undefined)}")
        wrong = np.argwhere(~np.isfinite(found))
        if undefined == "nan" or not len(wrong):
            return
        row, column = (int(n) for n in wrong[0])
        raise QtcoreError(
            f"nothing passes between {names[column]!r} and the other leads in sample {row} of 0 .. "
            f"{len(found) - 1}, so that {what} not defined; take other leads, or undefined='nan'"
        )

    def _pair(self, names: Any, what: str) -> tuple[int, int]:
        if not isinstance(names, tuple | list) or len(names) != 2:
            example = tuple(self.names[:2])
            raise InputError(
                f"{what} needs the names of two leads such as {example}, got {brief(names)}"
            )
        first, second = (self.number(name) for name in names)
        if first == second:
            raise InputError(f"{what} needs two different leads, got {names[0]!r} twice")
        return first, second
