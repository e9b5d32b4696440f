"""Structure of a wire: bonds and sites that functions of position change, in every sample alike."""

from qtcore.model.structure.changed_bonds import ChangedBond, ChangedBonds
from qtcore.model.structure.contract import PlacedBonds, Structure
from qtcore.model.structure.flux import FluxTube, LocalField
from qtcore.model.structure.missing_sites import MissingSites
from qtcore.model.structure.strain import Strain
from qtcore.model.structure.tunnel_contact import TunnelContact

__all__ = [
    "ChangedBond",
    "ChangedBonds",
    "FluxTube",
    "LocalField",
    "MissingSites",
    "PlacedBonds",
    "Strain",
    "Structure",
    "TunnelContact",
]
