"""Flux tubes, local fields and random fluxes under leads on the edges: only loops know of them."""

import numpy as np
import pytest

import qtcore as qt
from qtcore import observe

M, L, E, PHI = 6, 14, 0.5, 0.3
X, Y = 6.5, 2.5

KWANT = np.array(
    [
        [1.42092597, 1.63985299, 1.93922104],
        [1.72403622, 1.5547401, 1.72122368],
        [1.85503781, 1.80540691, 0.33955528],
    ]
)
"""T of `UNDER` by Kwant 1.5.0, the string of the tube drawn down to the free edge below it."""


def down(x1, y1, x2, y2):
    """Return the phases of a tube whose string runs to the lower edge."""
    low = np.minimum(x1, x2)
    crossed = (np.abs(x1 - x2) == 1) & (y1 == y2) & (low == X - 0.5) & (y1 < Y)
    return np.where(crossed, np.exp(2j * np.pi * PHI * np.where(x1 > x2, -1, 1)), 1.0)


def side(first, width, edge):
    return qt.SideLead(first=first, width=width, edge=edge)


UNDER = [side(4, 5, "top")]

BELOW = {
    "under a lead": UNDER,
    "beside a lead": [side(9, 4, "top")],
    "lead that ends above it": [side(3, 4, "top")],
    "two leads above it": [side(2, 5, "top"), side(7, 5, "top")],
    "a lead all along": [side(0, L, "top")],
    "a lead all along and one below": [side(0, L, "top"), side(8, 4, "bottom")],
}
"""Leads that leave the lower edge below the tube free."""


def T_of(structure, sides, **settings):
    wire = qt.Wire(qt.Square(M), qt.Box(1.0), structure=structure, **settings)
    return qt.terminal_scattering(qt.Bar(wire, sides), E, [L], [0, 3], 1)[0].T


def test_T_under_a_lead_is_that_of_kwant():
    np.testing.assert_allclose(T_of([qt.FluxTube(X, Y, PHI)], UNDER)[0], KWANT, atol=2e-8)


@pytest.mark.parametrize("sides", BELOW.values(), ids=BELOW)
@pytest.mark.parametrize("settings", [{}, {"flux": 0.03}, {"terms": (qt.Rashba(0.2),)}])
def test_where_the_line_of_a_tube_runs_makes_no_difference(sides, settings):
    tube = T_of([qt.FluxTube(X, Y, PHI)], sides, **settings)
    np.testing.assert_allclose(tube, T_of([qt.ChangedBonds(down)], sides, **settings), atol=1e-10)
    assert np.abs(tube - T_of([], sides, **settings)).max() > 0.05


def test_a_tube_between_leads_on_both_edges_is_turned_around_with_the_bar():
    sides = [side(4, 5, "top"), side(3, 7, "bottom")]
    turned = [side(L - 10, 7, "top"), side(L - 9, 5, "bottom")]
    wire = qt.Wire(qt.Square(M), qt.Box(1.0), structure=[qt.FluxTube(X, Y, PHI)])
    onsite = wire.onsite(0, range(L), 1)
    other = qt.Wire(
        qt.Square(M),
        qt.Fixed(onsite[::-1, ::-1]),
        structure=[qt.FluxTube(L - 1 - X, M - 1 - Y, PHI)],
    )
    there = qt.terminal_scattering(qt.Bar(wire, sides), E, [L], [0], 1)[0].T[0]
    back = qt.terminal_scattering(qt.Bar(other, turned), E, [L], [0], 1)[0].T[0]
    order = [1, 0, 3, 2]
    np.testing.assert_allclose(there, back[np.ix_(order, order)], atol=1e-10)


# Against dense matrices in NumPy --------------------------------------------------------------------


def sigma(h):
    """Return the self-energy of a lead of cells h that unit hopping connects."""
    level, U = np.linalg.eigh(h)
    x = (E - level) / 2
    inside = np.abs(x) < 1
    root = np.sqrt(np.abs(1 - x * x))
    factor = np.where(inside, x - 1j * root, x - np.sign(x) * root)
    return (U * factor) @ U.conj().T


def dense_T(H, sides):
    """Return T of a sample with clean leads, without the diagonal.

    The sample is brought to the gauge in which the bonds under leads on the upper edge have no phase.
    """
    H = np.array(H)
    top = np.arange(L) * M + M - 1
    turn = np.ones(L * M, complex)
    turn[top[1:]] = np.cumprod(H[top[:-1], top[1:]].conj())
    H = turn.conj()[:, None] * H * turn
    path = np.eye(M, k=1) + np.eye(M, k=-1)
    parts = [(np.arange(M), sigma(path)), (np.arange(M) + (L - 1) * M, sigma(path))]
    for one in sides:
        sites = [n * M + y for n, y in one.sites(qt.Wire(qt.Square(M)))]
        w = len(sites)
        parts.append((np.array(sites), sigma(np.eye(w, k=1) + np.eye(w, k=-1))))
    whole = E * np.eye(L * M) - H
    gammas = []
    for sites, part in parts:
        # The ends of the upper edge belong to two leads.
        end_turn = turn[sites] if len(gammas) < 2 else np.ones(len(sites))
        part = end_turn.conj()[:, None] * part * end_turn
        whole[np.ix_(sites, sites)] -= part
        gammas.append((sites, 1j * (part - part.conj().T)))
    G = np.linalg.inv(whole)
    return np.array(
        [
            [
                np.trace(a @ G[np.ix_(i, j)] @ b @ G[np.ix_(i, j)].conj().T).real if i is not j
                else np.nan
                for j, b in gammas
            ]
            for i, a in gammas
        ]
    )  # fmt: skip


def bump(x, y):
    return 0.1 * np.exp(-((x - 6) ** 2 + (y - 1.5) ** 2) / 2)


FIELDS = {
    "a tube": {"structure": [qt.FluxTube(X, Y, PHI)]},
    "a local field": {"structure": [qt.LocalField(bump)]},
    "both": {"structure": [qt.LocalField(bump), qt.FluxTube(4.5, 3.5, -0.2)]},
}


@pytest.mark.parametrize("sides", [UNDER, [side(0, L, "top"), side(2, 9, "bottom")]])
@pytest.mark.parametrize("name", [*FIELDS, "random fluxes"])
def test_T_is_that_of_dense_matrices(name, sides):
    given = FIELDS.get(name, {})
    disorder = (qt.Box(1.0), qt.RandomFlux(0.4)) if name == "random fluxes" else qt.Box(1.0)
    wire = qt.Wire(qt.Square(M), disorder, **given)
    bar = qt.Bar(wire, sides)
    found = qt.terminal_scattering(bar, E, [L], [0, 3], 1, amplitudes=True)[0]
    for row, realization in enumerate((0, 3)):
        exact = dense_T(qt.closed_sample(wire, L, realization, 1).H.toarray(), sides)
        apart = ~np.eye(len(exact), dtype=bool)
        np.testing.assert_allclose(found.T[row][apart], exact[apart], atol=1e-10)
        states = observe.terminal_states(bar, E, L, realization, 1)
        np.testing.assert_allclose(states.S, found.S[row], atol=1e-9)
        flow = states.currents("left").into.reshape(L, M)
        assert np.abs(flow[1:-1, 1:-1]).max() < 1e-10


@pytest.mark.parametrize("name", [*FIELDS, "random fluxes"])
def test_a_lead_of_matrices_on_the_edge_is_the_side_lead(name):
    given = FIELDS.get(name, {})
    disorder = (qt.Box(1.0), qt.RandomFlux(0.4)) if name == "random fluxes" else qt.Box(1.0)
    wire = qt.Wire(qt.Square(M), disorder, **given)
    h, v = np.eye(5, k=1) + np.eye(5, k=-1), np.eye(5)
    # In any order of its sites.
    order = [3, 0, 4, 1, 2]
    matrices = qt.SiteLead([(4 + n, M - 1) for n in order], h[np.ix_(order, order)], v)
    one, other = (
        qt.terminal_scattering(qt.Bar(wire, [lead]), E, [L], [0, 3], 1)[0].T
        for lead in (UNDER[0], matrices)
    )
    np.testing.assert_allclose(one, other, atol=1e-11)


def test_a_tube_in_a_ribbon_with_a_lead_above_it():
    lattice = qt.Honeycomb(4, "zigzag")
    places = lattice.positions()
    tube = qt.FluxTube(3.6, 2.1, PHI)
    top = int(np.argmax(places[:, 1]))
    lead = qt.SiteLead([(n, top) for n in range(2, 7)], np.zeros((5, 5)), np.eye(5))

    def lower(x1, y1, x2, y2):
        # The part of the line through the tube that lies below it.
        ahead, back = (x1 < tube.x) & (x2 >= tube.x), (x2 < tube.x) & (x1 >= tube.x)
        crossed = np.where(x1 != x2, (tube.x - x1) / np.where(x1 != x2, x2 - x1, 1.0), 0.0)
        below = y1 + crossed * (y2 - y1) < tube.y
        return np.exp(2j * np.pi * PHI * below * (ahead.astype(int) - back))

    T = [
        qt.terminal_scattering(
            qt.Bar(qt.Wire(lattice, qt.Box(1.0), structure=[one]), [lead]), 0.4, [10], [0], 1
        )[0].T
        for one in (tube, qt.ChangedBonds(lower))
    ]
    np.testing.assert_allclose(T[0], T[1], atol=1e-10)


# What is not known is refused -----------------------------------------------------------------------


def tip(*sites):
    return qt.SiteLead(list(sites), np.zeros((len(sites),) * 2), np.eye(len(sites)))


SQUARE = ((6, 2), (7, 2), (6, 3), (7, 3))


@pytest.mark.parametrize("structure", [qt.FluxTube(X, Y, PHI), qt.LocalField(bump)])
def test_a_tip_around_flux_is_refused(structure):
    wire = qt.Wire(qt.Square(M), qt.Box(1.0), structure=[structure])
    with pytest.raises(qt.QtcoreError, match="passes between the sites that the lead 'lead 1'"):
        qt.Bar(wire, [tip(*SQUARE)])
    # A single site, sites in a line and no flux enclose nothing.
    qt.Bar(wire, [tip((6, 2)), tip((3, 5), (4, 5))])
    qt.Bar(qt.Wire(qt.Square(M), structure=[qt.FluxTube(X, Y, 1.0)]), [tip(*SQUARE)])
    qt.Bar(qt.Wire(qt.Square(M), structure=[qt.FluxTube(9.5, 2.5, PHI)]), [tip(*SQUARE)])


def test_a_tip_beside_a_tube_does_not_feel_where_its_line_runs():
    # Above the tube, on both sides of its line.
    sides = [tip((6, 3), (7, 3), (6, 4), (7, 4)), side(9, 3, "bottom")]
    one, other = (T_of(s, sides) for s in ([qt.FluxTube(X, Y, PHI)], [qt.ChangedBonds(down)]))
    np.testing.assert_allclose(one, other, atol=1e-10)
