#!/bin/sh
# Makes a folder small, quick to start from read-only, and the same at each build.
#   finish.sh [--times-only] FOLDER
set -eu

if [ "$1" = --times-only ]; then
    shift
else
    find "$1" -depth \( -path '*/site-packages/pip' -o -path '*/site-packages/pip-*' -o -path '*/bin/pip*' \) -exec rm -r {} +
    find "$1" -depth -type d -name tests \( -path '*/scipy/*' -o -path '*/sklearn/*' -o -path '*/pandas/*' \) -exec rm -r {} +
    # A read-only file system keeps no bytecode that is compiled later; what is not bound to times is equal each time.
    PYTHONHASHSEED=0 python3 -m compileall -q -j 1 --invalidation-mode unchecked-hash "$1" || true # templates do not compile
fi
find "$1" -xdev -newermt "@$SOURCE_DATE_EPOCH" -not -path '/proc/*' -not -path '/sys/*' \
    -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} + 2>/dev/null || true
