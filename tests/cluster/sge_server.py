"""A Grid Engine of one node in a folder: sge_qmaster and sge_execd of Debian, run as root."""

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from servers import free_port, running, wait_until

PROGRAMS = ("sge_qmaster", "sge_execd", "qconf", "qsub", "qstat", "qdel")

PACKAGES = "gridengine-master gridengine-exec gridengine-client"

HELPERS = Path("/usr/lib/gridengine")

SHARED = Path("/usr/share/gridengine")

BOOTSTRAP = """
admin_user none
default_domain none
ignore_fqdn false
spooling_method berkeleydb
spooling_lib libspoolb
spooling_params {folder}/spool/db
binary_path /usr/sbin
qmaster_spool_dir {folder}/spool/qmaster
security_mode none
listener_threads 2
worker_threads 2
scheduler_threads 1
jvm_threads 0
"""

HOST = """
hostname localhost
load_scaling NONE
complex_values NONE
user_lists NONE
xuser_lists NONE
projects NONE
xprojects NONE
usage_scaling NONE
report_variables NONE
"""

SEVERAL = """
pe_name smp
slots 99
user_lists NONE
xuser_lists NONE
start_proc_args NONE
stop_proc_args NONE
allocation_rule $pe_slots
control_slaves FALSE
job_is_first_task TRUE
urgency_slots min
accounting_summary FALSE
qsort_args NONE
"""


def why_not() -> str:
    """Say why no Grid Engine can be started here, or nothing."""
    absent = [name for name in PROGRAMS if shutil.which(name) is None]
    if absent:
        return f"needs {', '.join(absent)} (Debian: apt-get install {PACKAGES})"
    return "" if os.geteuid() == 0 else "sge_execd starts jobs for other users only as root"


@contextmanager
def sge(folder: Path) -> Iterator[dict[str, str]]:
    """Run a Grid Engine in a folder; yield the variables by which commands find it."""
    common = folder / "default" / "common"
    for path in (common, *(folder / "spool" / name for name in ("db", "execd"))):
        path.mkdir(parents=True)
    (folder / "spool" / "qmaster" / "job_scripts").mkdir(parents=True)
    for name in ("bin", "lib", "util", "utilbin"):
        (folder / name).symlink_to(Path("/var/lib/gridengine", name).resolve())
    (common / "bootstrap").write_text(BOOTSTRAP.format(folder=folder).lstrip())
    (common / "act_qmaster").write_text("localhost\n")
    (common / "host_aliases").write_text(f"localhost {socket.gethostname()}\n")
    found = {
        "SGE_ROOT": str(folder),
        "SGE_CELL": "default",
        "SGE_QMASTER_PORT": str(free_port()),
        "SGE_EXECD_PORT": str(free_port()),
    }
    environment = {**os.environ, **found, "SGE_ND": "1"}
    _spool(folder, environment)
    with ExitStack() as stack:
        for name in ("sge_qmaster", "sge_execd"):
            output = stack.enter_context((folder / f"{name}.out").open("w"))
            server = running([name], output.fileno(), environment)
            if name == "sge_execd":
                _configure(folder, environment)
            stack.enter_context(server)
        wait_until(lambda: "lx-" in _said(environment, "qhost"), "Grid Engine's node")
        yield found


def _spool(folder: Path, environment: dict[str, str]) -> None:
    """Write the configuration that sge_qmaster begins with."""
    settings = {
        "execd_spool_dir": f"{folder}/spool/execd",
        "min_uid": "0",
        "min_gid": "0",
        "gid_range": "20000-20100",
        "load_report_time": "00:00:01",
    }
    lines = (SHARED / "default-configuration").read_text().splitlines()
    kept = [line for line in lines if line.split()[:1] and line.split()[0] not in settings]
    kept += [f"{name} {value}" for name, value in settings.items()]
    (folder / "configuration").write_text("\n".join(kept) + "\n")
    resources = SHARED / "util" / "resources"
    for command in (
        ("spoolinit", "berkeleydb", "libspoolb", f"{folder}/spool/db", "init"),
        ("spooldefaults", "configuration", f"{folder}/configuration"),
        ("spooldefaults", "complexes", f"{resources}/centry"),
        ("spooldefaults", "usersets", f"{resources}/usersets"),
        ("spooldefaults", "managers", "root"),
    ):
        subprocess.run(
            [str(HELPERS / command[0]), *command[1:]],
            env=environment,
            check=True,
            capture_output=True,
        )


def _configure(folder: Path, environment: dict[str, str]) -> None:
    """Tell a running sge_qmaster of its host, a parallel environment and a queue."""
    wait_until(lambda: "global" in _said(environment, "qconf", "-sconf"), "sge_qmaster")
    _said(environment, "qconf", "-as", "localhost")
    for option, text in (("-Ae", HOST), ("-Ap", SEVERAL), ("-Aq", _queue(environment))):
        path = folder / f"new{option}"
        path.write_text(text.lstrip())
        subprocess.run(
            ["qconf", option, str(path)], env=environment, check=True, capture_output=True
        )
    scheduler = _said(environment, "qconf", "-ssconf").replace("0:0:15", "0:0:1", 1)
    (folder / "scheduler").write_text(scheduler)
    _said(environment, "qconf", "-Msconf", str(folder / "scheduler"))


def _queue(environment: dict[str, str]) -> str:
    changed = {
        "qname": "all.q",
        "hostlist": "localhost",
        "slots": "4",
        "pe_list": "smp",
        "load_thresholds": "NONE",
    }
    lines = [line.split(None, 1) for line in _said(environment, "qconf", "-sq").splitlines()]
    return "".join(f"{name} {changed.get(name, value)}\n" for name, value in lines)


def _said(environment: dict[str, str], *command: str) -> str:
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, check=False
    ).stdout
