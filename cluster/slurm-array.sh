#!/bin/bash
# A sweep as a plain SLURM job array: no Dask scheduler across nodes, nothing to keep running.
# Every job computes its part of one store with the cores of its own node.
#   sbatch --array=1-16 slurm-array.sh localization --preset paper --store /scratch/me/a.zarr
# What a lost job did not finish, the same command computes; finished parts end at once.
#SBATCH --job-name=qtcore
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=8
#SBATCH --mem-per-cpu=2G
#SBATCH --time=04:00:00
#SBATCH --output=qtcore-%A-%a.out
set -eu

export OMP_NUM_THREADS=1
export OPENBLAS_NUM_THREADS=1
export MKL_NUM_THREADS=1
export NUMBA_NUM_THREADS=1
export MALLOC_TRIM_THRESHOLD_=134217728
export MALLOC_MMAP_THRESHOLD_=33554432
export DASK_DISTRIBUTED__WORKER__MEMORY__TARGET=False
export DASK_DISTRIBUTED__WORKER__MEMORY__SPILL=False
export DASK_DISTRIBUTED__WORKER__MEMORY__PAUSE=False
export DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED=False
export NUMBA_CACHE_DIR="${TMPDIR:-/tmp}/qtcore-numba-$(id -u)"
mkdir -p -m 700 "$NUMBA_CACHE_DIR" 2>/dev/null || true
{ [ ! -L "$NUMBA_CACHE_DIR" ] && [ -d "$NUMBA_CACHE_DIR" ] && [ -O "$NUMBA_CACHE_DIR" ] && chmod 700 "$NUMBA_CACHE_DIR"; } || export NUMBA_CACHE_DIR="$(mktemp -d)"

exec qtcore run "$@" --cluster local --workers "${SLURM_CPUS_PER_TASK:-1}" \
  --part "$SLURM_ARRAY_TASK_ID/$SLURM_ARRAY_TASK_COUNT"
