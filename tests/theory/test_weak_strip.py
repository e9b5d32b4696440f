"""What theory says of strips of each class: known limits, and solved wires beside them."""

import numpy as np
import pytest

import qtcore as qt
from qtcore import estimate
from qtcore.theory import born, equivalent_channels
from qtcore.theory.weak_strip import (
    CHAIN,
    IN_FIELD,
    LOCKED,
    NEAR,
    STRONG,
    WEAK_COUPLING,
    helix_dephasing,
    weak_strip,
)


def strip(width, disorder=0.7, flux=0.0, rashba=0.0):
    terms = (qt.Rashba(rashba),) if rashba else ()
    return qt.Wire(qt.Square(width), qt.Box(disorder), flux=flux, terms=terms)


def test_a_chain_has_twice_its_mean_free_path_of_thouless_with_or_without_spin():
    law = weak_strip(strip(1), 0.6, 0.7)
    assert law.localization_length == pytest.approx(
        equivalent_channels.thouless_localization_length(0.6, 0.7)
    )
    # Rashba coupling turns the spin along a chain, which is a gauge: t becomes √(t² + α²).
    spin = weak_strip(strip(1, rashba=0.5), 0.6, 0.7)
    assert spin.localization_length == pytest.approx(24 * (4 * 1.25 - 0.36) / 0.49)
    assert (spin.beta, spin.channels, spin.spins) == (4, 1, 2)


def test_classes_have_their_formulas_and_in_between_there_is_none():
    plain, field = weak_strip(strip(8), 0.6, 0.7), weak_strip(strip(8, flux=0.45 / 64), 0.6, 0.7)
    spin, weak = (
        weak_strip(strip(8, rashba=0.3), 0.6, 0.7),
        weak_strip(strip(8, rashba=0.1), 0.6, 0.7),
    )
    found = [law.localization_length / law.mean_free_path for law in (plain, field, spin)]
    assert found == pytest.approx([7, 12, 22])
    assert [law.why for law in (plain, field, spin)] == ["", "", ""]
    assert weak.why == WEAK_COUPLING
    assert np.isnan(weak.left_out)
    assert weak_strip(strip(8, flux=1e-4), 0.6, 0.7).why == IN_FIELD
    assert weak_strip(strip(1, flux=0.1), 0.6, 0.7).why == CHAIN
    assert weak_strip(strip(4), 0.0, 0.7).why == LOCKED
    assert weak_strip(strip(4), 0.45, 0.7).why == NEAR  # 0.07 t above a band of width 4
    assert weak_strip(strip(4), 0.45, 0.1).why == ""  # not for weaker disorder


def test_a_helix_that_all_modes_share_survives():
    assert helix_dephasing(np.array([-2.0, -1.5, -0.9, -0.4])) == pytest.approx(0.0)
    assert helix_dephasing(np.array([-2.0, -1.5, -0.9, -0.3])) == pytest.approx(0.1)
    # The spins of both modes of a strip of two sites differ by the same momentum.
    assert weak_strip(strip(2, rashba=0.7), 0.6, 0.7).why == WEAK_COUPLING


@pytest.mark.parametrize(
    ("energy", "flux", "rashba", "solved"),
    # Localization lengths from transfer matrices, standard error 2 to 6 %.
    [(0.45, 0.09, 0.0, 418), (0.45, 0.10, 0.0, 869), (0.48, 0.0, 0.6, 661), (0.50, 0.0, 0.6, 831)],
)
def test_near_a_threshold_that_a_field_or_a_coupling_moved_nothing_is_claimed(
    energy, flux, rashba, solved
):
    law = weak_strip(strip(3, 0.5, flux, rashba), energy, 0.5)
    assert law.why == NEAR
    # The formula is wrong there by more than it leaves out away from thresholds.
    assert abs(law.localization_length / solved - 1) > 0.1
    # The strip without either is farther from its own thresholds.
    assert weak_strip(strip(3, 0.5), energy, 0.5).threshold > 1.5 * law.threshold


def test_beyond_it_the_formula_is_claimed_again():
    # 968(27) from transfer matrices at 0.12 h/e per plaquette.
    law = weak_strip(strip(3, 0.5, 0.12), 0.45, 0.5)
    assert law.why == ""
    assert abs(968 / law.localization_length - 1) < law.left_out + 3 * 0.028
    assert weak_strip(strip(8, 2.0), 0.6, 2.0).why in (STRONG, NEAR)


@pytest.mark.parametrize(
    ("wire", "told"),
    [
        (strip(4, flux=0.01, rashba=0.3), "not both"),
        (qt.Wire(qt.Honeycomb(4), qt.Box(0.7)), "takes wires on Square"),
    ],
)
def test_wires_without_a_formula_are_refused(wire, told):
    with pytest.raises(qt.InputError, match=told):
        weak_strip(wire, 0.6, 0.7)


@pytest.mark.slow
@pytest.mark.physics
@pytest.mark.parametrize(("width", "rashba"), [(4, 0.3), (4, 0.5), (8, 0.3)])
def test_solved_wires_with_spin_agree_with_the_law(width, rashba):
    # 600 samples: ξ to 1.4 %. The band is what the law leaves out.
    wire = strip(width, rashba=rashba)
    law = weak_strip(wire, 0.6, 0.7)
    lengths = np.unique(np.round(np.geomspace(3, 16, 14) * law.localization_length)).astype(int)
    ln_g = qt.ln_conductance(wire, 0.6, lengths.tolist(), range(600), seed=3)
    xi = estimate.fit_localization(ln_g, lengths).localization_length
    deviation = xi / law.localization_length - 1
    assert abs(float(deviation)) < law.left_out + 3 * float(deviation.error)
    alone = born.rates_of_wire(wire, 0.6, 0.7).channels // 2 + 1
    assert float(xi) > 1.5 * alone * law.mean_free_path  # not the N + 1 of strips without spin
