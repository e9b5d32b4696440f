"""Kinds of disorder of sites and bonds, each a pure function of the address of a value."""

from qtcore.model.disorder.binary import Binary
from qtcore.model.disorder.box import Box
from qtcore.model.disorder.cauchy import Cauchy
from qtcore.model.disorder.contract import Address, BondDisorder, Disorder, OnsiteDisorder
from qtcore.model.disorder.correlated import Correlated
from qtcore.model.disorder.fixed import Fixed
from qtcore.model.disorder.gaussian import Gaussian
from qtcore.model.disorder.profile import Profile
from qtcore.model.disorder.random_flux import RandomFlux
from qtcore.model.disorder.random_hopping import RandomHopping
from qtcore.model.disorder.random_phase import RandomPhase
from qtcore.model.disorder.random_su2 import RandomSU2
from qtcore.model.disorder.remote import RemoteImpurities
from qtcore.model.disorder.vacancies import Vacancies
from qtcore.model.disorder.with_matrix import MagneticImpurities, WithMatrix

__all__ = [
    "Address",
    "Binary",
    "BondDisorder",
    "Box",
    "Cauchy",
    "Correlated",
    "Disorder",
    "Fixed",
    "Gaussian",
    "MagneticImpurities",
    "OnsiteDisorder",
    "Profile",
    "RandomFlux",
    "RandomHopping",
    "RandomPhase",
    "RandomSU2",
    "RemoteImpurities",
    "Vacancies",
    "WithMatrix",
]
