"""Presets, checks and where definitions and profiles are found."""

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import qtcore as qt
from qtcore.cli.checks import show_checks
from qtcore.cluster import lookup
from qtcore.cluster.profile import Local, Scheduler, Threads, load_profile, parse_profile
from qtcore.results.check_words import checks_as_json
from qtcore.sweep.preset import parse_settings
from qtcore.workflow import load

PRESET = qt.Preset(
    disorder=(1.0,),
    width=(4, 8),
    flux=(0,),
    bias=qt.Axis((0.1,), units="mV"),
    energy=0.5,
    realizations=10,
)


def test_preset_changes_are_checked_like_the_preset_itself() -> None:
    changed = PRESET.changed({"width": (2,)}, realizations=5)
    assert (changed.width, changed.realizations, changed.disorder) == ((2,), 5, (1.0,))
    assert PRESET.width == (4, 8)
    with pytest.raises(qt.InputError, match="width takes whole numbers >= 1"):
        PRESET.changed({"width": (0,)})
    with pytest.raises(qt.InputError, match="unknown parameter 'colour'; allowed are disorder"):
        PRESET.changed({"colour": (1,)})
    assert PRESET.changed({"energy": 0.7}).energy == 0.7
    with pytest.raises(
        qt.InputError, match="energy is no axis of this workflow: it takes one number"
    ):
        PRESET.changed({"energy": (0.5, 0.7)})
    with pytest.raises(
        AttributeError, match=r"has no colour; it has .*disorder, width, flux, bias"
    ):
        _ = PRESET.colour


def test_settings_are_parsed_by_kind() -> None:
    settings = parse_settings(["width=4, 8,16", "disorder=1e-1", "flux=-0.5,.5", "bias=3"], PRESET)
    assert settings == {
        "width": (4, 8, 16),
        "disorder": (0.1,),
        "flux": (-0.5, 0.5),
        "bias": (3.0,),
    }


@pytest.mark.parametrize(
    ("value", "error", "expected", "tolerance", "passed"),
    [
        (1.0, 0.1, 1.2, 0.0, True),
        (1.0, 0.1, 1.4, 0.0, False),
        (1.0, 0.1, 1.4, 0.15, True),
        (1.0, 0.0, 1.0, 0.0, True),
        (1.0, 0.0, 1.1, 0.0, False),
        (math.nan, 0.1, 1.0, 10.0, False),
        (1.0, math.nan, 1.0, 10.0, False),
    ],
)
def test_check_passes_within_band_plus_errors(
    value: float, error: float, expected: float, tolerance: float, passed: bool
) -> None:
    check = qt.Check("x", value, error, expected, tolerance)
    assert check.passed is passed


def test_deviation_is_in_standard_errors() -> None:
    assert qt.Check("x", 1.2, 0.1, 1.0).deviation == pytest.approx(2)
    assert qt.Check("x", 0.9, 0.0, 1.0).deviation == -math.inf


@pytest.mark.parametrize(
    "check", [qt.Check("x", 1.0, 0.1, -2.0, 0.3), qt.Check("x", 9, 0.0, 0, 1e-8)]
)
def test_a_check_fails_from_what_it_notices_on(check: qt.Check) -> None:
    for side in (-1, 1):
        below, above = (check.expected + side * part * check.notices for part in (0.999, 1.001))
        assert replace(check, value=below).passed
        assert not replace(check, value=above).passed


def test_a_check_is_weak_that_would_pass_a_fifth_off() -> None:
    assert qt.Check("x", 1.0, 0.05, -2.0, 0.3).notices_part == pytest.approx(0.225)
    assert qt.Check("x", 1.0, 0.05, -2.0, 0.3).is_weak
    assert not qt.Check("x", 1.0, 0.05, -2.0, 0.2).is_weak
    assert math.isnan(qt.Check("x", 1.0, 0.05, 0.0).notices_part)
    assert not qt.Check("x", 1.0, 0.05, 0.0).is_weak


@pytest.mark.parametrize(
    ("check", "words"),
    [
        (qt.Check("x", 1.0, 0.1, 2.0), "15 %"),
        (qt.Check("x", 1.0, 0.01, 2.0), "1.5 %"),
        (qt.Check("x", 1.0, 0.3, 2.0), "45 % (weak)"),
        (qt.Check("x", 0.0, 0.0, 0.0, 1e-8, unit="t"), "1e-08 t"),
        (qt.Check("x", 1.0, math.nan, 2.0), "–"),
    ],
)
def test_the_table_says_what_a_check_notices(
    check: qt.Check, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    show_checks([check])
    assert words in capsys.readouterr().out
    (line,) = checks_as_json([check])
    assert line["notices"] == check.notices or math.isnan(check.notices)
    assert line["is_weak"] is check.is_weak


def test_nearer_definition_hides_the_shipped_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "site-packages" / "qtcore"
    for folder in (
        package / "_shipped" / "workflows",
        package.parent / "workflows",
        tmp_path / "work" / "workflows",
    ):
        folder.mkdir(parents=True)
    (package / "_shipped" / "workflows" / "both.py").touch()
    (package / "_shipped" / "workflows" / "only.py").touch()
    (package.parent / "workflows" / "foreign.py").touch()
    (tmp_path / "work" / "workflows" / "both.py").touch()
    (tmp_path / "work" / "workflows" / "_helper.py").touch()
    monkeypatch.setattr(lookup, "PACKAGE", package)
    monkeypatch.chdir(tmp_path / "work")
    found = lookup.known("workflows", ".py")
    assert found["both"] == tmp_path / "work" / "workflows" / "both.py"
    assert found["only"].parent.parent.name == "_shipped"
    assert set(found) == {"both", "only"}, "a stranger's site-packages/workflows is none of ours"
    (package.parent / "pyproject.toml").touch()
    assert "foreign" in lookup.known("workflows", ".py")


def test_profiles_by_name_path_and_address(tmp_path: Path) -> None:
    assert isinstance(load_profile("local"), Local)
    assert isinstance(load_profile("threads"), Threads)
    assert load_profile("tcp://host:8786") == Scheduler(kind="scheduler", address="tcp://host:8786")
    path = tmp_path / "mine.yaml"
    path.write_text("kind: local\nworkers: 3\nmemory_limit: 2GiB\n")
    assert load_profile(path) == Local(kind="local", workers=3, memory_limit="2GiB")


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        (
            {},
            "kind: allowed are local, threads, scheduler, ssh, slurm, pbs, .*, gateway, got None",
        ),
        (
            {"kind": "moon"},
            "kind: allowed are local, threads, scheduler, ssh, slurm, pbs, .*, gateway, got 'moon'",
        ),
        (
            {"kind": "local", "worker": 2},
            "unknown key 'worker'; allowed are .*workers, memory_limit, dashboard",
        ),
        ({"kind": "local", "workers": 0}, "workers takes a whole number >= 1 of processes"),
        ({"kind": "local", "workers": "many"}, "workers takes a whole number .*got 'many'"),
        ({"kind": "threads", "memory_limit": "1GB"}, "unknown key 'memory_limit'"),
        ({"kind": "scheduler"}, "address is missing: an address such as tcp://host:8786"),
        ({"kind": "scheduler", "address": "host"}, "address takes an address such as .*got 'host'"),
        ({"kind": "local", "start_timeout": -1}, "start_timeout takes seconds > 0"),
    ],
)
def test_wrong_profiles_say_what_is_allowed(fields: dict[str, Any], words: str) -> None:
    with pytest.raises(qt.InputError, match=words):
        parse_profile(fields, "test")


def test_profile_that_is_no_mapping_or_no_yaml(tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    path.write_text("- a\n- b\n")
    with pytest.raises(qt.InputError, match="must be a mapping"):
        load_profile(path)
    path.write_text("kind: [local\n")
    with pytest.raises(qt.InputError, match="cannot be read"):
        load_profile(path)


def test_definitions_are_loaded_by_path_from_anywhere(definition: Path) -> None:
    assert load(definition).title == "A trial"
    assert load("trial").name == "trial"
