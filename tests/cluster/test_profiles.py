"""What can be said about profiles without a cluster: files, scripts, manifests, their errors."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

import qtcore as qt
from qtcore.cluster import needs
from qtcore.cluster.batch_kinds import Slurm
from qtcore.cluster.connect import connect
from qtcore.cluster.environment import SHELL_LINES
from qtcore.cluster.kinds import KINDS, Kubernetes, Ssh
from qtcore.cluster.profile import load_profile, parse_profile, with_workers

CHECKOUT = Path(__file__).resolve().parents[2]

CLUSTER = CHECKOUT / "cluster"


def test_there_is_a_profile_of_every_kind_that_can_be_named() -> None:
    kinds = {load_profile(path).kind for path in CLUSTER.glob("*.yaml")}
    assert kinds == set(KINDS) - {"scheduler"}


@pytest.mark.parametrize("kind", KINDS)
def test_the_table_of_keys_is_complete(kind: str) -> None:
    lines = {
        line.split("`")[1]: line
        for line in (CLUSTER / "README.md").read_text().splitlines()
        if line.startswith("| `")
    }
    words = lines[kind]
    if words.endswith("the keys of every batch system |"):
        words += lines["slurm"].partition("of every batch system")[2]
    for key in KINDS[kind].model_fields:
        assert key == "kind" or f"`{key}`" in words


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"kind": "ssh"}, "hosts is missing: a list of one or more host names"),
        ({"kind": "ssh", "hosts": []}, r"hosts takes a list of one or more .*got \[\]"),
        ({"kind": "ssh", "hosts": ["a"], "host": "b"}, "unknown key 'host'; allowed are .*hosts, "),
        ({"kind": "ssh", "hosts": ["a"], "port": 0}, "port takes the port of sshd, 1 to 65535"),
        ({"kind": "slurm", "walltime": "4h"}, "walltime takes .*such as 04:00:00 .*got '4h'"),
        ({"kind": "slurm", "memory": 2}, "memory takes the memory of one worker, such as 2GiB"),
        ({"kind": "slurm", "queue": "long"}, "unknown key 'queue'; allowed are .*partition"),
        ({"kind": "slurm", "jobs": 0}, "jobs takes a whole number >= 1 of jobs, got 0"),
        ({"kind": "slurm", "jobs": 10**9}, "jobs takes .*, at most 100,000, got 1000000000"),
        ({"kind": "slurm", "memory": "0GiB"}, "memory takes .* got '0GiB'"),
        ({"kind": "pbs", "walltime": "0-00:00:00"}, "walltime takes the time limit of a job"),
        ({"kind": "lsf", "walltime": None}, "walltime takes the time limit of a job, .* got None"),
        ({"kind": "htcondor", "disk": "0.0GiB"}, "disk takes the disk space"),
        ({"kind": "slurm", "partition": "a\ntouch x"}, r"partition takes .* got 'a\\ntouch x'"),
        ({"kind": "oar", "directives": ["-t a\nrm x"]}, "directives takes a list of further"),
        ({"kind": "htcondor", "prologue": ["a\nb"]}, "prologue takes a list of shell lines"),
        ({"kind": "gateway", "address": "https://a:b/c@host"}, "got 'https://…@host'"),
        ({"kind": "gateway", "address": "https://host?token=a"}, "without a password or a token"),
        ({"kind": "gateway", "proxy_address": "tls://a:b@host"}, "proxy_address takes .*//…@host'"),
        ({"kind": "kubernetes"}, "manifest is missing: the path of a DaskCluster manifest"),
        (
            {"kind": "moon"},
            "allowed are local, threads, scheduler, ssh, slurm, pbs, .*, kubernetes",
        ),
    ],
)
def test_wrong_profiles_say_what_is_allowed(fields: dict[str, Any], words: str) -> None:
    with pytest.raises(qt.InputError, match=words):
        parse_profile(fields, "test")


def test_no_password_of_a_profile_is_repeated() -> None:
    for fields in (
        {"address": "https://me:s3/cr3t@host"},
        {"auth": {"type": "basic", "password": "s3/cr3t"}},
        {"options": {"password": ["s3/cr3t"]}},
        {"proxy_address": "tls://me:s3/cr3t@host"},
        {"password": "s3/cr3t"},
    ):
        with pytest.raises(qt.InputError) as told:
            parse_profile({"kind": "gateway", **fields}, "test")
        assert "cr3t" not in str(told.value)


def test_number_of_workers() -> None:
    slurm = Slurm(kind="slurm", jobs=1, workers_per_job=4)
    assert with_workers(slurm, 9).cores == 12, "whole jobs"
    assert with_workers(Kubernetes(kind="kubernetes", manifest="a"), 3).cores == 3
    ssh = Ssh(kind="ssh", hosts=("a", "b"), workers_per_host=3)
    assert ssh.cores == 6
    with pytest.raises(qt.InputError, match="hosts and workers_per_host of the profile decide"):
        with_workers(ssh, 2)


def test_the_list_of_clusters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(needs.PACKAGES, "ssh", ("no_such_module", "ssh"))
    monkeypatch.setitem(needs.COMMANDS, "slurm", ("no-such-command",))
    (tmp_path / "cluster").mkdir()
    (tmp_path / "cluster" / "wrong.yaml").write_text("kind: slurm\nqueue: long\n")
    found = {cluster.name: cluster for cluster in qt.clusters()}
    assert {*KINDS, "wrong"} - {"scheduler"} == set(found)
    assert found["local"].missing == ()
    assert "pip install 'qtcore[ssh]'" in found["ssh"].missing[0]
    assert any("no-such-command" in lack for lack in found["slurm"].missing)
    assert "unknown key 'queue'; allowed are" in found["wrong"].error
    profile = found["ssh"].profile
    assert profile is not None
    with pytest.raises(
        qt.InputError, match="the ssh cluster needs the package no-such-module: pip"
    ):
        connect(profile).__enter__()


@pytest.mark.slow
def test_the_command_that_lists_clusters(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "from qtcore.cli import main; main()", "clusters"]
    (tmp_path / "cluster").mkdir()
    (tmp_path / "cluster" / "wrong.yaml").write_text("kind: [\n")
    said = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    for words in ("local", "needs: nothing more", "wrong  cannot be read", "tcp://host:8786"):
        assert words in said
    command.append("--json")
    said = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    listed = {line["name"]: line for line in json.loads(said)}
    assert listed["slurm"]["profile"]["jobs"] == 4
    assert listed["wrong"]["profile"] is None


def test_the_job_array_sets_the_environment_of_every_worker() -> None:
    script = CLUSTER / "slurm-array.sh"
    subprocess.run(["bash", "-n", str(script)], check=True)
    lines = script.read_text().splitlines()
    first = lines.index(SHELL_LINES[0])
    assert tuple(lines[first : first + len(SHELL_LINES)]) == SHELL_LINES


def test_the_manifest_starts_what_the_image_holds() -> None:
    manifest = yaml.safe_load((CLUSTER / "kubernetes" / "daskcluster.yaml").read_text())
    assert (manifest["apiVersion"], manifest["kind"]) == ("kubernetes.dask.org/v1", "DaskCluster")
    worker = manifest["spec"]["worker"]["spec"]
    scheduler = manifest["spec"]["scheduler"]["spec"]
    (container,) = worker["containers"]
    assert container["image"] == scheduler["containers"][0]["image"]
    assert container["image"] in (CLUSTER / "Containerfile").read_text()
    pinned = {entry["name"]: entry["value"] for entry in container["env"]}
    assert pinned["OMP_NUM_THREADS"] == pinned["NUMBA_NUM_THREADS"] == "1"
    mounts = {mount["name"] for mount in container["volumeMounts"]}
    assert mounts == {volume["name"] for volume in worker["volumes"]}
    assert container["args"][container["args"].index("--nthreads") + 1] == "1"
    claim = yaml.safe_load((CLUSTER / "kubernetes" / "sweeps-claim.yaml").read_text())
    assert claim["metadata"]["name"] == worker["volumes"][0]["persistentVolumeClaim"]["claimName"]


def test_the_container_file_copies_what_there_is() -> None:
    for line in (CLUSTER / "Containerfile").read_text().splitlines():
        if line.startswith("COPY"):
            *sources, _ = line.split()[1:]
            assert all((CHECKOUT / source).exists() for source in sources), line
