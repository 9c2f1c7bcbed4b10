#!/bin/sh
# `import pandas` starts a thread where pyarrow is installed, although no pool of threads is wanted: OMP, OPENBLAS
# and Arrow are told one thread, and Arrow's memory pool is told to be the system's.
#
# Why one guesses otherwise: pandas needs no pyarrow and uses none here; Arrow starts its own threads when they are
# first used; and ARROW_DEFAULT_MEMORY_POOL=system reads as "no jemalloc". But pandas imports pyarrow if it is there,
# pyarrow's wheel carries jemalloc, and jemalloc starts `jemalloc_bg_thd` when it is loaded, used or not. It
# matters to a program that embeds Python and has to stay one thread (a backend of PostgreSQL, whose signal handlers
# run in whatever thread the kernel picks), and to one that forks.
#
# Instead: JE_ARROW_MALLOC_CONF=background_thread:false in the environment, also by os.environ before the import.
set -eu
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT; cd "$tmp"
[ -d /proc/self/task ] || { echo "needs Linux's /proc" >&2; exit 2; }
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check numpy==2.4.6 pandas==3.0.0 pyarrow==22.0.0
cat > threads.py <<'PY'
import os, sys
os.environ.update(pair.split("=", 1) for pair in sys.argv[1:])
import pandas, pyarrow
names = sorted(open(f"/proc/self/task/{task}/comm").read().strip() for task in os.listdir("/proc/self/task"))
print(pandas.__version__, pyarrow.__version__, pyarrow.default_memory_pool().backend_name, len(names), *names[:-1])
PY
one="OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 ARROW_IO_THREADS=1 ARROW_DEFAULT_MEMORY_POOL=system"
told=$(venv/bin/python threads.py $one)
mended=$(venv/bin/python threads.py $one JE_ARROW_MALLOC_CONF=background_thread:false)
echo "pandas, pyarrow, pool, threads, the others' names"
echo "guess: one thread"
echo "seen:  $told"
echo "with JE_ARROW_MALLOC_CONF: $mended"
case "$told/$mended" in *" system 2 jemalloc_bg_thd/"*" system 1") echo "as described" ;; *) echo CHANGED; exit 1 ;; esac
