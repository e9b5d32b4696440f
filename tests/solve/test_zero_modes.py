"""Topological chains at E = 0: both ends hold a zero mode, and parts of them have levels at the energy."""

import numpy as np
import pytest

import qtcore as qt
from qtcore import observe

# ln g of realizations 0 .. 19 by dense Green's functions in 300 bits, with leads by decimation.
LN_G = np.array(
    [
        -16.945870598949345,
        -21.489187050338305,
        -16.933073076088107,
        -15.44751623193744,
        -16.156989372037824,
        -20.541728363599326,
        -15.773533986625372,
        -17.187055662824722,
        -12.490749930889386,
        -15.32674892951618,
        -20.14281339302847,
        -16.844616867480653,
        -19.045889061400317,
        -22.272657803687046,
        -19.643609472324155,
        -19.782584717039548,
        -20.578266828173124,
        -19.447803101819858,
        -20.46625602102878,
        -16.94949523883718,
    ]
)


def test_a_chain_with_zero_modes_between_wide_leads_is_within_its_certificate() -> None:
    wire = qt.Wire(
        qt.Chain(),
        qt.Box(1.7577636465518584),
        terms=(qt.ChemicalPotential(-1.0), qt.PWavePairing(0.75)),
        lead_lattice=qt.Square(3),
        lead_offset=1.0,
    )
    found = qt.scattering(wire, 0.0, [14], range(20), seed=25)
    error = np.abs(found.ln_g[:, 0] - LN_G)
    assert (error < found.certificate[:, 0]).all()
    assert error.max() < 1e-10
    S = qt.scattering_matrices(wire, 0.0, [14], range(20), seed=25)[0]
    assert np.abs(S.ln_g - S.turned.ln_g).max() < 2e-10


def chain(mu: float, delta: float, W: float = 0.0) -> qt.Wire:
    terms = (qt.ChemicalPotential(mu), qt.PWavePairing(delta))
    return qt.Wire(qt.Chain(), qt.Box(W), terms=terms)


@pytest.mark.parametrize(
    ("mu", "delta", "W", "length"),
    [(0.5, 0.75, 0.0, 12), (0.5, 1.0, 0.0, 20), (-1.1, 0.9, 1.0, 25), (0.9, 0.8, 0.0, 300)],
)
def test_green_functions_inside_a_chain_with_zero_modes(
    mu: float, delta: float, W: float, length: int
) -> None:
    system = qt.sample_with_leads(chain(mu, delta, W), 0.0, length, [0, 1], seed=3)
    L, R, M, _ = system.diagonal.shape
    G = np.empty((R, L, M, L, M), dtype=np.complex128)
    for r in range(R):
        whole = np.zeros((L, M, L, M), dtype=np.complex128)
        for n in range(L):
            whole[n, :, n] = system.diagonal[n, r]
        for n, v in enumerate(system.ahead[:, 0]):
            whole[n, :, n + 1], whole[n + 1, :, n] = -v, -v.conj().T
        G[r] = np.linalg.inv(whole.reshape(L * M, L * M)).reshape(L, M, L, M)
    scale = np.abs(G).max()
    diagonal = observe.green_diagonal(system)
    column = observe.green_columns(system, 0)
    for r in range(R):
        expected = np.array([G[r, n, :, n] for n in range(L)])
        assert np.abs(diagonal[:, r] - expected).max() < 1e-11 * scale
        assert np.abs(column[:, r] - G[r, :, :, 0]).max() < 1e-11 * scale
    density = -np.diagonal(diagonal, axis1=2, axis2=3).imag / np.pi
    found = observe.local_density_of_states(system)
    assert np.allclose(found.reshape(density.shape), density, rtol=1e-9, atol=1e-12)
    states = observe.scattering_states(system)
    assert np.isfinite(states).all()
    assert np.isfinite(observe.caroli(system)).all()
