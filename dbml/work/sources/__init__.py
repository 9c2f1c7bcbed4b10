"""Where events of others come from: one file a kind of broker, chosen by the scheme of an URL."""

from __future__ import annotations

from urllib.parse import urlsplit

from dbml import errors
from dbml.work.sinks import EXTRAS
from dbml.work.sinks.event import shown
from dbml.work.sources.message import Source

SCHEMES = ("kafka", "nats", "amqp", "amqps")


def source(url: str, topic: str) -> Source:
    """Return what reads a topic there.

    :raises DeliveryError: no source has that scheme, what it needs is not installed, or the broker cannot be used.
    """
    scheme = urlsplit(url).scheme
    try:
        if scheme == "kafka":
            from dbml.work.sources.kafka import Kafka

            return Kafka(url, topic)
        if scheme == "nats":
            from dbml.work.sources.nats import Nats

            return Nats(url, topic)
        if scheme in ("amqp", "amqps"):
            from dbml.work.sources.rabbitmq import RabbitMq

            return RabbitMq(url, topic)
    except ImportError as error:
        raise errors.DeliveryError(
            f"events of {scheme} need {error.name}", f"pip install 'dbml[{EXTRAS.get(scheme, scheme)}]'"
        ) from error
    raise errors.DeliveryError(
        f"events cannot come from {shown(url)}", f"Give an URL that begins with {', '.join(SCHEMES)} and ://."
    )
