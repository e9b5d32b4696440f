"""What a realization costs: a model in seconds, and its calibration on the machine that runs.

The transfer solver spends, for one realization of a wire of L slices and M sites across at n
lengths,

    L · M · (a + b · M) + n · c · M³ + d      (twice that where Peierls phases make it complex)

(lead modes are found once per worker and do not count). The built-in constants were fitted to one
core of an AMD EPYC server (`dgemm` at 56 GF/s); `Calibration` holds what the workers measured
instead, as a factor for each width, real and complex.
"""

import math
import time
from collections.abc import Iterable
from dataclasses import dataclass, field

from qtcore.lanes import LANES
from qtcore.solve.scattering import scattering
from qtcore.sweep.spec import Point, Sweep

SLICE_SITE = 1.8e-9
"""a: seconds per slice and site, for what does not depend on the number of columns."""

SLICE_SITE_COLUMN = 0.36e-9
"""b: seconds per slice, site and column: the stencil and its share of re-orthogonalisation."""

CLOSING = 0.45e-9
"""c: seconds per length and M³, to match to the far lead."""

FIXED = 2.0e-6
"""d: seconds per realization, whatever its size."""

COMPLEX = 2.0
"""Factor for complex arithmetic."""

CALL = 0.3e-3
"""Seconds per call, whatever the wire."""

WRITE = 1.0e-3
"""Seconds to write one block: five chunks."""

PROBE = 0.05
"""Seconds aimed at for one probe of the calibration, in a sweep that takes long enough."""

PROBES_SHARE = 0.02
"""All probes together take at most this share of a short sweep's time."""

MOST_GROUPS = 64
"""Groups of lanes in a probe, at most."""


def is_complex(point: Point) -> bool:
    """Whether the wire of a point has Peierls phases; one site across leaves no room for any."""
    return point.width > 1 and point.flux != 0.0


def model_seconds(width: int, length: int, lengths: int, *, complex_wire: bool) -> float:
    """Return the seconds for one realization by the built-in constants."""
    slices = length * width * (SLICE_SITE + SLICE_SITE_COLUMN * width)
    seconds = slices + lengths * CLOSING * width**3
    return FIXED + seconds * (COMPLEX if complex_wire else 1.0)


@dataclass(frozen=True)
class Calibration:
    """Measured over modelled seconds, for (width, complex); empty for the built-in constants."""

    factors: dict[tuple[int, bool], float] = field(default_factory=dict)

    def factor(self, width: int, *, complex_wire: bool) -> float:
        """Return the factor of the measured width nearest on a logarithmic scale."""
        near = [key for key in self.factors if key[1] == complex_wire] or list(self.factors)
        if not near:
            return 1.0
        return self.factors[min(near, key=lambda key: abs(math.log(key[0] / width)))]

    def seconds(self, point: Point) -> float:
        """Return the seconds that one realization of a point takes."""
        wire_is_complex = is_complex(point)
        modelled = model_seconds(
            point.width, point.lengths[-1], len(point.lengths), complex_wire=wire_is_complex
        )
        return modelled * self.factor(point.width, complex_wire=wire_is_complex)


def representatives(sweep: Sweep) -> list[Point]:
    """Return one point for each width, real and complex, that occurs in the sweep."""
    chosen: dict[tuple[int, bool], Point] = {}
    for point in sweep.all_points():
        chosen.setdefault((point.width, is_complex(point)), point)
    return list(chosen.values())


def warm_up(sweep: Sweep, points: Iterable[Point]) -> None:
    """Run the kernels that these points need once, on tiny wires.

    The first run compiles them or loads them from the disk cache; what is timed afterwards is
    arithmetic.
    """
    for point in points:
        scattering(sweep.wire(point), point.energy, (1, 2), range(LANES), sweep.seed)


def measure(sweep: Sweep) -> Calibration:
    """Time short wires of each width of the sweep against the model, on the calling process."""
    points = representatives(sweep)
    warm_up(sweep, points)
    model = Calibration()
    total = sweep.realizations * math.fsum(model.seconds(p) for p in sweep.all_points())
    goal = min(PROBE, PROBES_SHARE * total / len(points))
    return Calibration({(p.width, is_complex(p)): _measured_factor(sweep, p, goal) for p in points})


def _measured_factor(sweep: Sweep, point: Point, goal: float) -> float:
    """Time a probe of about `goal` seconds; return measured over modelled seconds."""
    width, complex_wire = point.width, is_complex(point)
    per_slice = model_seconds(width, 1, 0, complex_wire=complex_wire)
    length = max(1, min(point.lengths[-1], int(goal / (LANES * per_slice))))
    # As many lengths as the point has, so that matching to the far lead weighs as it will.
    lengths = (*(x for x in point.lengths if x < length), length)
    one = model_seconds(width, length, len(lengths), complex_wire=complex_wire)
    count = LANES * max(1, min(MOST_GROUPS, int(goal / (LANES * one))))
    start = time.perf_counter()
    scattering(sweep.wire(point), point.energy, lengths, range(count), sweep.seed)
    seconds = time.perf_counter() - start
    return max(seconds - CALL, 0.1 * seconds) / (count * one)
