"""How many requests the web service answers: ``python -m benchmarks.inference``.

The same model behind ``dbml serve`` and behind MLServer's scikit-learn runtime, asked by the Open Inference Protocol
over HTTP in turn, each by the same client. MLServer and what it needs are installed into an environment of their own.
Then the time of single requests is measured in an open loop, at a share of what the service can answer.
"""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import click
import numpy as np
import psycopg
import sklearn
from rich.console import Console
from rich.table import Table

import dbml
from benchmarks import models
from benchmarks.models import Trained
from benchmarks.telling import console
from dbml.capacity import openloop
from dbml.demo.server import temporary_server

# Requests a second ÷ MLServer's, as wanted.
BOUNDS = {("lr", 1): 2.0, ("gbm", 1): 4.0, ("lr", 1000): 1.5, ("gbm", 1000): 1.5}
SATURATION, AT_MOST = 0.8, 5.0
ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


def _ports(count: int) -> list[int]:
    with ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]


def rival(folder: Path) -> Path:
    """An environment with MLServer and our own scikit-learn; with later versions of uvloop its workers do not start.

    :raises RuntimeError: it cannot be installed here; says why.
    """
    python = folder / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    install = [
        str(python),
        "-m",
        "pip",
        "install",
        "-q",
        "mlserver==1.7.1",
        "mlserver-sklearn==1.7.1",
        "uvloop<0.22",
        f"scikit-learn=={sklearn.__version__}",
    ]
    done = subprocess.run(install, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"MLServer cannot be installed: {done.stderr.strip()[-600:]}")
    return folder / "bin" / "mlserver"


@contextmanager
def _running(command: list[Any], port: int, ready: str, folder: Path) -> Iterator[int]:
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(
            [str(word) for word in command], cwd=folder, env=ENVIRONMENT, stdout=log, stderr=log, start_new_session=True
        )
    try:
        deadline = time.monotonic() + 120
        while Client(port).get(ready) != 200:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError((folder / "log").read_text()[-2000:])
            time.sleep(0.2)
        yield process.pid
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait()


def _processor(leader: int, backends: Sequence[int]) -> float:
    """Seconds of the processor that a session's processes and these others have used."""
    ticks = 0
    for place in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = place.read_text().rpartition(")")[2].split()
            if int(fields[3]) == leader or int(place.parent.name) in backends:
                ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


class Client:
    """One connection."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def get(self, path: str) -> int:
        """The status of a GET; 0 where nobody answers."""
        try:
            self._connection.request("GET", path)
            answer = self._connection.getresponse()
            answer.read()
            return answer.status
        except OSError:
            self._connection.close()
            return 0

    def post(self, path: str, body: bytes) -> bytes:
        """The answer to a request.

        :raises RuntimeError: it is not 200.
        """
        self._connection.request("POST", path, body, {"Content-Type": "application/json"})
        answer = self._connection.getresponse()
        content = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{answer.status}: {content[:500]!r}")
        return content


def bodies(trained: Trained, rows: int, *, pandas: bool) -> list[bytes]:
    """Requests of so many rows each.

    :param pandas: as MLServer wants it for a pipeline that takes a frame.
    """
    made = []
    for start in range(0, min(len(trained.features), 50 * rows) - rows + 1, rows):
        part = trained.features.iloc[start : start + rows]
        inputs: list[dict[str, Any]] = []
        for name in part:
            text = part[name].dtype.kind == "O"
            one = {"name": name, "shape": [rows], "datatype": "BYTES" if text else "FP64", "data": part[name].tolist()}
            inputs.append(one | ({"parameters": {"content_type": "str"}} if text and pandas else {}))
        more = {"parameters": {"content_type": "pd"}, "outputs": [{"name": "predict_proba"}]} if pandas else {}
        made.append(json.dumps({"inputs": inputs, **more}).encode())
    return made


Asked = Callable[[Client, int], None]


def closed(port: int, asked: Asked, clients: int, seconds: float) -> float:
    """Requests a second, each client asking again as soon as it has its answer."""
    done = [0] * clients
    ends = time.perf_counter() + seconds

    def work(place: int) -> None:
        client = Client(port)
        while time.perf_counter() < ends:
            asked(client, done[place] * clients + place)
            done[place] += 1

    began = time.perf_counter()
    threads = [threading.Thread(target=work, args=(place,)) for place in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(done) / (time.perf_counter() - began)


def asking(path: str, given: list[bytes]) -> Asked:
    """Send the requests, one after the other, again and again."""

    def asked(client: Client, number: int) -> None:
        client.post(path, given[number % len(given)])

    return asked


def agree(ours: bytes, theirs: bytes) -> None:
    """Both say the same scores.

    :raises RuntimeError: they do not.
    """
    mine = np.array(json.loads(ours)["outputs"][0]["data"], dtype=float)
    other = np.array(json.loads(theirs)["outputs"][0]["data"], dtype=float).reshape(len(mine), -1)[:, 1]
    if not np.allclose(mine, other, rtol=0, atol=1e-9):
        raise RuntimeError(f"scores differ by {np.abs(mine - other).max()}")


@click.command()
@click.option("--rounds", type=click.IntRange(2), default=9, show_default=True)
@click.option("--seconds", type=click.FloatRange(0.5), default=2.0, show_default=True, help="Of one turn.")
@click.option("--rival", "place", type=click.Path(path_type=Path), help="Where MLServer's environment is, or is to be.")
def main(rounds: int, seconds: float, place: Path | None) -> None:
    """Compare dbml serve with MLServer."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="dbml-inference-")))
        program = rival(place or folder / "environment")
        os.environ["DBML_KEY"] = str(folder / "key.pem")
        server = stack.enter_context(temporary_server(None, say=console.print))
        trained = models.train(folder, only=("lr", "gbm"))
        with psycopg.connect(server.dsn, autocommit=True) as connection:
            dbml.install(connection, python_path=server.python_packages)
            for name in ("lr", "gbm"):
                dbml.add_model(connection, name, trained.file(name), sample=trained.features.head(500), output="yes")
                dbml.deploy(connection, name, 1)
        ours, rest, grpc, metrics = _ports(4)
        (folder / "theirs").mkdir()
        (folder / "theirs" / "settings.json").write_text(
            json.dumps(
                {"host": "127.0.0.1", "http_port": rest, "grpc_port": grpc, "metrics_port": metrics, "debug": False}
            )
        )
        for name in ("lr", "gbm"):
            where = folder / "theirs" / name
            where.mkdir()
            shutil.copy(trained.file(name), where / "model.joblib")
            settings = {
                "name": name,
                "implementation": "mlserver_sklearn.SKLearnModel",
                "parameters": {"uri": "./model.joblib"},
            }
            (where / "model-settings.json").write_text(json.dumps(settings))
        serve = [Path(sys.executable).with_name("dbml"), "serve", "--dsn", server.dsn, "--port", ours]
        (folder / "ours").mkdir()
        leader = stack.enter_context(_running(serve, ours, "/v2/health/ready", folder / "ours"))
        other = stack.enter_context(_running([program, "start", "."], rest, "/v2/health/ready", folder / "theirs"))

        def spent() -> tuple[float, float]:
            with psycopg.connect(server.dsn) as session:
                found = session.execute(
                    "select pid from pg_stat_activity where application_name = 'dbml serve'"
                ).fetchall()
            return _processor(leader, [pid for (pid,) in found]), _processor(other, [])

        _compare(console, trained, ours, rest, rounds, seconds, spent)
        _latencies(console, trained, ours, seconds)


def _compare(
    console: Console,
    trained: Trained,
    ours: int,
    theirs: int,
    rounds: int,
    seconds: float,
    spent: Callable[[], tuple[float, float]],
) -> None:
    table = Table(
        "model",
        "rows",
        "clients",
        "requests/s",
        "MLServer's",
        "ratio",
        "wanted",
        "processor, ms",
        "MLServer's",
        "ratio",
    )
    for name in ("lr", "gbm"):
        path = f"/v2/models/{name}/infer"
        for rows, clients in ((1, 1), (1, 8), (1000, 1)):
            mine, other = bodies(trained, rows, pandas=False), bodies(trained, rows, pandas=True)
            agree(Client(ours).post(path, mine[0]), Client(theirs).post(path, other[0]))
            sides = ((ours, asking(path, mine)), (theirs, asking(path, other)))
            found: list[list[float]] = []
            before = spent()
            for turn in range(rounds):
                order = sides if turn % 2 else sides[::-1]
                got = {port: closed(port, asked, clients, seconds) for port, asked in order}
                found.append([got[ours], got[theirs]])
            asked_of = [sum(side) * seconds for side in zip(*found, strict=True)]
            costs = [1000 * (b - a) / n for a, b, n in zip(before, spent(), asked_of, strict=True)]
            ratios = [one / another for one, another in found]
            spread = statistics.stdev(ratios) / len(ratios) ** 0.5
            table.add_row(
                name,
                str(rows),
                str(clients),
                *(f"{statistics.median(side):,.0f}" for side in zip(*found, strict=True)),
                f"{statistics.median(ratios):.2f} ± {2 * spread:.2f}",
                f"{BOUNDS[name, rows]:g}",
                *(f"{cost:.2f}" for cost in costs),
                f"{costs[1] / costs[0]:.2f}",
            )
    console.print(table)


def _latencies(console: Console, trained: Trained, port: int, seconds: float) -> None:
    table = Table("model", "saturation, requests/s", "asked, requests/s", "p50, ms", "p99, ms", "p99 ÷ p50", "at most")
    for name in ("lr", "gbm"):
        asked = asking(f"/v2/models/{name}/infer", bodies(trained, 1, pandas=False))
        most = statistics.median(closed(port, asked, 32, 2 * seconds) for _ in range(5))

        def act(client: Client, asked: Asked = asked) -> openloop.Act:
            def ask(number: int) -> None:
                asked(client, number)

            return ask

        moments = openloop.arrivals(SATURATION * most, 10 * seconds, 1.0, np.random.default_rng(0))
        taken = openloop.run(moments, [act(Client(port)) for _ in range(32)])
        middle, late = (1000 * (openloop.percentile(taken.latencies, q) or 0) for q in (50, 99))
        table.add_row(
            name,
            f"{most:,.0f}",
            f"{SATURATION * most:,.0f}",
            f"{middle:.1f}",
            f"{late:.1f}",
            f"{late / middle:.1f}",
            f"{AT_MOST:g}",
        )
    console.print(table)


if __name__ == "__main__":
    main()
