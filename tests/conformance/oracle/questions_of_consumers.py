"""What a consumer can ask: fetches, sessions, long polls, offsets and epochs."""

from __future__ import annotations

import time
from typing import Any, Final

from barnabas.foundation.errors import ErrorCode
from barnabas.protocol.messages.delete_records import (
    DELETE_RECORDS,
    DeleteRecordsPartition,
    DeleteRecordsRequest,
    DeleteRecordsTopic,
)
from barnabas.protocol.messages.list_offsets import (
    LIST_OFFSETS,
    ListOffsetsPartition,
    ListOffsetsRequest,
    ListOffsetsTopic,
)
from barnabas.protocol.messages.offset_for_leader_epoch import (
    OFFSET_FOR_LEADER_EPOCH,
    OffsetForLeaderEpochRequest,
    OffsetForLeaderPartition,
    OffsetForLeaderTopic,
)
from barnabas.protocol.records import Compression, NewRecord, build_batch
from conformance.oracle.side import Question, Side, Told, batch, plain


def fetch_in_every_version(side: Side) -> Told:
    side.create("read", partitions=2)
    for _ in range(3):
        side.produce("read", batch(b"a", b"b"))
    told: Told = {}
    for version in range(4, 19):
        for name, offset in {"start": 0, "inside": 3, "end": 6, "beyond": 7, "negative": -1}.items():
            told[f"v{version} {name}"] = plain(side.fetch(("read", 0, offset), version=version))
        told[f"v{version} empty partition"] = plain(side.fetch(("read", 1, 0), version=version))
        told[f"v{version} missing"] = plain(side.fetch(("missing", 0, 0), version=version))
        told[f"v{version} missing partition"] = plain(side.fetch(("read", 5, 0), version=version))
        told[f"v{version} committed"] = plain(side.fetch(("read", 0, 0), version=version, isolation_level=1))
        told[f"v{version} committed, end"] = plain(side.fetch(("read", 0, 6), version=version, isolation_level=1))
        told[f"v{version} committed, beyond"] = plain(side.fetch(("read", 0, 9), version=version, isolation_level=1))
    for version in (9, 12, 13, 16):
        for epoch in (0, 1, 5):
            told[f"v{version} epoch {epoch}"] = plain(side.fetch(("read", 0, 0, 1000, epoch), version=version))
    for last_epoch, offset in ((0, 6), (0, 7), (1, 6), (5, 3)):
        told[f"last fetched {last_epoch}, {offset}"] = plain(side.fetch(("read", 0, offset, 1000, 0, last_epoch)))
    return told


def fetch_no_more_than(side: Side) -> Told:
    side.create("sizes", partitions=3)
    for partition in range(3):
        for _ in range(4):
            side.produce("sizes", batch(b"x" * 100), partition=partition)
    three = [("sizes", partition, 0) for partition in range(3)]
    told: Told = {}
    for limit in (0, 1, 100, 170, 340, 700, 1000, 5000):
        told[f"partition {limit}"] = plain(side.fetch(("sizes", 0, 1, limit)))
        told[f"all {limit}"] = plain(side.fetch(*three, max_bytes=limit))
        told[f"each {limit}"] = plain(side.fetch(*[(*target, limit) for target in three], max_bytes=600))
        told[f"v4 all {limit}"] = plain(side.fetch(*three, max_bytes=limit, version=4))
    told["nothing"] = plain(side.fetch())
    return told


def fetch_in_sessions(side: Side) -> Told:
    side.create("session", partitions=3)
    side.produce("session", batch(b"a"))
    told: Told = {}
    for version in (7, 12, 13, 17):
        base = side.fetch(
            *[("session", partition, 0) for partition in range(3)], version=version, session_id=0, session_epoch=0
        )
        told[f"v{version} first"] = plain(base)
        session = base.session_id
        epoch = iter(range(1, 100))

        def more(*targets: Any, session: int = session, version: int = version, epoch: Any = epoch, **rest: Any) -> Any:
            return plain(side.fetch(*targets, version=version, session_id=session, session_epoch=next(epoch), **rest))

        told[f"v{version} same"] = more()
        told[f"v{version} at end"] = more(("session", 0, 1))
        offset = side.produce("session", batch(b"b"), partition=1)["responses"][0]["partition_responses"][0]
        told[f"v{version} news"] = more(("session", 1, offset["base_offset"]))
        told[f"v{version} again"] = more()
        told[f"v{version} out of range"] = more(("session", 2, 99))
        told[f"v{version} out of range again"] = more()
        told[f"v{version} in range"] = more(("session", 2, 0))
        told[f"v{version} forget"] = more(forget=[("session", 1)])
        told[f"v{version} missing"] = more(("missing", 0, 0))
        told[f"v{version} missing again"] = more()
        told[f"v{version} forget it"] = more(forget=[("missing", 0)])
        told[f"v{version} wrong epoch"] = plain(side.fetch(version=version, session_id=session, session_epoch=77))
        told[f"v{version} still"] = more()
        told[f"v{version} close"] = plain(side.fetch(version=version, session_id=session, session_epoch=-1))
        told[f"v{version} closed"] = more()
        told[f"v{version} unknown"] = plain(side.fetch(version=version, session_id=12345, session_epoch=4))
        told[f"v{version} no partitions"] = plain(side.fetch(version=version, session_id=0, session_epoch=0))
        told[f"v{version} final with unknown session"] = plain(
            side.fetch(("session", 0, 0), version=version, session_id=12345, session_epoch=-1)
        )
    return told


def fetch_session_of_a_topic_made_anew(side: Side) -> Told:
    side.create("anew")
    side.produce("anew", batch(b"a"))
    told: Told = {}
    sessions = {}
    for version in (12, 13):
        base = side.fetch(("anew", 0, 0), version=version, session_id=0, session_epoch=0)
        sessions[version] = base.session_id
    mixed = side.fetch(version=13, session_id=sessions[12], session_epoch=1)
    told["by ID in a session by name"] = plain(mixed)
    side.delete("anew")
    side.create("anew")
    # Kafka remembers the name and answers INCONSISTENT_TOPIC_ID; to clients both mean: ask for the metadata again.
    (topic,) = side.fetch(version=13, session_id=sessions[13], session_epoch=1).responses
    told["v13 of the old ID"] = topic.partitions[0].error_code in (
        ErrorCode.UNKNOWN_TOPIC_ID,
        ErrorCode.INCONSISTENT_TOPIC_ID,
    )
    return told


def long_polls(side: Side) -> Told:
    side.create("poll")
    side.produce("poll", batch(b"a"))
    told: Told = {}
    waits: dict[str, dict[str, Any]] = {
        "nothing comes": {"min_bytes": 1, "max_wait_ms": 300},
        "not asked to wait": {"min_bytes": 1, "max_wait_ms": 0},
        "asked for nothing": {"min_bytes": 0, "max_wait_ms": 5000},
    }
    for name, options in waits.items():
        before = time.monotonic()
        told[name] = plain(side.fetch(("poll", 0, 1), **options))
        told[f"{name}, waited"] = time.monotonic() - before > 0.25
    before = time.monotonic()
    told["an error"] = plain(side.fetch(("poll", 0, 1), ("poll", 7, 0), min_bytes=1, max_wait_ms=400))
    told["an error, waited"] = time.monotonic() - before > 0.3
    return told


def list_offsets(side: Side) -> Told:
    side.create("times", partitions=2)
    for timestamp_ms in (1000, 3000, 2000):
        side.produce("times", batch(b"a", b"b", timestamp_ms=timestamp_ms))
    side.create("times-compressed")
    side.produce(
        "times-compressed",
        build_batch([NewRecord(None, b"a", when) for when in (10, 30, 20)], compression=Compression.GZIP),
    )
    told: Told = {}

    def ask(version: int, topic: str, partition: int, timestamp: int, epoch: int = -1, **more: Any) -> Any:
        wanted = ListOffsetsPartition(partition_index=partition, timestamp=timestamp, current_leader_epoch=epoch)
        topics = [ListOffsetsTopic(name=topic, partitions=[wanted])]
        return plain(side.ask(LIST_OFFSETS, version, ListOffsetsRequest(replica_id=-1, topics=topics, **more)))

    for version in range(1, 11):
        for timestamp in (-1, -2, -3, -4, -5, -6, -7, 0, 1000, 1001, 2500, 3000, 3001):
            told[f"v{version} {timestamp}"] = ask(version, "times", 0, timestamp)
        told[f"v{version} missing"] = ask(version, "missing", 0, -1)
        told[f"v{version} missing partition"] = ask(version, "times", 9, -1)
    for timestamp in (-1, -2, -3, -4, -5, 0, 10):
        told[f"empty {timestamp}"] = ask(10, "times", 1, timestamp)
        told[f"committed {timestamp}"] = ask(10, "times", 0, timestamp, isolation_level=1)
        told[f"compressed {timestamp}"] = ask(10, "times-compressed", 0, timestamp)
        for epoch in (0, 1, 4):
            told[f"epoch {epoch} {timestamp}"] = ask(10, "times", 0, timestamp, epoch)
    twice = [ListOffsetsPartition(partition_index=0, timestamp=-1)] * 2
    told["twice"] = plain(
        side.ask(
            LIST_OFFSETS,
            10,
            ListOffsetsRequest(replica_id=-1, topics=[ListOffsetsTopic(name="times", partitions=twice)]),
        )
    )
    return told


def delete_before(side: Side, topic: str, *wanted: tuple[int, int], version: int = 2) -> Any:
    partitions = [DeleteRecordsPartition(partition_index=partition, offset=offset) for partition, offset in wanted]
    topics = [DeleteRecordsTopic(name=topic, partitions=partitions)]
    return plain(side.ask(DELETE_RECORDS, version, DeleteRecordsRequest(topics=topics, timeout_ms=5000)))


def delete_records(side: Side) -> Told:
    side.create("shortened")
    side.create("kept", cleanup_policy="compact")
    side.create("both-policies", cleanup_policy="compact,delete")
    for _ in range(4):
        side.produce("shortened", batch(b"a", b"b"))
        side.produce("both-policies", batch(b"a", key=b"k"))
    told: Told = {f"v{version}": delete_before(side, "shortened", (0, 3), version=version) for version in range(3)}
    told["back"] = delete_before(side, "shortened", (0, 1))
    told["negative"] = delete_before(side, "shortened", (0, -2))
    told["beyond"] = delete_before(side, "shortened", (0, 9))
    told["missing partition"] = delete_before(side, "shortened", (4, 0))
    told["missing topic"] = delete_before(side, "missing", (0, 0))
    told["internal"] = delete_before(side, "__transaction_state", (0, 0))
    told["compacted"] = delete_before(side, "kept", (0, 0))
    told["compacted and deleted"] = delete_before(side, "both-policies", (0, 2))
    told["below the start"] = plain(side.fetch(("shortened", 0, 0)))
    told["inside the first batch"] = plain(side.fetch(("shortened", 0, 3)))
    told["produce"] = side.produce("shortened", batch(b"a"))
    told["high watermark"] = delete_before(side, "shortened", (0, -1))
    told["empty now"] = plain(side.fetch(("shortened", 0, 9)))
    for timestamp in (-1, -2, -4, 0):
        wanted = [ListOffsetsPartition(partition_index=0, timestamp=timestamp)]
        topics = [ListOffsetsTopic(name="shortened", partitions=wanted)]
        told[f"offset {timestamp}"] = plain(side.ask(LIST_OFFSETS, 8, ListOffsetsRequest(replica_id=-1, topics=topics)))
    return told


def offset_for_leader_epoch(side: Side) -> Told:
    side.create("epochs", partitions=2)
    side.produce("epochs", batch(b"a", b"b"))
    told: Told = {}
    for version in (2, 3, 4):
        for topic, partition, current, epoch in (
            ("epochs", 0, -1, 0),
            ("epochs", 0, 0, 0),
            ("epochs", 0, 1, 0),
            ("epochs", 0, -1, 5),
            ("epochs", 0, -1, -1),
            ("epochs", 1, -1, 0),
            ("epochs", 1, -1, 1),
            ("epochs", 5, -1, 0),
            ("missing", 0, -1, 0),
        ):
            wanted = OffsetForLeaderPartition(partition=partition, current_leader_epoch=current, leader_epoch=epoch)
            request = OffsetForLeaderEpochRequest(
                replica_id=-1, topics=[OffsetForLeaderTopic(topic=topic, partitions=[wanted])]
            )
            told[f"v{version} {topic} {partition} {current} {epoch}"] = plain(
                side.ask(OFFSET_FOR_LEADER_EPOCH, version, request)
            )
    return told


QUESTIONS: Final[tuple[Question, ...]] = (
    fetch_in_every_version,
    fetch_no_more_than,
    fetch_in_sessions,
    fetch_session_of_a_topic_made_anew,
    long_polls,
    list_offsets,
    delete_records,
    offset_for_leader_epoch,
)
