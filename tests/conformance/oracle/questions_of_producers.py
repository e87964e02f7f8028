"""What a producer can ask, rightly and wrongly, and what is no request at all."""

from __future__ import annotations

import struct
import time
from typing import Any, Final

from barnabas.foundation.errors import ErrorCode
from barnabas.protocol.messages.api_versions import API_VERSIONS, ApiVersionsRequest
from barnabas.protocol.messages.fetch import FETCH
from barnabas.protocol.messages.init_producer_id import INIT_PRODUCER_ID, InitProducerIdRequest
from barnabas.protocol.messages.produce import PRODUCE, PartitionProduceData
from barnabas.protocol.records import Compression, NewRecord, build_batch
from barnabas.protocol.wire import request_header_bytes
from conformance.oracle.side import DAY_MS, NOW_MS, Question, Side, Told, batch, plain, with_bytes


def produce_in_every_version(side: Side) -> Told:
    side.create("versions")
    return {
        f"v{version} acks {acks}": side.produce("versions", batch(b"a", b"b"), version=version, acks=acks)
        for version in range(3, 14)
        for acks in (1, -1)
    }


def produce_what_is_refused(side: Side) -> Told:
    side.create("refused", partitions=2)
    side.create("small", max_message_bytes="200")
    side.create("small-segments", segment_bytes="1048576", max_message_bytes="2000000")
    side.create("compacted", cleanup_policy="compact")
    bad: dict[str, Any] = {
        "empty": b"",
        "ten bytes": b"0123456789",
        "sixteen zeros and a 2": bytes(16) + b"\2",
        "part of a batch": batch(b"a" * 50)[:80],
        "header only": batch(b"a" * 50)[:61],
        "bad CRC": with_bytes(batch(b"abc"), 70, b"!", recount=False),
        "two batches": batch(b"a") + batch(b"b"),
        "magic 1": with_bytes(batch(b"a"), 16, b"\1", recount=False),
        "magic 0": with_bytes(batch(b"a"), 16, b"\0", recount=False),
        "length 0": with_bytes(batch(b"a"), 8, struct.pack(">i", 0), recount=False),
        "length negative": with_bytes(batch(b"a"), 8, struct.pack(">i", -5), recount=False),
        "base offset 7": batch(b"a", base_offset=7),
        "no records": with_bytes(batch(b"a"), 57, struct.pack(">i", 0)),
        "negative count": with_bytes(batch(b"a"), 57, struct.pack(">i", -1)),
        "count too high": with_bytes(batch(b"a"), 57, struct.pack(">i", 5)),
        "negative last offset delta": with_bytes(batch(b"a"), 23, struct.pack(">i", -1)),
        "control": batch(b"a", is_control=True, producer_id=3, producer_epoch=0, base_sequence=0),
        "transactional without an ID": batch(
            b"a", is_transactional=True, producer_id=3, producer_epoch=0, base_sequence=0
        ),
        "producer without sequence": batch(b"a", producer_id=3, producer_epoch=0),
        "producer without epoch": batch(b"a", producer_id=4, base_sequence=0),
        "two hours ahead": batch(b"a", timestamp_ms=NOW_MS + 2 * 3_600_000),
        "no timestamp": batch(b"a", timestamp_ms=-1),
    }
    told = {name: side.produce("refused", records) for name, records in bad.items()}
    told["v3"] = side.produce("refused", bad["bad CRC"], version=3)
    told["v13"] = side.produce("refused", bad["bad CRC"], version=13)
    told["too large"] = side.produce("small", batch(b"x" * 300))
    told["larger than a segment"] = side.produce("small-segments", batch(b"x" * 1_500_000))
    told["missing topic"] = side.produce("missing", batch(b"a"))
    told["missing ID"] = side.produce("missing", batch(b"a"), version=13)
    told["empty name"] = side.produce("", batch(b"a"))
    told["missing partition"] = side.produce("refused", batch(b"a"), partition=2)
    told["negative partition"] = side.produce("refused", batch(b"a"), partition=-1)
    told["missing partition by ID"] = side.produce("refused", batch(b"a"), partition=2, version=13)
    told["acks 2"] = side.produce("refused", batch(b"a"), acks=2)
    told["acks -2"] = side.produce("refused", batch(b"a"), acks=-2)
    told["acks 2 and missing ID"] = side.produce("missing", batch(b"a"), acks=2, version=13)
    told["internal, not there"] = side.produce("__share_group_state", batch(b"a"))
    told["compacted, no key"] = side.produce("compacted", batch(b"a"))
    told["compacted, some keys"] = side.produce(
        "compacted", build_batch([NewRecord(b"k", b"v", NOW_MS), NewRecord(None, b"v", NOW_MS)])
    )
    told["compacted, compressed"] = side.produce("compacted", batch(b"a", b"b", compression=Compression.GZIP))
    told["compacted, key"] = side.produce("compacted", batch(b"a", key=b"k"))
    told["end"] = side.produce("refused", batch(b"last"))
    return told


def produce_to_two_partitions_at_once(side: Side) -> Told:
    side.create("pair", partitions=2)
    request = side.produce_request("pair", batch(b"a"))
    request.topic_data[0].partition_data.append(PartitionProduceData(index=1, records=batch(b"b") + batch(b"c")))
    other = side.produce_request("missing", batch(b"c"))
    request.topic_data += other.topic_data
    nothing = side.produce_request("pair", batch(b"a"))
    nothing.topic_data = []
    return {
        "both": plain(side.ask(PRODUCE, 11, request)),
        "nothing": plain(side.ask(PRODUCE, 11, nothing)),
    }


def produce_with_the_brokers_time(side: Side) -> Told:
    side.create("append-time", message_timestamp_type="LogAppendTime")
    return {
        "plain": side.produce("append-time", batch(b"a", timestamp_ms=5)),
        "ahead": side.produce("append-time", batch(b"a", timestamp_ms=NOW_MS + DAY_MS)),
        "compressed": side.produce("append-time", batch(b"a", compression=Compression.GZIP)),
    }


def produce_old_timestamps(side: Side) -> Told:
    side.create("fresh", message_timestamp_before_max_ms="1000")
    mixed = build_batch([NewRecord(None, b"a", NOW_MS), NewRecord(None, b"a", 5), NewRecord(None, b"a", 6)])
    return {
        "old": side.produce("fresh", batch(b"a", timestamp_ms=NOW_MS - DAY_MS)),
        "mixed": side.produce("fresh", mixed),
    }


def produce_in_sequence(side: Side) -> Told:
    side.create("sequence")

    def send(sequence: int, count: int = 1, epoch: int = 1, producer_id: int = 9, version: int = 11) -> Any:
        values = [b"v"] * count
        content = batch(*values, producer_id=producer_id, producer_epoch=epoch, base_sequence=sequence)
        return side.produce("sequence", content, version=version)

    return {
        "first": send(0, 3),
        "again": send(0, 3),
        "again, fewer": send(0, 2),
        "next": send(3),
        "gap": send(5),
        "behind": send(2),
        "old epoch": send(4, epoch=0),
        "old epoch v9": send(4, epoch=0, version=9),
        "new epoch, not 0": send(4, epoch=2),
        "new epoch": send(0, epoch=2),
        "unknown producer in the middle": send(77, producer_id=10),
        "many": [send(sequence, epoch=2) for sequence in range(1, 8)],
        "forgotten duplicate": send(0, epoch=2),
        "oldest remembered": send(3, epoch=2),
        "wraps": [send(2**31 - 2, 3, producer_id=11), send(1, producer_id=11)],
    }


def produce_without_an_answer(side: Side) -> Told:
    side.create("silent")

    def outcome(topic: str, records: Any) -> str:
        codec = PRODUCE.request_codec(9)
        body = codec.encode(side.produce_request(topic, records, acks=0))
        follow = request_header_bytes(API_VERSIONS, 0, 77, "oracle") + API_VERSIONS.request_codec(0).encode(
            ApiVersionsRequest()
        )
        first = request_header_bytes(PRODUCE, 9, 1, "oracle") + body
        content = b"".join(struct.pack(">i", len(frame)) + frame for frame in (first, follow))
        answer = side.raw_bytes(content)
        return answer if answer in ("closed", "silent") else answer[8:16]

    return {
        "good": outcome("silent", batch(b"a")),
        "bad": outcome("silent", with_bytes(batch(b"abc"), 70, b"!", recount=False)),
        "missing": outcome("missing", batch(b"a")),
        "stored": plain(side.fetch(("silent", 0, 0))),
    }


def init_producer_id(side: Side) -> Told:
    told: Told = {}
    idempotent = InitProducerIdRequest(transactional_id=None, transaction_timeout_ms=60_000)
    while side.ask(INIT_PRODUCER_ID, 4, idempotent).error_code == ErrorCode.COORDINATOR_LOAD_IN_PROGRESS:
        time.sleep(0.02)  # Kafka's broker is still waiting for its first block of IDs
    for version in range(6):
        for name, request in {
            "new": InitProducerIdRequest(transactional_id=None, transaction_timeout_ms=60_000),
            "empty transactional ID": InitProducerIdRequest(transactional_id="", transaction_timeout_ms=60_000),
            "timeout 0": InitProducerIdRequest(transactional_id=None),
        }.items():
            answer = plain(side.ask(INIT_PRODUCER_ID, version, request))
            answer["producer_id"] = answer["producer_id"] >= 0
            told[f"v{version} {name}"] = answer
        if version >= 3:
            for producer_id, epoch in ((5, 3), (5, -1), (-1, 3)):
                request = InitProducerIdRequest(
                    transactional_id=None,
                    transaction_timeout_ms=60_000,
                    producer_id=producer_id,
                    producer_epoch=epoch,
                )
                answer = plain(side.ask(INIT_PRODUCER_ID, version, request))
                answer["producer_id"] = answer["producer_id"] >= 0
                told[f"v{version} {producer_id}/{epoch}"] = answer
    return told


def what_is_no_request(side: Side) -> Told:
    produce = request_header_bytes(PRODUCE, 9, 1, "oracle")
    fetch = request_header_bytes(FETCH, 12, 1, "oracle")
    return {
        "no bytes": side.raw(b""),
        "one byte": side.raw(b"\0"),
        "unknown key": side.raw(struct.pack(">hhih", 9999, 0, 1, -1)),
        "negative key": side.raw(struct.pack(">hhih", -1, 0, 1, -1)),
        "produce v2": side.raw(struct.pack(">hhih", 0, 2, 1, -1)),
        "produce v99": side.raw(struct.pack(">hhih", 0, 99, 1, -1)),
        "fetch v3": side.raw(struct.pack(">hhih", 1, 3, 1, -1)),
        "negative version": side.raw(struct.pack(">hhih", 3, -1, 1, -1)),
        "broken produce": side.raw(produce + b"\xff\xff"),
        "fetch with bytes left over": side.raw(fetch + b"\0" * 200),
        "negative size": side.raw_bytes(struct.pack(">i", -1) + b"x" * 10),
        "oversized": side.raw_bytes(struct.pack(">i", 104_857_601) + b"x" * 10),
        "client ID too long": side.raw(struct.pack(">hhih", 3, 1, 1, 500)),
        "leader and ISR (old cluster API)": side.raw(struct.pack(">hhih", 4, 0, 1, -1)),
    }


def api_versions(side: Side) -> Told:
    told: Told = {}
    for version in range(5):
        for name in ("good-name", "-bad", ""):
            request = ApiVersionsRequest(client_software_name=name, client_software_version="1.0")
            answer = side.ask(API_VERSIONS, version, request)
            told[f"v{version} {name!r}"] = (answer.error_code, bool(answer.api_keys))
    unknown = struct.pack(">hhih", 18, 99, 5, -1)
    told["v99"] = side.raw(unknown)[8:20]
    told["v99 with a body"] = side.raw(unknown + b"\0\1\2\3")[8:20]
    return told


QUESTIONS: Final[tuple[Question, ...]] = (
    produce_in_every_version,
    produce_what_is_refused,
    produce_to_two_partitions_at_once,
    produce_with_the_brokers_time,
    produce_old_timestamps,
    produce_in_sequence,
    produce_without_an_answer,
    init_producer_id,
    what_is_no_request,
    api_versions,
)
