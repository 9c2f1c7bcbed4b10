#!/bin/sh
# Run a program with another Debian's /usr in the place of this machine's: enter.sh DEBIAN PROGRAM [ARGUMENT]...
# Everything else stays as it is: the user, /etc/passwd, /tmp, the current folder. No other process sees the change, and it is
# gone with the program. A user who is not root gets a namespace in which he may mount, and gives that right up again.
set -eu
if [ "$(id -u)" = 0 ]; then user=; else user="--user --map-current-user --keep-caps"; fi
# shellcheck disable=SC2086,SC2016 # words; for the inner shell
exec unshare $user --mount sh -c '
    mount --bind "$1/usr" /usr
    shift
    [ "$(id -u)" = 0 ] || exec setpriv --ambient-caps=-all --inh-caps=-all "$@"
    exec "$@"
' enter "$@"
