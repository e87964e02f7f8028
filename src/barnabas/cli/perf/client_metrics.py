"""`--print-metrics`: what librdkafka's statistics know, under the names that the Java client's metrics have.

The Java client keeps some hundred metrics, most of them rates over the last half minute. librdkafka counts differently;
here are those that mean the same in both, averages and maxima being of the last `STATISTICS_INTERVAL_MS`. Times are
milliseconds, as in Java.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeVar

from barnabas.cli.connection import ErrorWatch, client_settings, make_client
from barnabas.cli.output import print_json_line
from barnabas.cli.perf.java_numbers import fixed

if TYPE_CHECKING:
    from confluent_kafka import Consumer, Producer

Client = TypeVar("Client")
Metrics = dict[str, float]

STATISTICS_INTERVAL_MS: Final = 500
LONGEST_WAIT_SECONDS: Final = 3.0
MICROSECONDS_PER_MS: Final = 1000


class ClientStatistics:
    """The statistics that the client library handed over last."""

    def __init__(self, *, wanted: bool) -> None:
        self.settings: dict[str, str] = {"statistics.interval.ms": str(STATISTICS_INTERVAL_MS)} if wanted else {}
        self._text = ""

    def __call__(self, text: str) -> None:
        self._text = text

    def latest(self, client: Producer | Consumer) -> Metrics:
        """The metrics of a moment after this call."""
        self._text = ""
        deadline = time.monotonic() + LONGEST_WAIT_SECONDS
        while not self._text and time.monotonic() < deadline:
            client.poll(0.1)
        return metrics_of(json.loads(self._text)) if self._text else {}

    def wait_for_producer_id(self, producer: Producer) -> None:
        """Until an idempotent producer can send.

        It asks for its ID half a second late when the first broker answers sooner than it looks, and the records that
        wait for it would be charged to the broker.
        """
        deadline = time.monotonic() + LONGEST_WAIT_SECONDS
        while time.monotonic() < deadline:
            producer.poll(0.05)
            if self._text and json.loads(self._text).get("eos", {}).get("idemp_state") == "Assigned":
                return


def _client_for(
    factory: Callable[[dict[str, Any]], Client], servers: str, properties: Mapping[str, str], *, measured: bool
) -> tuple[Client, ErrorWatch, ClientStatistics]:
    watch, statistics = ErrorWatch(), ClientStatistics(wanted=measured)
    settings = client_settings(servers, {**properties, **statistics.settings}, properties["client.id"])
    return make_client(lambda values: factory({**values, "stats_cb": statistics}), settings, watch), watch, statistics


def measured_producer_for(
    servers: str, properties: Mapping[str, str], *, measured: bool
) -> tuple[Producer, ErrorWatch, ClientStatistics]:
    """A producer with these properties of the Java client, which keeps statistics if they are wanted."""
    from confluent_kafka import Producer

    return _client_for(Producer, servers, properties, measured=measured)


def measured_consumer_for(
    servers: str, properties: Mapping[str, str], *, measured: bool
) -> tuple[Consumer, ErrorWatch, ClientStatistics]:
    """A consumer, likewise."""
    from confluent_kafka import Consumer

    return _client_for(Consumer, servers, properties, measured=measured)


def metrics_of(statistics: Mapping[str, Any]) -> Metrics:
    """Kafka's names, `group:name:{tags}`, and their values."""
    kind = str(statistics["type"])
    client = f"client-id={statistics['client_id']}"
    metrics = {f"{kind}-metrics:{name}:{{{client}}}": value for name, value in _of_client(statistics, kind)}
    for broker in statistics["brokers"].values():
        if broker["nodeid"] < 0:
            continue
        tags = f"{{{client}, node-id=node-{broker['nodeid']}}}"
        metrics |= {f"{kind}-node-metrics:{name}:{tags}": value for name, value in _of_broker(broker)}
    group = "producer-topic-metrics" if kind == "producer" else "consumer-fetch-manager-metrics"
    for topic in statistics["topics"].values():
        tags = f"{{{client}, topic={topic['topic']}}}"
        metrics |= {f"{group}:{name}:{tags}": value for name, value in _of_topic(topic, kind)}
    if kind == "consumer":
        metrics |= {f"consumer-coordinator-metrics:{name}:{{{client}}}": value for name, value in _of_group(statistics)}
        fetched = {"records-consumed-total": "rxmsgs", "bytes-consumed-total": "rxmsg_bytes"}
        metrics |= {
            f"consumer-fetch-manager-metrics:{name}:{{{client}}}": statistics[field] for name, field in fetched.items()
        }
    return metrics


def _of_client(statistics: Mapping[str, Any], kind: str) -> Iterator[tuple[str, float]]:
    brokers = [broker for broker in statistics["brokers"].values() if broker["nodeid"] >= 0]
    yield "request-total", statistics["tx"]
    yield "response-total", statistics["rx"]
    yield "outgoing-byte-total", statistics["tx_bytes"]
    yield "incoming-byte-total", statistics["rx_bytes"]
    yield "connection-count", sum(broker["state"] == "UP" for broker in brokers)
    yield "connection-creation-total", sum(broker["connects"] for broker in statistics["brokers"].values())
    if kind != "producer":
        return
    yield "metadata-age", max((topic["metadata_age"] for topic in statistics["topics"].values()), default=0) / 1000
    yield "record-send-total", statistics["txmsgs"]
    yield "record-retry-total", sum(broker["txretries"] for broker in brokers)
    yield "record-queue-time-avg", _mean(brokers, "int_latency") / MICROSECONDS_PER_MS
    yield "record-queue-time-max", _most(brokers, "int_latency") / MICROSECONDS_PER_MS
    yield "request-latency-avg", _mean(brokers, "rtt") / MICROSECONDS_PER_MS
    yield "request-latency-max", _most(brokers, "rtt") / MICROSECONDS_PER_MS
    yield "produce-throttle-time-avg", _mean(brokers, "throttle")
    yield "produce-throttle-time-max", _most(brokers, "throttle")
    topics = list(statistics["topics"].values())
    yield "batch-size-avg", _mean(topics, "batchsize")
    yield "batch-size-max", _most(topics, "batchsize")
    yield "records-per-request-avg", _mean(topics, "batchcnt")


def _of_broker(broker: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    yield "request-total", broker["tx"]
    yield "response-total", broker["rx"]
    yield "outgoing-byte-total", broker["txbytes"]
    yield "incoming-byte-total", broker["rxbytes"]
    yield "request-latency-avg", broker["rtt"]["avg"] / MICROSECONDS_PER_MS
    yield "request-latency-max", broker["rtt"]["max"] / MICROSECONDS_PER_MS


def _of_topic(topic: Mapping[str, Any], kind: str) -> Iterator[tuple[str, float]]:
    partitions = [partition for partition in topic["partitions"].values() if partition["partition"] >= 0]
    if kind == "producer":
        yield "record-send-total", sum(partition["txmsgs"] for partition in partitions)
        yield "byte-total", sum(partition["txbytes"] for partition in partitions)
        return
    yield "records-consumed-total", sum(partition["rxmsgs"] for partition in partitions)
    yield "bytes-consumed-total", sum(partition["rxbytes"] for partition in partitions)
    lags = [partition["consumer_lag"] for partition in partitions if partition["consumer_lag"] >= 0]
    if lags:
        yield "records-lag-max", max(lags)


def _of_group(statistics: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    group = statistics.get("cgrp")
    if group is not None:
        yield "assigned-partitions", group["assignment_size"]
        yield "rebalance-total", group["rebalance_cnt"]


def _mean(holders: list[Mapping[str, Any]], name: str) -> float:
    """The average of a window that each of these has, weighted by its samples."""
    count = sum(holder[name]["cnt"] for holder in holders)
    return sum(holder[name]["sum"] for holder in holders) / count if count else 0.0


def _most(holders: list[Mapping[str, Any]], name: str) -> float:
    return float(max((holder[name]["max"] for holder in holders), default=0))


def print_metrics(metrics: Metrics, *, as_json: bool) -> None:
    """Kafka's table, in alphabetical order, or one object."""
    if as_json:
        print_json_line({"kind": "metrics", "metrics": dict(sorted(metrics.items()))})
    elif metrics:
        width = max(len(name) for name in metrics)
        print(f"\n{'Metric Name':<{width}}   Value")
        for name, value in sorted(metrics.items()):
            print(f"{name:<{width}} : {fixed(value, 3)}")
