#!/bin/sh
# feast's online store serves a feature that is a hundred days old although the view's ttl is seven days, with the
# status PRESENT: the model sees at night what it never saw in training.
#
# Why one guesses otherwise: the ttl belongs to the feature view, training data honour it, the answer has a status
# OUTSIDE_MAX_AGE among its codes, and serving the same values as in training is what a feature store is for.
# The SQLite store answers whatever was materialized last, and nothing compares its time with the clock.
#
# Instead: ask for the timestamps (they are in the response's proto, as below) and null what is too old; or write
# an explicit null when a counter runs out.
set -eu
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT; cd "$tmp"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check feast==0.67.0 pandas==2.3.3
mkdir repo; cd repo
cat >feature_store.yaml <<'YAML'
project: churn
provider: local
registry: registry.db
online_store: {type: sqlite, path: online.db}
entity_key_serialization_version: 3
YAML
../venv/bin/python -W ignore - 2>feast.log <<'PY'
import contextlib, datetime, io, os, sys
import feast, pandas as pd
from feast.protos.feast.serving.ServingService_pb2 import FieldStatus
from feast.types import Int64

print("feast", feast.__version__)
now = pd.Timestamp.now(tz="UTC").floor("s")
pd.DataFrame({"customer": [1, 2], "orders": [5, 6],
              "event_timestamp": [now - pd.Timedelta(days=days) for days in (1, 100)]}).to_parquet("orders.parquet")
customer = feast.Entity(name="customer", join_keys=["customer"], value_type=feast.ValueType.INT64)
view = feast.FeatureView(name="activity", entities=[customer], ttl=datetime.timedelta(days=7),
                         schema=[feast.Field(name="orders", dtype=Int64)],
                         source=feast.FileSource(path=os.path.abspath("orders.parquet"), timestamp_field="event_timestamp"))
store = feast.FeatureStore(".")
store.apply([customer, view])
asked = pd.DataFrame({"customer": [1, 2], "event_timestamp": now})
training = store.get_historical_features(entity_df=asked, features=["activity:orders"]).to_df()
in_training = {int(row.customer): int(row.orders) for row in training.itertuples() if not pd.isna(row.orders)}
with contextlib.redirect_stdout(io.StringIO()):
    store.materialize((now - pd.Timedelta(days=365)).to_pydatetime(), now.to_pydatetime())
rows = [{"customer": 1}, {"customer": 2}, {"customer": 9}]
answer = store.get_online_features(features=["activity:orders"], entity_rows=rows)
name = list(answer.proto.metadata.feature_names.val).index("orders")
served = answer.proto.results[name]
status = [FieldStatus.Name(code) for code in served.statuses]
age = [(now - pd.Timestamp(stamp.seconds, unit="s", tz="UTC")).days for stamp in served.event_timestamps][:2]
seen = answer.to_dict()["orders"]
print("customers 1, 2, 9: features of 1 day, 100 days, none; ttl 7 days")
print("guess:", [in_training.get(row["customer"]) for row in rows], "as in training data")
print("seen: ", seen, status, "- ages in the answer:", age, "days")
as_described = in_training == {1: 5} and seen == [5, 6, None] and status[:2] == ["PRESENT"] * 2 and age == [1, 100]
print("as described" if as_described else "CHANGED")
sys.exit(not as_described)
PY
