#!/bin/sh
# Installs PL/Python, and puts what came with it where CloudNativePG looks for it.
#   gather.sh FOLDER MAJOR
set -eu
folder=$1 major=$2
libraries=/usr/lib/$(uname -m)-linux-gnu

mkdir -p "$folder/lib" "$folder/share/extension" "$folder/system" "$folder/python/lib"
ls "$libraries" > /tmp/before
apt-get update
apt-get install -y --no-install-recommends "postgresql-plpython3-$major"
for name in $(ls "$libraries" | grep '\.so' | grep -vxF -f /tmp/before); do
    cp -a "$libraries/$name" "$folder/system/"
done
cp "/usr/lib/postgresql/$major/lib/plpython3.so" "$folder/lib/"
cp "/usr/share/postgresql/$major/extension"/plpython3u* "$folder/share/extension/"
# The standard library; PYTHONHOME names the folder above it.
cp -a /usr/lib/python3.* "$folder/python/lib/"
# Only now what it takes to build, none of which belongs there.
apt-get install -y --no-install-recommends python3-venv
