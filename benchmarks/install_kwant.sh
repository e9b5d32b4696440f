#!/bin/sh
# Install Kwant 1.5 built against sequential MUMPS into a virtual environment of its own.
#
#   sh benchmarks/install_kwant.sh FOLDER [PYTHON]
#
# FOLDER  where the environment is made, e.g. ./kwant-env
# PYTHON  the interpreter to make it from, 3.10 to 3.12 (NumPy 1.26 has no later); default: python3
#
# It is a separate environment because Kwant 1.5 needs NumPy 1.26 and qtcore uses NumPy 2.
# Debian or Ubuntu; the headers come from apt (needs root, or sudo), everything else from PyPI.
set -eu

if [ $# -lt 1 ]; then
    echo "usage: sh install_kwant.sh FOLDER [PYTHON]" >&2
    exit 2
fi
folder=$1
python=${2:-python3}

if ! "$python" -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 12))'; then
    echo "install_kwant.sh: Kwant with NumPy 1.26 needs Python 3.10 to 3.12, got" \
        "$("$python" --version 2>&1); name another interpreter as the second argument" >&2
    exit 2
fi

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}
headers="libmumps-seq-dev libmetis-dev libopenblas-dev liblapack-dev libscotch-dev gfortran g++ pkg-config"
# shellcheck disable=SC2086
if ! dpkg -s $headers >/dev/null 2>&1; then
    as_root apt-get update -qq
    # shellcheck disable=SC2086
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $headers
fi

"$python" -m venv "$folder"
pip="$folder/bin/python -m pip --quiet --disable-pip-version-check"
# Kwant's setup.py needs pkg_resources (gone from later setuptools) and Cython 3.0.
$pip install "numpy==1.26.4" "scipy==1.13.1" "setuptools<70" wheel "cython>=3.0,<3.1"
$pip install --no-build-isolation "tinyarray==1.2.5"

unpacked=$(mktemp -d)
trap 'rm -rf "$unpacked"' EXIT
$pip download --no-deps --no-build-isolation --no-binary :all: --dest "$unpacked" "kwant==1.5.0"
tar -xzf "$unpacked"/kwant-1.5.0.tar.gz -C "$unpacked"
# Without this file Kwant builds without MUMPS and falls back to SciPy's much slower SuperLU.
cat >"$unpacked/kwant-1.5.0/build.conf" <<'CONF'
[mumps]
libraries = zmumps_seq mumps_common_seq pord_seq mpiseq_seq
include_dirs = /usr/include /usr/include/mumps_seq
CONF
# --no-cache-dir: pip would otherwise offer the wheel it builds here, tied to this machine's MUMPS.
$pip install --no-cache-dir --no-build-isolation --no-deps "$unpacked/kwant-1.5.0"

cd /
"$(cd "$OLDPWD" && cd "$folder" && pwd)/bin/python" -c '
import kwant, kwant.solvers.mumps
print("Kwant", kwant.__version__, "with MUMPS is ready")'
