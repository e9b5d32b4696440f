"""Lloyd's disorder is exact at any strength: exponents of single wires and their sum."""

import numpy as np
import pytest

import qtcore as qt
from qtcore.solve.lyapunov import lyapunov

pytestmark = pytest.mark.physics


def lloyd(D, E):
    """Exponent of a chain with Cauchy disorder: Lloyd, J. Phys. C 2, 1717 (1969); Thouless."""
    return np.arccosh((np.hypot(2 + E, D) + np.hypot(2 - E, D)) / 4)


@pytest.mark.parametrize(("D", "E"), [(1.0, 0.0), (1.0, 1.0), (5.0, 1.5)])
def test_a_chain_decays_with_the_lloyd_exponent(D, E):
    # ln g falls by 2 gamma a slice between two lengths of one sample; 4000 samples know gamma to
    # about 0.2 %, lyapunov's 64 bars of 20,000 slices to 0.1 %.
    wire, gamma = qt.Wire(qt.Chain(), qt.Cauchy(D)), lloyd(D, E)
    ln_g = qt.ln_conductance(wire, E, [100, 400], range(4000), 3)
    slope = (ln_g[:, 1] - ln_g[:, 0]) / 600
    error = slope.std(ddof=1) / np.sqrt(len(slope))
    assert error < 0.003 * gamma
    assert -slope.mean() == pytest.approx(gamma, abs=3 * error)
    found = lyapunov(wire, E, 20_000, range(64), 3)
    assert found.errors[0] < 0.002 * gamma
    assert found.exponents[0] == pytest.approx(gamma, abs=3 * found.errors[0])


WIRES = {
    "strip": qt.Wire(qt.Square(4), qt.Cauchy(0.7)),
    "cylinder": qt.Wire(qt.Square(5, periodic=True), qt.Cauchy(0.7)),
    "bar": qt.Wire(qt.Cubic(2, 3), qt.Cauchy(0.7)),
    "field": qt.Wire(qt.Square(4), qt.Cauchy(0.7), flux=0.07),
    "bar in a tilted field": qt.Wire(qt.Cubic(2, 3), qt.Cauchy(0.7), field=(0.1, 0.2, 0.05)),
    "Rashba": qt.Wire(qt.Square(3), qt.Cauchy(0.7), terms=(qt.Rashba(0.4),)),
    "Ando and Zeeman": qt.Wire(
        qt.Square(3), qt.Cauchy(0.7), terms=(qt.Ando(0.5), qt.Zeeman(0.1, 0.0, 0.3))
    ),
    "Chern insulator": qt.Wire(qt.Square(3), qt.Cauchy(0.7), terms=(qt.QWZ(0.6, -1.0),)),
    "dense coupling": qt.Wire(
        qt.Custom(np.diag([0.2, -0.1]), [[1.0, 0.3j], [0.2, 0.9]]), qt.Cauchy(0.7)
    ),
}


@pytest.mark.parametrize("name", WIRES)
def test_exponents_add_up_to_thouless_sum(name):
    # Thouless: sum gamma_i = <ln |det (E - H)|> per slice, less that of v. It is analytic in every
    # on-site value, so that Cauchy disorder puts E + iD for E: the sum is that of the waves of the
    # clean wire there, which a generalised eigenproblem gives.
    wire, energy = WIRES[name], 0.47
    slices = wire.slices()
    h, v, M = slices.h, slices.v, len(slices.h)
    E = (energy + 1j * wire.disorder.half_width) * np.eye(M)
    step = np.block(
        [
            [np.linalg.solve(v, E - h), -np.linalg.solve(v, v.conj().T)],
            [np.eye(M), np.zeros((M, M))],
        ]
    )
    rates = np.log(np.abs(np.linalg.eigvals(step)))
    expected = rates[rates > 0].sum()
    found = lyapunov(wire, energy, 4000, range(16), 7)
    blocks = found.blocks.sum(axis=2)
    error = blocks.std(ddof=1) / np.sqrt(blocks.size)
    assert error < 0.01 * expected
    assert blocks.mean() == pytest.approx(expected, abs=3.5 * error)
