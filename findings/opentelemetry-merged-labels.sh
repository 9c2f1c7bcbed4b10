#!/bin/sh
# OpenTelemetry's Prometheus exporter: two attributes whose names differ in punctuation become one label with the
# last value, and two different points become two samples of one series.
#
# Why one guesses otherwise: the mapping of names is known to replace "." by "_", and OpenTelemetry's rules for
# Prometheus say what to do when two keys meet (join the values with ";"). The exporter keeps only one. Semantic
# conventions write model.name, older code writes model_name; while both live, a scrape holds the same series
# twice with different values, of which a Prometheus server can keep one, and sums over it are wrong.
#
# Instead: rename the attribute in a View (attribute_keys keeps a list of names) so that only one spelling
# reaches the exporter, or send OTLP.
set -eu
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT; cd "$tmp"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check \
    opentelemetry-sdk==1.45.2 opentelemetry-exporter-prometheus==0.66b2 prometheus_client==0.26.0
venv/bin/python - <<'PY'
import sys
from importlib.metadata import version
from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.sdk.metrics import MeterProvider
from prometheus_client import REGISTRY

print("opentelemetry-exporter-prometheus", version("opentelemetry-exporter-prometheus"))
meter = MeterProvider(metric_readers=[PrometheusMetricReader()]).get_meter("scores")
counter = meter.create_counter("scores")
counter.add(2, {"model_name": "churn"})
counter.add(4, {"model.name": "fraud", "model_name": "churn"})
samples = [sample for metric in REGISTRY.collect() if metric.name == "scores" for sample in metric.samples]
print('guess: {model_name="churn"} 2 and {model_name="fraud;churn"} 4, two series')
for sample in samples:
    print("seen: ", sample.name, {"model_name": sample.labels["model_name"]}, sample.value)
as_described = len(samples) == 2 and samples[0].labels == samples[1].labels \
    and sorted(sample.value for sample in samples) == [2, 4]
print("as described" if as_described else "CHANGED")
sys.exit(not as_described)
PY
