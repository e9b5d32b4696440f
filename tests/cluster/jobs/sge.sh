#!/usr/bin/env bash

#$ -N qtcore
#$ -q long
#$ -P physics
#$ -l h_vmem=2G
#$ -l h_rt=26:30:00
#$ -e sge-logs/
#$ -o sge-logs/
#$ -cwd
#$ -j y
#$ -S /bin/bash
#$ -pe smp 8
#$ -R y
export QTCORE_JOB_ENDS="$(( $(date +%s) + 95400 ))"
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
