#!/bin/sh
# Makes a folder of Python packages small, quick to start from read-only, and the same at each build.
#   finish.sh FOLDER
set -eu

find "$1" -depth \( -path '*/site-packages/pip' -o -path '*/site-packages/pip-*' -o -path '*/bin/pip*' \) -exec rm -r {} +
find "$1" -depth -type d -name tests \( -path '*/scipy/*' -o -path '*/sklearn/*' -o -path '*/pandas/*' \) -exec rm -r {} +
# A read-only file system keeps no bytecode that is compiled later; what is not bound to times is equal each time.
# Files that are templates do not compile, which costs nobody anything.
PYTHONHASHSEED=0 python3 -m compileall -q -j 1 --invalidation-mode unchecked-hash "$1" || true
find "$1" -newermt "@$SOURCE_DATE_EPOCH" -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +
