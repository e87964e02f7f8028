"""A topic's settings: its own, over the broker's, over the defaults."""

from __future__ import annotations

import pytest

from barnabas.foundation.config import BrokerSettings, TopicSettings, check_topic_overrides
from barnabas.foundation.errors import ErrorCode, KafkaError

HOUR_MS = 3_600_000
TIERED_STORAGE_IS_OFF = (
    "Tiered Storage functionality is disabled in the broker. Topic cannot be configured with remote log storage."
)


def broker(**given: str) -> BrokerSettings:
    return BrokerSettings.from_properties({name.replace("_", "."): text for name, text in given.items()})


def test_without_anything_there_are_kafkas_defaults() -> None:
    topic = TopicSettings.resolve({}, broker())
    assert topic.segment_bytes == topic.effective_segment_bytes == 1 << 30
    assert topic.cleanup_policy == ("delete",)
    assert topic.retention_ms == topic.segment_ms == 7 * 24 * HOUR_MS
    assert topic.flush_ms == 2**63 - 1
    assert topic.min_insync_replicas == 1
    assert topic.message_timestamp_type == "CreateTime"


@pytest.mark.parametrize(
    ("given", "retention_ms"),
    [
        ({"log_retention_hours": "2"}, 2 * HOUR_MS),
        ({"log_retention_hours": "2", "log_retention_minutes": "3"}, 180_000),
        ({"log_retention_hours": "2", "log_retention_minutes": "3", "log_retention_ms": "4"}, 4),
        ({"log_retention_hours": "-1"}, -1),
        ({"log_retention_minutes": "-1"}, -1),
    ],
)
def test_the_finest_unit_given_counts(given: dict[str, str], retention_ms: int) -> None:
    assert TopicSettings.resolve({}, broker(**given)).retention_ms == retention_ms


def test_overrides_count_before_the_broker() -> None:
    settings = broker(log_segment_bytes="2000000", log_flush_scheduler_interval_ms="77", log_cleanup_policy="compact")
    topic = TopicSettings.resolve({"segment.bytes": " 3000000 ", "internal.segment.bytes": "10"}, settings)
    assert (topic.segment_bytes, topic.effective_segment_bytes) == (3_000_000, 10)
    assert (topic.flush_ms, topic.cleanup_policy) == (77, ("compact",))
    with pytest.raises(AttributeError):
        topic.segment_ms = 5


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"nope": "1"}, "Unknown topic config name: nope"),
        ({"retention.ms": "x", "nope": "1"}, "Unknown topic config name: nope"),
        ({"message.format.version": "3.0"}, "Unknown topic config name: message.format.version"),
        ({"retention.ms": "x"}, "Invalid value x for configuration retention.ms: Not a number of type LONG"),
        (
            {"min.compaction.lag.ms": "100", "max.compaction.lag.ms": "10"},
            "conflict topic config setting min.compaction.lag.ms (100) > max.compaction.lag.ms (10)",
        ),
        (
            {"remote.storage.enable": "true"},
            TIERED_STORAGE_IS_OFF,
        ),
    ],
)
def test_overrides_are_refused_in_kafkas_words(overrides: dict[str, str], message: str) -> None:
    with pytest.raises(KafkaError) as refused:
        check_topic_overrides(overrides, broker())
    assert (refused.value.code, refused.value.message) == (ErrorCode.INVALID_CONFIG, message)
