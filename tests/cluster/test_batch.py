"""Batch systems without one: what is submitted, how jobs are listed, what is refused."""

import subprocess
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import qtcore as qt
from qtcore.cli.app import app
from qtcore.cluster import needs
from qtcore.cluster.environment import ClusterError
from qtcore.cluster.kinds import KINDS
from qtcore.cluster.needs import BATCH
from qtcore.cluster.profile import load_profile, parse_profile

batch = pytest.importorskip("qtcore.cluster.batch", reason="needs the extra jobqueue")

from qtcore.cluster.batch_systems import SYSTEMS  # noqa: E402 - it imports dask-jobqueue

JOBS = Path(__file__).parent / "jobs"

COMMON: dict[str, Any] = {
    "account": "physics",
    "interface": "lo",
    "python": "/opt/qtcore/bin/python",
    "prologue": ["module load gcc"],
    "local_directory": "/scratch",
    "walltime": "1-02:30:00",
    "workers_per_job": 8,
}

OWN: dict[str, dict[str, Any]] = {
    "slurm": {"partition": "long", "directives": ["--qos=long"]},
    "pbs": {"queue": "long", "directives": ["-m n"]},
    "lsf": {"queue": "long", "directives": ["-r"], "memory_unit": "MB"},
    "sge": {
        "queue": "long",
        "directives": ["-R y"],
        "resources": "h_vmem=2G",
        "parallel_environment": "smp",
    },
    "htcondor": {"directives": ["Rank = kflops"], "disk": "3GiB"},
    "oar": {"queue": "long", "directives": ["-t besteffort"], "memory_property": "memcore"},
}


def script_of(kind: str) -> str:
    profile = parse_profile({"kind": kind, **COMMON, **OWN[kind]}, "test")
    with batch.make(profile) as cluster:
        script: str = cluster.job_script()
        return script.replace(cluster.scheduler_address, "tcp://HEAD:PORT")


@pytest.mark.parametrize("kind", BATCH)
def test_the_submitted_script_line_by_line(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    script = script_of(kind)
    assert script.splitlines() == (JOBS / f"{kind}.sh").read_text().splitlines()


@pytest.mark.parametrize("kind", BATCH)
def test_a_shell_understands_the_stored_script(kind: str, tmp_path: Path) -> None:
    text = (JOBS / f"{kind}.sh").read_text()
    if kind == "htcondor":  # the quoting of a submit description undone, by its manual
        (line,) = (line for line in text.splitlines() if line.startswith("Arguments"))
        assert "$(" not in line.replace("$(DOLLAR)", ""), "would be expanded by HTCondor"
        text = line.partition("'")[2].rpartition("'")[0].replace('""', '"').replace("''", "'")
        text = text.replace("$(DOLLAR)", "$").replace("; ", "\n")
    lines = [
        line for line in text.splitlines() if "dask_worker" not in line and "module" not in line
    ]
    shown = 'echo "$OMP_NUM_THREADS $QTCORE_JOB_ENDS $NUMBA_CACHE_DIR $(date +%s)"'
    said = subprocess.run(
        ["sh", "-eu"],
        input="\n".join([*lines, shown]),
        env={"TMPDIR": str(tmp_path), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    threads, ends, cache, now = said.stdout.split()
    assert threads == "1"
    assert abs(int(ends) - int(now) - 26.5 * 3600) <= 2
    assert Path(cache).parent == tmp_path


def test_a_path_is_one_word_of_the_script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    python = tmp_path / "my env; `touch x`" / "python"
    python.parent.mkdir()
    python.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    python.chmod(0o700)
    paths = {"python": str(python), "local_directory": "$SCRATCH/my $(touch y)"}
    with batch.make(parse_profile({"kind": "slurm", **paths}, "test")) as cluster:
        script = cluster.job_script()
    environment = {"TMPDIR": str(tmp_path), "PATH": "/usr/bin:/bin", "SCRATCH": "/scratch"}
    said = subprocess.run(
        ["sh", "-eu"], input=script, env=environment, capture_output=True, text=True, check=True
    )
    assert "/scratch/my $(touch y)" in said.stdout.splitlines()
    assert not {"x", "y"} & {path.name for path in tmp_path.iterdir()}


def test_shipped_profiles_ask_for_what_they_say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for kind in BATCH:
        profile = load_profile(kind)
        assert profile.kind == kind
        assert profile.cores == 32


def test_lifetimes() -> None:
    assert batch.lifetimes(4 * 3600) == (4 * 3600 - 300 - 240, 240)
    assert batch.lifetimes(48 * 3600) == (48 * 3600 - 300 - 240, 240)
    assert batch.lifetimes(60) == (51, 3)
    assert KINDS["pbs"](kind="pbs", walltime="2-00:00:30").limit == 48 * 3600 + 30  # type: ignore[call-arg, union-attr]


LISTS = {
    "slurm": ("12\n345\n", {"12", "345"}),
    "pbs": (
        "\nhead:\n"
        "                                                            Req'd  Req'd   Elap\n"
        "Job ID          Username Queue    Jobname    SessID NDS TSK Memory Time  S Time\n"
        "--------------- -------- -------- ---------- ------ --- --- ------ ----- - -----\n"
        "12.head         me       workq    qtcore        --    1   8   16gb 04:00 Q   -- \n"
        "13.head         me       workq    qtcore      4711    1   8   16gb 04:00 R 00:01\n"
        "14.head         me       workq    qtcore      4712    1   8   16gb 04:00 C 00:01\n",
        {"12", "13"},
    ),
    "lsf": (
        "JOBID   USER    STAT  QUEUE      FROM_HOST   EXEC_HOST   JOB_NAME   SUBMIT_TIME\n"
        "12      me      RUN   normal     login1      node1       qtcore     Nov 29 18:00\n"
        "13      me      PEND  normal     login1                  qtcore     Nov 29 18:00\n",
        {"12", "13"},
    ),
    "sge": (
        "job-ID  prior   name       user         state submit/start at     queue  slots ja-task-ID\n"
        "-----------------------------------------------------------------------------------------\n"
        "     12 0.50000 qtcore     me           r     11/29/2026 18:00:00 all.q@node1      1\n"
        "     13 0.50000 qtcore     me           qw    11/29/2026 18:00:00                  1\n"
        "     14 0.50000 qtcore     me           Eqw   11/29/2026 18:00:00                  1\n",
        {"12", "13"},
    ),
    "htcondor": ("12 0\n13 0\n", {"12.0", "13.0"}),
    "oar": (
        "Job id     Name           User           Submission Date     S Queue\n"
        "---------- -------------- -------------- ------------------- - ----------\n"
        "12         qtcore         me             2026-11-29 18:00:00 R default   \n"
        "13         qtcore         me             2026-11-29 18:00:00 W default   \n",
        {"12", "13"},
    ),
}


@pytest.mark.parametrize("kind", BATCH)
def test_jobs_that_wait_or_run_are_found_in_a_list(kind: str) -> None:
    text, numbers = LISTS[kind]
    assert SYSTEMS[kind].listed(text) == numbers
    assert SYSTEMS[kind].listed("") == set()


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"kind": "pbs", "partition": "long"}, "unknown key 'partition'; allowed are .*queue"),
        ({"kind": "lsf", "memory_unit": "PB"}, "memory_unit takes KB, MB, GB or TB: .*got 'PB'"),
        ({"kind": "sge", "walltime": "4h"}, "walltime takes .*such as 04:00:00 .*got '4h'"),
        ({"kind": "oar", "jobs": 0}, "jobs takes a whole number >= 1 of jobs, got 0"),
        ({"kind": "htcondor", "queue": "long"}, "unknown key 'queue'; allowed are .*disk"),
        (
            {"kind": "htcondor", "disk": 3},
            "disk takes the disk space of a job, such as 1GiB, got 3",
        ),
        ({"kind": "sge", "workers_per_job": 2}, r"parallel_environment is missing: .*qconf -spl"),
        ({"kind": "htcondor", "directives": ["Rank"]}, "lines of a submit .* got 'Rank'"),
        ({"kind": "oar", "adaptive": True, "workers_per_job": 2}, "adaptive: true needs"),
    ],
)
def test_what_does_not_fit_is_refused(
    fields: dict[str, Any], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(qt.InputError, match=words):
        batch.start(parse_profile(fields, "test")).__enter__()


@pytest.mark.parametrize("jobs", [1, 3])
def test_what_a_batch_system_refuses_is_told_in_its_words(
    jobs: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    qsub = tmp_path / "qsub"
    qsub.write_text("#!/bin/sh\necho 'qsub: Unknown queue MSG=moon' >&2\nexit 170\n")
    qsub.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    profile = parse_profile({"kind": "pbs", "interface": "lo", "jobs": jobs}, "test")
    words = "PBS refuses the jobs: qsub: Unknown queue MSG=moon; the profile's queue"
    with pytest.raises(ClusterError, match=words):
        batch.start(profile).__enter__()


def test_the_script_can_be_read_without_a_batch_system(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.yaml").write_text("kind: pbs\ninterface: lo\nqueue: long\nworkers_per_job: 8\n")
    read = qt.job_script("mine.yaml")
    assert "#PBS -q long\n#PBS -l select=1:ncpus=8:mem=16GB\n" in read
    assert "dask_worker tcp://SCHEDULER:PORT" in read
    printed = CliRunner().invoke(app, ["clusters", "--script", "mine.yaml"])
    assert (printed.exit_code, printed.stdout) == (0, f"{read}\n")
    with pytest.raises(qt.InputError, match="local is a profile of the kind local, which submits"):
        qt.job_script("local")


@pytest.mark.parametrize(
    ("there", "lacks"),
    [
        ({"qsub", "qstat", "qdel", "qconf"}, {"pbs": "those of Grid Engine"}),
        ({"qsub", "qstat", "qdel", "pbsnodes"}, {"sge": "those of PBS"}),
        ({"qsub", "qstat", "qdel"}, {}),
        ({"qsub", "qstat", "qdel", "pbsnodes", "qconf"}, {}),
    ],
)
def test_commands_of_one_name_are_told_apart(
    there: set[str], lacks: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(needs.shutil, "which", lambda name: name if name in there else None)
    for kind in ("pbs", "sge"):
        told = needs.missing(parse_profile({"kind": kind}, "test"))
        assert [lacks[kind] in one for one in told] == [True] * (kind in lacks)
