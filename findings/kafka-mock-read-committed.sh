#!/bin/sh
# The mock cluster inside confluent-kafka (test.mock.num.brokers) accepts transactions and hands aborted and
# still open messages to a consumer with isolation.level=read_committed.
#
# Why one guesses otherwise: init_transactions, begin, abort and commit all succeed, read_committed is
# even the consumer's default here, and the mock otherwise keeps groups, commits and offsets like a broker.
# A test "nothing is seen when the transaction rolls back" fails for a right program; its mirror image, "what
# is seen was committed", passes for a wrong one. offsets_for_times() answers "end" for every time as well.
#
# Instead: let such a test assert on the producer's calls, or run it against a real broker; the mock is good
# for delivery, keys, partitions and consumer groups.
set -eu
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT; cd "$tmp"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check confluent-kafka==2.16.1
venv/bin/python - <<'PY'
import sys, time
import confluent_kafka as kafka

print("confluent-kafka", kafka.__version__, "librdkafka", kafka.libversion()[0])
producer = kafka.Producer({"test.mock.num.brokers": 1, "transactional.id": "writer", "log_level": 0})
broker = next(iter(producer.list_topics(timeout=10).brokers.values()))
producer.init_transactions(10)


def send(value):
    producer.begin_transaction()
    producer.produce("events", value, partition=0)
    producer.flush(10)


send(b"rolled back"), producer.abort_transaction(10)
send(b"committed"), producer.commit_transaction(10)
send(b"still open")
consumer = kafka.Consumer({"bootstrap.servers": f"{broker.host}:{broker.port}", "group.id": "readers",
                           "auto.offset.reset": "earliest", "isolation.level": "read_committed", "log_level": 0})
consumer.assign([kafka.TopicPartition("events", 0, 0)])
seen, end = [], time.monotonic() + 10
while time.monotonic() < end and len(seen) < 3:
    message = consumer.poll(0.5)
    if message is not None and not message.error():
        seen.append(message.value().decode())
consumer.close()
producer.abort_transaction(10)
print("guess: ['committed']")
print("seen: ", seen)
as_described = seen == ["rolled back", "committed", "still open"]
print("as described" if as_described else "CHANGED")
sys.exit(not as_described)
PY
