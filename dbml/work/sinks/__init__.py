"""Where events go: one file a kind of broker, chosen by the scheme of an URL."""

from __future__ import annotations

from urllib.parse import urlsplit

from dbml import errors
from dbml.work.sinks.event import Sink, shown

SCHEMES = ("https", "http", "kafka", "nats", "amqp", "amqps")
# The extra that a scheme needs, where it is not called like it.
EXTRAS = {"amqp": "rabbitmq", "amqps": "rabbitmq"}


def sink(url: str) -> Sink:
    """Return what delivers to this URL.

    :raises DeliveryError: no sink has that scheme, or what it needs is not installed.
    """
    scheme = urlsplit(url).scheme
    try:
        if scheme in ("http", "https"):
            from dbml.work.sinks.webhook import Webhook

            return Webhook(url)
        if scheme == "kafka":
            from dbml.work.sinks.kafka import Kafka

            return Kafka(url)
        if scheme == "nats":
            from dbml.work.sinks.nats import Nats

            return Nats(url)
        if scheme in ("amqp", "amqps"):
            from dbml.work.sinks.rabbitmq import RabbitMq

            return RabbitMq(url)
    except ImportError as error:
        raise errors.DeliveryError(
            f"events for {scheme} need {error.name}", f"pip install 'dbml[{EXTRAS.get(scheme, scheme)}]'"
        ) from error
    raise errors.DeliveryError(
        f"events cannot go to {shown(url)}", f"Give an URL that begins with {', '.join(SCHEMES)} and ://."
    )
