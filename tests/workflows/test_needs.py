"""What definitions need of lengths and realizations is told before anything is computed."""

import pytest

import qtcore as qt
from qtcore import estimate
from qtcore.workflow import load


def wire(point):
    """Return a chain."""
    return qt.Wire(qt.Chain(), qt.Box(point.disorder))


def measure(at):
    """Average over realizations."""
    return {"mean": estimate.mean(at.ln_g)}


def half(point, count):
    """Give strong disorder half of the realizations."""
    return count // 2 if point.disorder > 1 else count


def definition(lengths=(10, 20, 40, 80), realizations=None, **fields):
    """Return a definition whose fit takes all lengths."""
    preset = qt.Preset(disorder=(0.0, 1.0, 2.0), energy=(0.5,), lengths=lengths, realizations=40)
    return qt.Workflow(
        "mine", "Mine", "For tests.", {"quick": preset},
        wire=wire, observables=("ln_g",), realizations=realizations, measure=measure,
        quantities=(qt.Quantity("mean", ("length",)),), **fields,
    )  # fmt: skip


def sweep(of, count):
    """Return its sweep of so many realizations."""
    return of.sweep(of.presets["quick"].changed(realizations=count), 1)


def test_realizations_that_lengths_need():
    many = definition(lengths=tuple(range(10, 30)), fewest=estimate.realizations_needed)
    assert sweep(many, 42).counts.tolist() == [1, 42, 42]  # the clean chain has nothing random
    with pytest.raises(
        qt.InputError,
        match=r"at least 42 realizations for the errors of 20 lengths, got 41 at disorder 1.*ask "
        "for --realizations 42 or more",
    ):
        sweep(many, 41)
    few = definition(fewest=estimate.realizations_needed)
    assert sweep(few, 10).largest_count == 10  # 2 × 4 + 2
    with pytest.raises(qt.InputError, match="at least 8 realizations for its errors, got 1"):
        sweep(few, 1)


def test_what_is_asked_for_counts_that_a_point_gets_a_part():
    of = definition(tuple(range(10, 30)), half, fewest=estimate.realizations_needed)
    with pytest.raises(qt.InputError, match=r"got 30 at disorder 2.*--realizations 84 or more"):
        sweep(of, 60)
    assert sweep(of, 84).counts.tolist() == [1, 84, 42]


def test_needs_without_a_sense_are_refused():
    with pytest.raises(qt.InputError, match="fewest of mine is a whole number >= 1, or a function"):
        definition(fewest=0)
    with pytest.raises(qt.InputError, match="mine has fixed_lengths, but no `lengths`"):
        definition(fixed_lengths=True)


@pytest.mark.parametrize("name", ["conductance_distribution", "resonances", "weak_localization"])
def test_lengths_that_follow_from_axes_are_refused(name):
    workflow = load(name)
    preset = next(iter(workflow.presets.values())).changed({"lengths": (10, 20)})
    with pytest.raises(qt.InputError, match=f"lengths of {name} follow .*leave --set lengths= out"):
        workflow.sweep(preset, 1)


@pytest.mark.parametrize("settings", [{}, {"lengths": (10, 100)}])
def test_localization_says_what_its_fit_needs(settings):
    """Chains from l/6 to 16 ξ have some 25 lengths: two realizations for each, and two more."""
    workflow = load("localization")
    given = {"width": (1,), "disorder": (0.7,), "flux": (0.0,), **settings}
    preset = workflow.presets["quick"].changed(given)
    lengths = len(workflow.sweep(preset, 1).point(0).lengths)
    assert lengths in ((2,) if settings else (23, 24, 25, 26))
    needed = max(8, 2 * lengths + 2)
    assert workflow.sweep(preset.changed(realizations=needed), 1).largest_count == needed
    with pytest.raises(qt.InputError, match=f"at least {needed} realizations"):
        workflow.sweep(preset.changed(realizations=needed - 1), 1)


@pytest.mark.parametrize("name", ["others", "others_size", "kept"])
def test_constants_of_level_statistics_have_a_least(name):
    preset = load("level_statistics").presets["quick"]
    least = {"others": 8, "others_size": 5, "kept": 24}[name]
    preset.changed({name: least})
    with pytest.raises(
        qt.InputError, match=rf"{name} takes whole numbers >= {least}, got {least - 1}"
    ):
        preset.changed({name: least - 1})
