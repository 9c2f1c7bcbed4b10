"""Tries what ships for monitoring with the real programs: promtool, amtool, Prometheus scraping dbml metrics."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

from dbml.observing import metrics

HERE = Path(__file__).parent
# Rates want more than one scrape.
SCRAPES = 4
FOR_ALL = {"$model": ".*"}


def ask(url: str) -> Any:
    """Read JSON."""
    with urllib.request.urlopen(url, timeout=10) as answer:
        return json.load(answer)


def queries() -> dict[str, str]:
    """Title of a panel, or name of an annotation or variable → its query, for all models."""
    board = json.loads((HERE / "grafana" / "dbml.json").read_text())
    found = {f"{p['title']} {t['refId']}": t["expr"] for p in board["panels"] for t in p["targets"]}
    found |= {a["name"]: a["expr"] for a in board["annotations"]["list"]}
    for variable, value in FOR_ALL.items():
        found = {title: query.replace(variable, value) for title, query in found.items()}
    return found


def asked(port: int, query: str) -> list[Any]:
    """The series that Prometheus has for a query."""
    url = f"http://127.0.0.1:{port}/api/v1/query?{urllib.parse.urlencode({'query': query})}"
    found: list[Any] = ask(url)["data"]["result"]
    return found


def until_scraped(port: int) -> None:
    """Wait until Prometheus has read the metrics some times.

    :raises TimeoutError: it has not within a minute.
    """
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        time.sleep(1)
        try:
            [series] = asked(port, "max(count_over_time(dbml_alerts[5m]))") or [{"value": (0, "0")}]
        except OSError:
            continue  # it has only begun
        if float(series["value"][1]) >= SCRAPES:
            return
    raise TimeoutError("Prometheus has not read the metrics within a minute")


def try_dashboard(dsn: str | None) -> dict[str, int | str]:
    """Run every query; returns of each title how many series it has, or why Prometheus refuses it."""
    server, thread = metrics.serve(dsn, 0, "127.0.0.1")
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder, "prometheus.yml")
        target = f"127.0.0.1:{server.server_port}"
        config.write_text(
            f"scrape_configs: [{{job_name: dbml, scrape_interval: 1s, static_configs: [{{targets: ['{target}']}}]}}]"
        )
        port = server.server_port + 1
        command = ["prometheus", f"--config.file={config}", f"--storage.tsdb.path={folder}/data"]
        with subprocess.Popen(
            [*command, f"--web.listen-address=127.0.0.1:{port}"], stderr=subprocess.DEVNULL
        ) as prometheus:
            try:
                until_scraped(port)
                found: dict[str, int | str] = {}
                for title, query in queries().items():
                    try:
                        found[title] = len(asked(port, query))
                    except OSError as error:
                        found[title] = str(error)
                return found
            finally:
                prometheus.terminate()
                server.shutdown()
                server.server_close()
                thread.join()


def check_files() -> None:
    """Let promtool and amtool judge rules, their tests, configurations and routes.

    :raises subprocess.CalledProcessError: one of them says that something is wrong.
    """
    rules = HERE / "prometheus"
    for command in (
        ["promtool", "check", "rules", rules / "dbml.rules.yml"],
        ["promtool", "test", "rules", rules / "dbml.rules.test.yml"],
        ["promtool", "check", "config", rules / "prometheus.yml"],
        ["promtool", "check", "config", "--syntax-only", HERE / "compose" / "prometheus.yml"],
        ["amtool", "check-config", rules / "alertmanager.yml"],
    ):
        subprocess.run(command, check=True)


def main() -> None:
    """Say what is wrong, and exit with 1."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dsn")
    dsn = parser.parse_args().dsn
    check_files()
    found = try_dashboard(dsn)
    for title, series in found.items():
        print(f"{title}: {series if isinstance(series, str) else f'{series} series'}")
    sys.exit(any(isinstance(series, str) for series in found.values()))


if __name__ == "__main__":
    main()
