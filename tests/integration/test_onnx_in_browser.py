"""An exported ONNX file in a real browser, by onnxruntime-web."""

from __future__ import annotations

import json
import re
import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import Cli
from tests.integration.test_exports import Exported
from tests.integration.test_exports import add as add
from tests.integration.test_report_in_browser import browse

# `make test-long` puts it there.
RUNTIME = Path(sys.prefix) / "onnxruntime-web" / "node_modules" / "onnxruntime-web" / "dist"
pytestmark = pytest.mark.long
PAGE = """<!DOCTYPE html>
<title>waiting</title>
<script src="runtime/ort.wasm.min.js"></script>
<script>
const say = (what) => { document.title = JSON.stringify(what); };
(async () => {
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.wasmPaths = new URL("runtime/", location).href;
  const rows = await (await fetch("rows.json")).json();
  const session = await ort.InferenceSession.create("model.onnx");
  const given = {};
  for (const { name, type } of session.inputMetadata) {
    const values = rows[name], as = {
      float64: (v) => Float64Array.from(v), float32: (v) => Float32Array.from(v),
      int64: (v) => BigInt64Array.from(v.map(BigInt)), string: (v) => v,
    };
    given[name] = new ort.Tensor(type, as[type](values), [values.length, 1]);
  }
  const found = await session.run(given);
  say(session.outputNames.map((name) => [found[name].dims, Array.from(found[name].data, (v) => typeof v === "bigint" ? Number(v) : v)]));
})().catch((error) => say({ error: String(error) }));
</script>
"""


class Quiet(SimpleHTTPRequestHandler):
    extensions_map = SimpleHTTPRequestHandler.extensions_map | {".mjs": "text/javascript", ".wasm": "application/wasm"}

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A folder, and where a browser finds it."""
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "runtime").symlink_to(RUNTIME)
    (folder / "page.html").write_text(PAGE)
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield folder, f"http://127.0.0.1:{server.server_port}/page.html"
        server.shutdown()


@pytest.mark.parametrize("name", ["churn", "gbm", "gbr"])
def test_a_browser_says_what_the_estimator_says(
    add: Callable[[str], Exported], cli: Cli, site: tuple[Path, str], tmp_path: Path, name: str
) -> None:
    folder, url = site
    exported = add(name)
    cli("model", "export", f"{name}@1", "-o", folder / "model.onnx")
    (folder / "rows.json").write_text(json.dumps(exported.fresh.to_dict("list")))
    dom = browse(tmp_path, "--virtual-time-budget=60000", "--dump-dom", url)
    said = re.search(r"<title>(.*?)</title>", dom, re.DOTALL)
    assert said is not None
    answers = json.loads(said[1].replace("&quot;", '"').replace("&amp;", "&"))
    assert isinstance(answers, list), answers
    found = np.array(answers[-1][1]).reshape(answers[-1][0])
    scores = found[:, 1] if name != "gbr" else found.ravel()
    np.testing.assert_allclose(scores, exported.truth, rtol=1e-5, atol=1e-5)
    if name != "gbr":
        # No ZipMap: labels, and one tensor of probabilities.
        assert len(answers) == 2 and found.shape == (len(exported.fresh), 2)
        assert answers[0][1] == exported.estimator.predict(exported.fresh).astype(int).tolist()
