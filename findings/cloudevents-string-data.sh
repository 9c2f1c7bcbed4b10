#!/bin/sh
# cloudevents 2: a JSON *string* as data loses its quotes in binary mode, so the text "5" arrives as the number
# 5, "007" as text, "true" as a boolean; in structured mode the same event stays as it was.
#
# Why one guesses otherwise: one event in two modes is one event, and with datacontenttype application/json the
# body is to be JSON: a dict, a list and a number are encoded. A str is taken for a body that is encoded
# already, written as it stands, and what comes in is parsed as JSON if it can be. A key such as "12345" as the
# whole data, of a tombstone say, changes its type. A boolean extension goes out as "True", too, where the
# specification's text form of a Boolean is "true".
#
# Instead: wrap the value in an object, or json.dumps() it yourself for binary mode; write booleans in
# extensions as "true" and "false".
set -eu
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT; cd "$tmp"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check cloudevents==2.2.0
venv/bin/python - <<'PY'
import sys
from importlib.metadata import version
from cloudevents.core.bindings import http
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

print("cloudevents", version("cloudevents"))
form, seen = JSONFormat(), {}
for data in ("5", "007", "true", {"key": "5"}):
    event = CloudEvent({"type": "t", "source": "s", "id": "1", "datacontenttype": "application/json", "live": True}, data)
    binary, structured = http.to_binary(event, form), http.to_structured(event, form)
    seen[str(data)] = (http.from_http(binary, form).get_data(), http.from_http(structured, form).get_data())
    print(f"guess: {data!r:14} seen: {seen[str(data)][0]!r:14} from the body {binary.body}; structured: {seen[str(data)][1]!r}")
print("a boolean extension:", {k: v for k, v in binary.headers.items() if k == "ce-live"})
as_described = seen["5"] == (5, "5") and seen["true"] == (True, "true") and seen["007"] == ("007", "007") \
    and binary.headers["ce-live"] == "True"
print("as described" if as_described else "CHANGED")
sys.exit(not as_described)
PY
