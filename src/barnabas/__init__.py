"""Barnabas: a message system in Python that speaks Apache Kafka's contracts."""

__version__ = "0.1.0"
