#!/bin/sh
# feast's local offline store drops the rows whose features are older than the ttl, instead of giving them nulls:
# five labelled rows go into get_historical_features, three come back, in another order.
#
# Why one guesses otherwise: a point-in-time join is a left join. A customer without any features comes back
# with nulls, as one expects, and the warehouse stores join their entity frame from the left; the dask store
# filters the joined rows by age afterwards. Customers who have been silent for longest are those that leave: the
# training set loses just the churners. It also merges equal rows, and sorts, so that labels kept in a list of
# their own no longer belong to their rows.
#
# Instead: keep the label and a row number in the entity frame, merge the answer back onto it from the left, and
# compare the numbers of rows.
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
import datetime, os, sys
import feast, pandas as pd
from feast.types import Int64

print("feast", feast.__version__)
now = pd.Timestamp("2026-06-01", tz="UTC")
pd.DataFrame({"customer": [1, 2, 3], "orders": [5, 6, 7],
              "event_timestamp": [now - pd.Timedelta(days=days) for days in (1, 100, 3)]}).to_parquet("orders.parquet")
customer = feast.Entity(name="customer", join_keys=["customer"], value_type=feast.ValueType.INT64)
view = feast.FeatureView(name="activity", entities=[customer], ttl=datetime.timedelta(days=7),
                         schema=[feast.Field(name="orders", dtype=Int64)],
                         source=feast.FileSource(path=os.path.abspath("orders.parquet"), timestamp_field="event_timestamp"))
store = feast.FeatureStore(".")
store.apply([customer, view])
labels = pd.DataFrame({"customer": [3, 2, 1, 1, 9], "event_timestamp": now, "churned": [0, 1, 0, 0, 1]})
answer = store.get_historical_features(entity_df=labels, features=["activity:orders"]).to_df()
seen = [(int(row.customer), None if pd.isna(row.orders) else int(row.orders)) for row in answer.itertuples()]
print("guess: customers [3, 2, 1, 1, 9] with orders [7, None (too old), 5, 5, None (none there)]")
print("seen: ", seen, f"- {labels.churned.mean():.0%} of the labels are churners before, {answer.churned.mean():.0%} after")
as_described = sorted(seen) == [(1, 5), (3, 7), (9, None)]
print("as described" if as_described else "CHANGED")
sys.exit(not as_described)
PY
