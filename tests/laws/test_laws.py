"""Every law for every solver and every wire: those of the list, and drawn ones."""

import pytest
from hypothesis import given, settings

import qtcore as qt

from . import laws_of_solvers, laws_of_wires
from .systems import (
    ACCEPTED,
    LENGTHS,
    REFUSED,
    SEED,
    SOLVERS,
    build,
    drawn_systems,
    refusal,
    system,
)


def by_name(law):
    return law.__name__


PARTS = 4
"""Every law meets one wire of so many in the fast tests, other ones than its neighbours in the list do.
The slow tests hold each law against every wire."""


def _met_by(law, solver, names):
    """Hold a law of a solver against wires; return how many have to obey it."""
    met = 0
    for name in names:
        if solver in system(name).refused_by:
            continue
        try:
            met += law(system(name), solver) is not False
        except AssertionError as error:
            raise AssertionError(f"{law.__name__} fails for {solver}: {name}") from error
    return met


def _met_inside_by(law, names):
    """Do the same for a law of scattering matrices and Green's functions."""
    met = 0
    for name in names:
        try:
            met += law(system(name)) is not False
        except AssertionError as error:
            raise AssertionError(f"{law.__name__} fails: {name}") from error
    return met


@pytest.mark.parametrize("law", laws_of_solvers.LAWS, ids=by_name)
@pytest.mark.parametrize("solver", SOLVERS)
def test_listed_wires(law, solver):
    names = list(ACCEPTED)[laws_of_solvers.LAWS.index(law) % PARTS :: PARTS]
    assert _met_by(law, solver, names) >= 10, "a law that hardly any wire has to obey"


@pytest.mark.slow
@pytest.mark.parametrize("law", laws_of_solvers.LAWS, ids=by_name)
@pytest.mark.parametrize("solver", SOLVERS)
def test_all_listed_wires(law, solver):
    met = _met_by(law, solver, ACCEPTED)
    assert met >= 10, "a law that hardly any wire has to obey"


@pytest.mark.parametrize("law", laws_of_wires.LAWS, ids=by_name)
def test_scattering_matrices_and_green_functions(law):
    met = _met_inside_by(law, list(ACCEPTED)[laws_of_wires.LAWS.index(law) % PARTS :: PARTS])
    assert met >= (5 if law is laws_of_wires.electrons_and_holes_are_one else 30)


@pytest.mark.slow
@pytest.mark.parametrize("law", laws_of_wires.LAWS, ids=by_name)
def test_all_scattering_matrices_and_green_functions(law):
    met = _met_inside_by(law, ACCEPTED)
    assert met >= (10 if law is laws_of_wires.electrons_and_holes_are_one else 100)


def _obeys_all(drawn):
    for solver in SOLVERS:
        if solver not in drawn.refused_by:
            for law in laws_of_solvers.LAWS:
                law(drawn, solver)
    for law in laws_of_wires.LAWS:
        law(drawn)


@pytest.mark.slow
@given(drawn_systems())
@settings(max_examples=12)
def test_drawn_wires(drawn):
    _obeys_all(drawn)


@pytest.mark.slow
@given(drawn_systems())
@settings(max_examples=400)
def test_many_drawn_wires(drawn):
    _obeys_all(drawn)


@pytest.mark.parametrize("solver", SOLVERS)
def test_a_solver_takes_a_wire_or_says_why_not(solver):
    for name in ACCEPTED:
        one = system(name)
        why = one.refused_by.get(solver)
        if why:
            with pytest.raises(qt.InputError, match=f"{why}.*use method='recursive'"):
                qt.scattering(one.wire, one.energy, LENGTHS, [0], SEED, method=solver)
            assert qt.choose(one.wire) == ("recursive", why)


def test_the_fast_solver_is_chosen_wherever_it_works():
    for name in ACCEPTED:
        chosen = qt.choose(system(name).wire).method
        is_fast = chosen in ("transfer", "front")
        assert is_fast == ("transfer" not in system(name).refused_by), name


@pytest.mark.parametrize("law", laws_of_solvers.LAWS, ids=by_name)
def test_a_front_obeys_the_laws(law):
    one = system("strip, plain, leads apart, box")
    assert qt.choose(one.wire).method == "front"
    law(one, "auto")


@pytest.mark.parametrize("name", REFUSED)
def test_what_does_not_go_together_is_refused(name):
    with pytest.raises(qt.InputError, match=refusal(*REFUSED[name])):
        build(*REFUSED[name])
