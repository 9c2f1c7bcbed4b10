"""Whoever publishes complaints: CloudEvents of random customers to the topic `complaints`.

    python complain.py BROKER COUNT [SEED]

The same seed publishes the same events once more, as a producer does that does not know whether they arrived.
"""

import json
import random
import sys

from confluent_kafka import Producer

broker, count = sys.argv[1:3]
seed = sys.argv[3] if len(sys.argv) > 3 else "0"
chosen = random.Random(seed)
producer = Producer({"bootstrap.servers": broker})
for number in range(int(count)):
    customer = min(chosen.randint(1, 100), chosen.randint(1, 100))
    event = {
        "specversion": "1.0",
        "id": f"{seed}-{number}",
        "source": "call-centre",
        "type": "complaint",
        "data": {"customer_id": customer, "said": "the line is dead"},
    }
    producer.produce("complaints", json.dumps(event), key=str(customer))
producer.flush()
