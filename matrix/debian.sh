#!/bin/sh
# Put a Debian into a folder, with its own PostgreSQL, PL/Python and Python: sh debian.sh SUITE MAJOR FOLDER [MIRROR], as root.
# Beside it stands Debian 12's PostgreSQL 15, as on a machine that was upgraded from the one to the other: for pg_upgrade.
# Nothing of it is ever started by itself; the folder is complete or absent.
set -eu
suite=$1 major=$2 folder=$3 mirror=${4:-http://deb.debian.org/debian}
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
part=$folder.part

# In the folder, with a /proc that some packages ask for and that nobody has to unmount.
inside() {
    unshare --mount sh -c 'mount -t proc proc "$0/proc" && exec chroot "$0" "$@"' "$part" "$@"
}

command -v debootstrap >/dev/null || apt-get install -y -q debootstrap || { apt-get update -q; apt-get install -y -q debootstrap; }
mkdir -p "$(dirname "$folder")"
rm -rf "$part"
# debootstrap makes all suites alike, but looks for a script by the suite's name, and an older one does not know the newer names.
debootstrap --variant=minbase --include=ca-certificates "$suite" "$part" "$mirror" /usr/share/debootstrap/scripts/sid
# Whatever this machine needs to reach the mirror.
cp -r /etc/apt/apt.conf.d/. "$part/etc/apt/apt.conf.d/"
cp /etc/resolv.conf /etc/hosts "$part/etc/"
mkdir -p "$part/etc/postgresql-common/createcluster.d"
echo "create_main_cluster = false" > "$part/etc/postgresql-common/createcluster.d/none.conf"
printf '#!/bin/sh\nexit 101\n' > "$part/usr/sbin/policy-rc.d"
chmod +x "$part/usr/sbin/policy-rc.d"
packages="python3 postgresql-plpython3-$major"
printf 'deb %s %s main\ndeb %s-security %s-security main\n' "$mirror" "$suite" "$mirror" "$suite" > "$part/etc/apt/sources.list"
if [ "$suite" != bookworm ]; then
    # Without its security updates: a server of the newest minor can only be upgraded to a major's newest minor.
    echo "deb $mirror bookworm main" >> "$part/etc/apt/sources.list"
    # And what the suite calls where it runs under this Debian's Python.
    packages="$packages postgresql-plpython3-15 libgomp1 nodejs default-jre-headless git"
fi
inside apt-get update -q
# shellcheck disable=SC2086 # words
inside apt-get install -y -q --no-install-recommends $packages
inside apt-get clean
if [ "$suite" != bookworm ]; then
    # Only its /usr is taken (enter.sh): what Java reads in /etc must be there.
    # shellcheck disable=SC2016 # for the inner shell
    inside find /usr/lib/jvm -lname '/etc/*' -exec sh -c 'for link; do cp --remove-destination "$(readlink -f "$link")" "$link"; done' copy {} +
    ln -s /usr/lib/jvm/default-java/bin/java "$part/usr/local/bin/java"
fi
rm -rf "$part"/var/lib/apt/lists/*
mv "$part" "$folder"
