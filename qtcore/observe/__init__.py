"""What is read off a solved wire: transmissions, densities, currents, delays, levels, packets.

Most functions take a sample: open ones come from `sample_with_leads`, closed ones from `closed_sample`.
"""

from qtcore.observe.andreev import andreev
from qtcore.observe.currents import bond_currents
from qtcore.observe.curvature import level_curvatures
from qtcore.observe.delay import (
    Delays,
    delays,
    density_of_states,
    local_density_of_states,
    wigner_smith,
)
from qtcore.observe.invariants import chiral_number, determinant_sign, reflection_sign
from qtcore.observe.kwant_local import (
    kwant_bond_currents,
    kwant_green_columns,
    kwant_local_density_of_states,
    kwant_scattering_states,
)
from qtcore.observe.level_count import levels_below
from qtcore.observe.levels import level_spacing_ratio
from qtcore.observe.probes import dephased_conductance, dephased_ensemble
from qtcore.observe.resolved_currents import resolved_currents
from qtcore.observe.terminal_currents import terminal_states
from qtcore.observe.transmission import caroli, kubo
from qtcore.solve.bott import bott_index, spin_chern_number
from qtcore.solve.chern_marker import chern_marker, local_chern_marker
from qtcore.solve.closed_density import (
    bulk_density_ensemble,
    bulk_local_density,
    spectral_function,
)
from qtcore.solve.evolution import time_evolution
from qtcore.solve.exact import eigenstates, eigenvalues
from qtcore.solve.green import green_columns, green_diagonal, scattering_states
from qtcore.solve.interaction_shifts import interaction_shifts
from qtcore.solve.kubo_bastin import kubo_bastin
from qtcore.solve.lyapunov import lyapunov
from qtcore.solve.momentum import momentum_distribution
from qtcore.solve.packets import packet_spread
from qtcore.solve.polynomial import density_of_states as bulk_density_of_states
from qtcore.solve.polynomial import kubo_conductivity
from qtcore.solve.pumping import charge_pumped
from qtcore.solve.survival import survival_amplitude
from qtcore.solve.velocity import area_of
from qtcore.solve.waves import plane_wave, wave_packet

__all__ = [
    "Delays",
    "andreev",
    "area_of",
    "bond_currents",
    "bott_index",
    "bulk_density_ensemble",
    "bulk_density_of_states",
    "bulk_local_density",
    "caroli",
    "charge_pumped",
    "chern_marker",
    "chiral_number",
    "delays",
    "density_of_states",
    "dephased_conductance",
    "dephased_ensemble",
    "determinant_sign",
    "eigenstates",
    "eigenvalues",
    "green_columns",
    "green_diagonal",
    "interaction_shifts",
    "kubo",
    "kubo_bastin",
    "kubo_conductivity",
    "kwant_bond_currents",
    "kwant_green_columns",
    "kwant_local_density_of_states",
    "kwant_scattering_states",
    "level_curvatures",
    "level_spacing_ratio",
    "levels_below",
    "local_chern_marker",
    "local_density_of_states",
    "lyapunov",
    "momentum_distribution",
    "packet_spread",
    "plane_wave",
    "reflection_sign",
    "resolved_currents",
    "scattering_states",
    "spectral_function",
    "spin_chern_number",
    "survival_amplitude",
    "terminal_states",
    "time_evolution",
    "wave_packet",
    "wigner_smith",
]
