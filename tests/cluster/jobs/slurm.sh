#!/usr/bin/env bash

#SBATCH -J qtcore
#SBATCH -e slurm-logs/qtcore-%J.err
#SBATCH -o slurm-logs/qtcore-%J.out
#SBATCH -p long
#SBATCH -A physics
#SBATCH -n 1
#SBATCH --cpus-per-task=8
#SBATCH --mem=16G
#SBATCH -t 1-02:30:00
#SBATCH --qos=long
export QTCORE_JOB_ENDS="${SLURM_JOB_END_TIME:-$(( $(date +%s) + 95400 ))}"
module load gcc
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
/opt/qtcore/bin/python -m distributed.cli.dask_worker tcp://HEAD:PORT --name dummy-name --nthreads 1 --memory-limit 2.00GiB --nworkers 8 --nanny --death-timeout 60 --local-directory /scratch --lifetime 94860s --lifetime-stagger 240s --interface lo
