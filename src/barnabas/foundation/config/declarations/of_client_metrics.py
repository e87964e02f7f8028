"""Options of a subscription to clients' metrics (KIP-714)."""

from barnabas.foundation.config.kinds import INT, LIST
from barnabas.foundation.config.option import option


class ClientMetricsOptions:
    """Options of a subscription."""

    interval_ms = option("interval.ms", INT, 300_000, "Time between two reports of a client, 100 ms to one hour.")
    metrics = option("metrics", LIST, (), "Prefixes of the metrics to report; one empty prefix for all.")
    match = option("match", LIST, (), "Which clients report, as selector=pattern, comma separated; empty for all.")
