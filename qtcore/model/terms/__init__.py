"""Terms of the Hamiltonian beyond hopping and potential."""

from qtcore.model.terms.ando import Ando
from qtcore.model.terms.bhz import BHZ
from qtcore.model.terms.chemical_potential import ChemicalPotential
from qtcore.model.terms.contract import Contribution, Term
from qtcore.model.terms.dresselhaus import Dresselhaus
from qtcore.model.terms.haldane import Haldane
from qtcore.model.terms.kane_mele import KaneMele
from qtcore.model.terms.pairing import Pairing
from qtcore.model.terms.pwave import PWavePairing
from qtcore.model.terms.qwz import QWZ
from qtcore.model.terms.rashba import Rashba
from qtcore.model.terms.swave import SWavePairing
from qtcore.model.terms.zeeman import Zeeman

__all__ = [
    "BHZ",
    "QWZ",
    "Ando",
    "ChemicalPotential",
    "Contribution",
    "Dresselhaus",
    "Haldane",
    "KaneMele",
    "PWavePairing",
    "Pairing",
    "Rashba",
    "SWavePairing",
    "Term",
    "Zeeman",
]
