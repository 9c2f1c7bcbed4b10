#!/bin/sh
# Run a command on a machine whose only PostgreSQL is another Debian's: unshare --mount sh machine.sh DEBIAN MAJOR COMMAND…
# /usr/lib/postgresql/MAJOR/bin holds a stand-in for each program there, which runs it in that Debian. Started in a mount namespace
# of its own, this changes the machine for that command alone and leaves nothing behind, however it ends.
set -eu
here=$(dirname "$0") debian=$1 major=$2
shift 2
programs=/usr/lib/postgresql
mkdir -p $programs
mount -t tmpfs -o mode=755 programs $programs
install -m 755 "$here/enter.sh" $programs/enter
# Programs are called by the path that they have in the other Debian as well.
printf '#!/bin/sh\nexec %s/enter "%s" "$0" "$@"\n' $programs "$debian" > $programs/stand-in
printf '#!/bin/sh\nexec %s/enter "%s" "/usr/bin/${0##*/}" "$@"\n' $programs "$debian" > $programs/python
chmod 755 $programs/stand-in $programs/python
bin=$programs/$major/bin lib=$programs/$major/lib isolation=$programs/$major/lib/pgxs/src/test/isolation
mkdir -p $bin $isolation
for program in "$debian$bin"/* "$debian$isolation/isolationtester"; do
    ln -s $programs/stand-in "${program#"$debian"}"
done
# For the bytecode of what PL/Python imports.
for program in "$debian"/usr/bin/python3.*; do
    ln -s $programs/python "$bin/${program##*/}"
done
ln -s "$debian$lib/plpython3.so" $lib/plpython3.so
PATH=$bin:$PATH exec "$@"
