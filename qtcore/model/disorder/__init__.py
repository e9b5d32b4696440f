"""Kinds of on-site disorder, each a pure function of the address of a value."""

from qtcore.model.disorder.binary import Binary
from qtcore.model.disorder.box import Box
from qtcore.model.disorder.cauchy import Cauchy
from qtcore.model.disorder.contract import Address, Disorder
from qtcore.model.disorder.correlated import Correlated
from qtcore.model.disorder.fixed import Fixed
from qtcore.model.disorder.gaussian import Gaussian
from qtcore.model.disorder.remote import RemoteImpurities
from qtcore.model.disorder.vacancies import Vacancies

__all__ = [
    "Address",
    "Binary",
    "Box",
    "Cauchy",
    "Correlated",
    "Disorder",
    "Fixed",
    "Gaussian",
    "RemoteImpurities",
    "Vacancies",
]
