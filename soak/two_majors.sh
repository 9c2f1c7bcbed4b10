#!/bin/sh
# Debian 12 has one major of PostgreSQL. This puts a Debian 13 into a folder, with its own PostgreSQL 17 and Debian 12's 15,
# as a machine has them that was upgraded from the one to the other, so that `make soak` can try pg_upgrade. As root.
set -eu
folder=${1:-/var/cache/dbml/two-majors}
mirror=${2:-http://deb.debian.org/debian}
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
command -v debootstrap >/dev/null || apt-get install -y -q debootstrap || { apt-get update -q; apt-get install -y -q debootstrap; }
mkdir -p "$(dirname "$folder")"
rm -rf "$folder.part"
debootstrap --variant=minbase --include=ca-certificates trixie "$folder.part" "$mirror"
# Whatever this machine needs to reach the mirror.
cp -r /etc/apt/apt.conf.d/. "$folder.part/etc/apt/apt.conf.d/"
cp /etc/resolv.conf /etc/hosts "$folder.part/etc/"
echo "deb $mirror bookworm main" > "$folder.part/etc/apt/sources.list.d/bookworm.list"
mkdir -p "$folder.part/etc/postgresql-common/createcluster.d"
echo "create_main_cluster = false" > "$folder.part/etc/postgresql-common/createcluster.d/none.conf"
chroot "$folder.part" apt-get update -q
chroot "$folder.part" apt-get install -y -q --no-install-recommends postgresql-plpython3-15 postgresql-plpython3-17
# Complete or absent.
rm -rf "$folder"
mv "$folder.part" "$folder"
echo "PostgreSQL 15 and 17 are in $folder."
