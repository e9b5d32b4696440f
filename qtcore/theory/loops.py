"""Weak localization of a plane by how long its loops may last, and what a blur does to a conductivity.

Loops that last from the collision time tau to a time t take (1/2 pi) ln(t/tau) off the conductivity, e²/h per
spin without spin–orbit coupling (L. P. Gor'kov, A. I. Larkin and D. E. Khmel'nitskii, JETP Lett. 30, 228 (1979)): that
is (1/pi) ln(L/l) with t = L²/D. Which time ends them is a matter of how a conductivity is measured. Where
the shortest loop begins is known to a factor of two in time, `SHORTEST_LOOP`.
"""

import math

import numpy as np

SHORTEST_LOOP = math.log(2) / (2 * math.pi)
"""What a factor of two in the time of the shortest loop changes, e²/h per spin."""


def lost_in_blur(blur: float, lifetime: float) -> float:
    """Return what loops take off a conductivity whose levels are blurred, e²/h per spin.

    Two Gaussians of the standard deviation `blur` let loops of the time t count with exp(-(blur t)²).

    Parameters
    ----------
    blur : float
        Standard deviation of a level, such as that of the Jackson kernel; > 0, units of t.
    lifetime : float
        tau, ħ/t.
    """
    from scipy.special import exp1

    return float(exp1((blur * lifetime) ** 2) / (4 * math.pi))


def lost_between(first: float, last: float, lifetime: float) -> float:
    """Return what loops take off a diffusion that is watched from one time to another, e²/h per spin.

    The mean of (1/2 pi) ln(t/tau) over these times.

    Parameters
    ----------
    first, last : float
        ħ/t, tau <= first < last.
    lifetime : float
        tau, ħ/t.
    """
    a, b = first / lifetime, last / lifetime
    whole = b * math.log(b) - b - a * math.log(a) + a
    return whole / (b - a) / (2 * math.pi)


def lost_between_leads(length: float, around: float, diffusion: float, lifetime: float) -> float:
    """Return what loops take off the conductivity of a cylinder between two leads, e²/h per spin.

    The sum over the modes of diffusion, 1/q² each, (2/pi²) (L/M) sum 1/(n² + (2 m L/M)²) with n >= 1 and all m, where
    loops shorter than tau are left out. Without any m it is the 1/3 of a wire.

    Parameters
    ----------
    length, around : float
        L from lead to lead and M around, sites.
    diffusion, lifetime : float
        D (sites² t/ħ) and tau (ħ/t).
    """
    unit = diffusion * lifetime * (math.pi / length) ** 2
    last = math.ceil(6 / math.sqrt(unit)) + 2
    n = np.arange(1, last + 1)[:, None]
    most = math.ceil(last * around / (2 * length)) + 1
    m = np.arange(-most, most + 1)
    squared = n**2 + (2 * m * length / around) ** 2
    total = float((np.exp(-unit * squared) / squared).sum())
    return 2 / math.pi**2 * total * length / around


def lost_in_field(flux: float, diffusion: float, lifetime: float) -> float:
    """Return what loops still take off a conductivity in a field that ends them, e²/h per spin.

    Loops of the time t count with x / sinh x, x = 4 pi flux D t, so that those from tau on take
    (1/2 pi) ln coth(x/2) with t = tau: the field has ended all others (B. L. Altshuler, D. Khmel'nitzkii,
    A. I. Larkin and P. A. Lee, PRB 22, 5142 (1980)).

    Parameters
    ----------
    flux : float
        h/e per plaquette, > 0.
    diffusion, lifetime : float
        D (sites² t/ħ) and tau (ħ/t).
    """
    x = 4 * math.pi * abs(flux) * diffusion * lifetime
    return -math.log(math.tanh(x / 2)) / (2 * math.pi)


def blurred_part(blur: float, lifetime: float) -> float:
    """Return the classical conductivity of blurred levels over that of sharp ones.

    The integral of exp(-u - (blur tau u)²): a current that decays in tau, seen for the time 1/blur.

    Parameters as in `lost_in_blur`.
    """
    from scipy.special import erfcx

    half = 1 / (2 * blur * lifetime)
    return float(np.sqrt(np.pi) * half * erfcx(half))
