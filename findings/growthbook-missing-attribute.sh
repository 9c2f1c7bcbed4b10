#!/bin/sh
# GrowthBook: one rule, two audiences. A missing or null attribute, a number in quotes and a boolean match
# `$lt`, `$gt` and equality in the JavaScript SDK and do not in the Python SDK.
#
# Why one guesses otherwise: both read the same features file, both share a suite of test cases, and the
# bucketing agrees on every id tried. Conditions, though, are compared with the language's own operators:
# JavaScript turns null into 0 and "10" into 10, Python refuses. "orders < 5" therefore holds everyone whose
# orders are unknown in the browser, and nobody of them on the server: a page and a score from two arms.
#
# Instead: add {"orders": {"$exists": true}} to every comparison, keep the types of attributes exact, or
# evaluate in one place and hand the result on.
set -eu
command -v npm >/dev/null || { echo "needs node and npm"; exit 2; }
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT; cd "$tmp"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check growthbook==4.0.0
echo '{"type": "module"}' >package.json
npm install --silent --no-audit --no-fund @growthbook/growthbook@1.8.0 >/dev/null
cat >cases.json <<'JSON'
[[{}, {"orders": {"$lt": 5}}], [{"orders": null}, {"orders": {"$gt": -1}}], [{"orders": "10"}, {"orders": {"$gt": 9}}],
 [{"vip": 1}, {"vip": true}], [{}, {"orders": {"$lt": 5, "$exists": true}}], [{"orders": 10}, {"orders": {"$gt": 9}}]]
JSON
cat >rule.js <<'JS'
import { GrowthBook } from "@growthbook/growthbook";
import { readFileSync } from "node:fs";
const cases = JSON.parse(readFileSync("cases.json"));
console.log(JSON.stringify(cases.map(([attributes, condition]) => new GrowthBook({
  attributes, features: { f: { defaultValue: false, rules: [{ condition, force: true }] } },
}).isOn("f"))));
JS
node rule.js >javascript.json
venv/bin/python -W ignore - <<'PY'
import json, sys
from importlib.metadata import version
from growthbook import GrowthBook

print("growthbook (Python)", version("growthbook"), "@growthbook/growthbook 1.8.0")
cases = json.load(open("cases.json"))
javascript = json.load(open("javascript.json"))
python = [GrowthBook(attributes=attributes, features={"f": {"defaultValue": False, "rules": [
    {"condition": condition, "force": True}]}}).is_on("f") for attributes, condition in cases]
print("guess: both SDKs give one answer a case")
for (attributes, condition), js, py in zip(cases, javascript, python):
    print(f"seen:  user {json.dumps(attributes):18} rule {json.dumps(condition):40} JavaScript {js!s:5} Python {py}")
as_described = javascript == [True] * 4 + [False, True] and python == [False] * 5 + [True]
print("as described" if as_described else "CHANGED")
sys.exit(not as_described)
PY
