"""What the commands say to a newcomer: whole numbers, one or several, and how to go on."""

import json
import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import qtcore as qt
from qtcore.cli.checks import show_checks
from qtcore.errors import counted
from qtcore.results.check_words import checks_as_json

Command = Callable[..., Any]
RUN = ("run", "trial", "--cluster", "threads", "--store", "a.zarr")


@pytest.mark.parametrize("option", ["--realizations", "--workers", "--seed"])
@pytest.mark.parametrize("given", ["1e12", "two", "1.5", ""])
@pytest.mark.usefixtures("definition")
def test_a_number_that_is_not_whole_is_told_as_it_came(
    qtcore: Command, option: str, given: str
) -> None:
    said = qtcore(*RUN, option, given)
    assert said.code == 2
    assert (
        f"{option}': allowed is a whole number in digits, such as 2000; got {given!r}" in said.err
    )


def test_one_and_many() -> None:
    assert counted(1, "points") == "1 point"
    assert counted(0, "finished blocks") == "0 finished blocks"
    assert counted(12000, "realizations") == "12,000 realizations"


@pytest.mark.usefixtures("definition")
def test_a_run_speaks_of_one_in_the_singular(qtcore: Command) -> None:
    one = ("--set", "width=1", "--set", "lengths=4", "--realizations", "1")
    said = [qtcore(*RUN, *one, *more) for more in (["--dry-run"], [])]
    said += [qtcore("status", "a.zarr"), qtcore("verify-store", "a.zarr")]
    text = " ".join(one.out + one.err for one in said)
    assert "1 point × 1 realization, 1 length up to 4 slices" in text
    assert re.findall(r"(?<![\d,./])1 (?!sites|checks)[a-z]+s\b", text) == []


@pytest.mark.usefixtures("definition")
def test_the_heading_shows_what_the_store_will_hold(qtcore: Command) -> None:
    assert "2 points × 40 realizations" in qtcore(*RUN, "--realizations", "40").err
    # The preset has 16, and the same command without the option keeps all that are there.
    assert "2 points × 40 realizations" in qtcore(*RUN).err
    assert "2 points × 48 realizations" in qtcore(*RUN, "--realizations", "48").err


CHANGES = [
    ("--set", "width=1"),
    ("--set", "disorder=2.5", "--set", "energy=0.125,0.375"),
    ("--seed", "7"),
    ("--set", "lengths=3,5,9"),
    ("--preset", "standard", "--seed", "3", "--set", "lengths=2"),
]


@pytest.mark.usefixtures("definition")
@pytest.mark.parametrize("first", CHANGES, ids=" ".join)
@pytest.mark.first_cases(2)
def test_a_refused_extension_names_the_options_that_go_on(
    qtcore: Command, first: tuple[str, ...]
) -> None:
    assert qtcore(*RUN, *first, "--realizations", "4").code == 0
    other = ("--set", "flux=0.0,0.125", "--realizations", "4")
    refused = qtcore(*RUN, *other)
    if first == ("--set", "width=1"):  # what is stored is part of what was asked for
        assert refused.code == 0
        return
    assert refused.code == 2
    assert "made for another sweep" in refused.err
    options = shlex.split(refused.err.rstrip().splitlines()[-1])
    assert options[0] in ("--set", "--seed")
    going_on = qtcore(*RUN, *other, *options)
    assert going_on.code == 0, going_on.err


@pytest.mark.usefixtures("here")
@pytest.mark.further
def test_options_that_go_on_keep_to_lengths_that_a_definition_chose(qtcore: Command) -> None:
    """Together with the stored energy, the new one asked for lengths that the store lacks."""
    run = ("run", "localization", "--cluster", "threads", "--store", "b.zarr", "--set", "width=2")
    run = (*run, "--set", "disorder=2", "--set", "flux=0", "--realizations", "80")
    assert qtcore(*run).code in (0, 1)  # so few samples may fail a check
    refused = qtcore(*run, "--set", "energy=0.25")
    assert refused.code == 2
    options = shlex.split(refused.err.rstrip().splitlines()[-1])
    assert options == ["--set", "energy=0.6"]
    assert qtcore(*run, *options).code in (0, 1)


@pytest.mark.usefixtures("definition")
def test_other_lengths_are_refused_with_the_reason(qtcore: Command) -> None:
    assert qtcore(*RUN, "--realizations", "4").code == 0
    refused = qtcore(*RUN, "--realizations", "4", "--set", "lengths=4,8,16")
    assert refused.code == 2
    assert "Lengths cannot be added to a store, because one pass along a wire" in refused.err
    assert "Lengths cannot" not in qtcore(*RUN, "--seed", "3").err


@pytest.mark.usefixtures("here")
def test_other_functions_offer_no_options(qtcore: Command, definition: Path) -> None:
    assert qtcore(*RUN, "--realizations", "4").code == 0
    text = definition.read_text(encoding="utf-8")
    definition.write_text(text.replace("flux=point.flux", "flux=2 * point.flux"), encoding="utf-8")
    refused = qtcore(*RUN, "--realizations", "4", "--seed", "9")
    assert refused.code == 2
    assert "wire was changed" in refused.err
    assert "Add these options" not in refused.err


@pytest.mark.usefixtures("definition")
def test_options_that_go_on_name_the_realizations_of_the_store(qtcore: Command) -> None:
    """New points got those of the preset (16), and others than the old points."""
    assert qtcore(*RUN, "--realizations", "40").code == 0
    refused = qtcore(*RUN, "--set", "energy=0.25,0.375")
    options = shlex.split(refused.err.rstrip().splitlines()[-1])
    assert options == ["--set", "energy=0.5,0.25,0.375", "--realizations", "40"]
    assert qtcore(*RUN, *options).code == 0
    assert (qt.open("a.zarr").finished == 40).all()
    # Whoever asks for more than the store has is told nothing of it.
    more = qtcore(*RUN, "--set", "energy=0.125", "--realizations", "50")
    assert "--realizations" not in more.err.rstrip().splitlines()[-1]


def test_a_plan_is_rehearsed(qtcore: Command, definition: Path) -> None:
    text = definition.read_text(encoding="utf-8")
    drawn = "qt.Box(np.random.default_rng().random())"
    changed = text.replace("qt.Box(point.disorder)", drawn)
    definition.write_text(changed.replace("import xarray", "import numpy as np\n    import xarray"))
    definition.write_text(definition.read_text().replace("    import xarray", "import xarray"))
    said = qtcore(*RUN, "--dry-run")
    assert said.code == 2, said.out
    assert "wire" in said.err
    assert "when it is called again" in said.err or "differ" in said.err


def test_exact_numbers_have_no_error_and_no_sigma(capsys: pytest.CaptureFixture[str]) -> None:
    show_checks(
        [
            qt.Check("samples that occur twice", 0.0, 0.0, 0.0),
            qt.Check("a count", 3.0, 0.0, 0.0),
            qt.Check("nearly exact", 1e-9, 0.0, 0.0, 1e-6),
            qt.Check("measured", 1.02, 0.01, 1.0),
        ]
    )
    rows = [line.split() for line in capsys.readouterr().out.splitlines()[3:] if line.strip()]
    assert rows[0][-4:] == ["0", "0", "none", "any"]
    assert rows[1][-4:] == ["3", "0", "+3", "any"]
    assert rows[2][-5:] == ["±", "1e-06", "+1e-09,", "0%", "1e-06"]
    assert rows[3][-9:] == ["1.02", "±", "0.01", "1", "+2.0", "σ,", "67%", "3.0", "%"]
    assert json.dumps(checks_as_json([qt.Check("a", 0.0, 0.0, 0.0)]))


@pytest.mark.parametrize("words", [("run", "--help"), ("--help",), ("check", "--help")])
def test_options_without_a_value_look_like_that(qtcore: Command, words: tuple[str, ...]) -> None:
    """`--dry-run <bool>` stood in the help, and was refused when it was typed."""
    said = qtcore(*words)
    assert said.code == 0
    assert "--help" in said.out
    assert "bool" not in said.out
