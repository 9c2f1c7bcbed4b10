#!/opt/dbml/bin/python
"""Says by its exit status whether the dbml command of this container is well; for HEALTHCHECK and for probes.

``serve`` is well if its database can be asked, ``metrics`` if a scrape is answered, ``worker`` if it can read its own
duties. Any other command is well as long as it runs.
"""

from __future__ import annotations

import os
import sys
import urllib.request
from pathlib import Path

SECONDS = 5


def option(words: list[str], name: str, default: str) -> str:
    """The value of an option as the command line has it."""
    for word, following in zip(words, [*words[1:], default], strict=True):
        if word == name:
            return following
        if word.startswith(f"{name}="):
            return word.partition("=")[2]
    return default


def ask(address: str) -> None:
    """Fail where the answer is no success."""
    urllib.request.urlopen(address, timeout=SECONDS).close()


def main() -> None:
    """Look at process 1."""
    words = Path("/proc/1/cmdline").read_text().split("\0")
    try:
        if "serve" in words:
            ask(f"http://127.0.0.1:{option(words, '--port', '8080')}/v2/health/ready")
        elif "metrics" in words:
            ask(f"http://127.0.0.1:{option(words, '--port', '9188')}/metrics")
        elif "worker" in words:
            import psycopg

            dsn = option(words, "--dsn", os.environ.get("DBML_DSN", ""))
            dsn = dsn.replace("postgresql+psycopg://", "postgresql://", 1)
            with psycopg.connect(dsn, connect_timeout=SECONDS) as connection:
                connection.execute("select from dbml.job limit 1")
    except Exception as error:  # whatever it is, it is not well
        sys.exit(f"not well: {error}")


if __name__ == "__main__":
    main()
