#!/bin/sh
# nats-py: nats.connect(allow_reconnect=False) to a server that is not there asks again and again before it fails: by
# default sixty times two seconds apart, so that one call takes two minutes.
#
# Why one guesses otherwise: the option says that it does not reconnect, the port refuses at once, and
# connect_timeout bounds each attempt only. A job that sends a batch and would come again in a second stands still.
#
# Instead: say max_reconnect_attempts=1 and reconnect_time_wait=0 as well; they count for the first connection too.
set -eu
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT; cd "$tmp"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check nats-py==2.16.0
venv/bin/python - <<'PY'
import asyncio, socket, sys, time
from importlib.metadata import version
import nats

print("nats-py", version("nats-py"))
with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    address = f"nats://127.0.0.1:{free.getsockname()[1]}"  # nobody listens there


async def told(_error):
    pass


def seconds(**options):
    began = time.monotonic()
    try:
        asyncio.run(nats.connect(address, connect_timeout=1, allow_reconnect=False, error_cb=told, **options))
    except Exception as error:
        print(f"  {type(error).__name__} after {time.monotonic() - began:.1f} s with {options}")
    return time.monotonic() - began


print("a good guess: the connection is refused, and the call fails at once")
few = seconds(max_reconnect_attempts=3, reconnect_time_wait=1)
one = seconds(max_reconnect_attempts=1, reconnect_time_wait=0)
print(f"seen: {few:.1f} s with three attempts a second apart, {one:.1f} s with one; the defaults are 60 and 2 s")
sys.exit(0 if few > 1.5 and one < 1 else 1)
PY
