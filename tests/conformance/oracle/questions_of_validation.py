"""Why a batch is refused: the code, the words, and the records that are named, on topics of every kind.

The records' own times and the broker's clock stand in the words, so that long numbers are left out of them.
"""

from __future__ import annotations

import random
import re
import socket
import struct
from typing import Any, Final

from barnabas.foundation.errors import ErrorCode
from barnabas.protocol.messages.list_offsets import (
    LIST_OFFSETS,
    ListOffsetsPartition,
    ListOffsetsRequest,
    ListOffsetsTopic,
)
from barnabas.protocol.messages.produce import PRODUCE
from barnabas.protocol.records import Compression, NewRecord, TimestampType, build_batch, read_header, read_records
from barnabas.protocol.wire import Api, read_response_header, request_header_bytes
from conformance.oracle.side import DAY_MS, NOW_MS, Question, Side, Told, batch, plain, with_bytes

KEYED: Final = NewRecord(b"k", b"v", NOW_MS)
KEYLESS: Final = NewRecord(None, b"v", NOW_MS)
APPEND_TIME: Final[dict[str, Any]] = {"timestamp_type": TimestampType.LOG_APPEND}
GZIP: Final[dict[str, Any]] = {"compression": Compression.GZIP}
_COUNT_POSITION: Final = 57
_LAST_OFFSET_DELTA_POSITION: Final = 23
_ATTRIBUTES_POSITION: Final = 21
_MAX_TIMESTAMP_POSITION: Final = 35
_BASE_TIMESTAMP_POSITION: Final = 27


def outcome(side: Side, topic: str, records: Any, version: int = 11) -> Any:
    """Code, offset, start of the log, words, and the records that are named."""
    response = side.ask(PRODUCE, version, side.produce_request(topic, records))
    (answer,) = response.responses[0].partition_responses
    return (
        ErrorCode(answer.error_code).name,
        answer.base_offset,
        answer.log_start_offset,
        _without_times(answer.error_message),
        [(error.batch_index, _without_times(error.batch_index_error_message)) for error in answer.record_errors],
    )


def _without_times(text: str | None) -> str | None:
    return None if text is None else re.sub(r"-?\d{10,}", "T", text)


def counted(content: bytearray, last_offset_delta: int, count: int) -> bytearray:
    """A batch that says it has so many offsets and records."""
    content = with_bytes(content, _LAST_OFFSET_DELTA_POSITION, struct.pack(">i", last_offset_delta))
    return with_bytes(content, _COUNT_POSITION, struct.pack(">i", count))


def codec(content: bytearray, number: int) -> bytearray:
    return with_bytes(content, _ATTRIBUTES_POSITION, bytes((0, number)))


def dated(content: bytearray, position: int, when_ms: int) -> bytearray:
    return with_bytes(content, position, struct.pack(">q", when_ms))


def refusals_by_the_header(side: Side) -> Told:
    side.create("header")
    later_ms = NOW_MS + 2 * 3_600_000
    bad: dict[str, Any] = {
        "empty": b"",
        "ten bytes": b"0123456789",
        "fifteen bytes": bytes(11) + b"\x31" + bytes(3),
        "length 0": with_bytes(batch(b"a"), 8, struct.pack(">i", 0), recount=False),
        "length -5": with_bytes(batch(b"a"), 8, struct.pack(">i", -5), recount=False),
        "length 13": with_bytes(batch(b"a"), 8, struct.pack(">i", 13), recount=False),
        "length 14": with_bytes(batch(b"a"), 8, struct.pack(">i", 14), recount=False),
        "length 20": with_bytes(batch(b"a"), 8, struct.pack(">i", 20), recount=False),
        "magic 3": with_bytes(batch(b"a"), 16, b"\3", recount=False),
        "magic -1": with_bytes(batch(b"a"), 16, b"\xff", recount=False),
        "magic 1": with_bytes(batch(b"a"), 16, b"\1", recount=False),
        "bad CRC": with_bytes(batch(b"abc"), 70, b"!", recount=False),
        "bad CRC and count": with_bytes(batch(b"abc"), _COUNT_POSITION, struct.pack(">i", 9), recount=False),
        "two": batch(b"a") + batch(b"b"),
        "base offset": batch(b"a", base_offset=7),
        "no records": counted(batch(b"a"), 0, 0),
        "fewer records": counted(batch(b"a", b"b"), 1, 1),
        "offsets backwards": counted(batch(b"a"), -5, 1),
        "more than there is room for": counted(batch(b"a"), 99, 100),
        "control": batch(b"a", is_control=True),
        "no sequence": batch(b"a", producer_id=3, producer_epoch=0),
        "codec 5": codec(batch(b"a"), 5),
        "ahead": batch(b"a", timestamp_ms=later_ms),
        "ahead, compressed": batch(b"a", b"b", timestamp_ms=later_ms, **GZIP),
        "begins ahead": dated(batch(b"a"), _BASE_TIMESTAMP_POSITION, later_ms),
        "says it is ahead": dated(batch(b"a"), _MAX_TIMESTAMP_POSITION, later_ms),
        "broker's time": batch(b"a", **APPEND_TIME),
        "broker's time, ahead": batch(b"a", b"b", timestamp_ms=later_ms, **APPEND_TIME),
    }
    told: Told = {name: outcome(side, "header", records) for name, records in bad.items()}
    told["v7"] = outcome(side, "header", batch(b"a", timestamp_ms=later_ms), version=7)
    content = bytes(side.fetch(("header", 0, 0)).responses[0].partitions[0].records)
    header = read_header(content)
    told["stored"] = (header.attributes, header.max_timestamp, read_records(content)[0].value)
    return told


def refusals_of_a_compacted_topic(side: Side) -> Told:
    side.create("keys", cleanup_policy="compact")
    side.create("keys-and-times", cleanup_policy="compact,delete", message_timestamp_before_max_ms="1000000")
    garbage = with_bytes(batch(b"abcdefgh", key=b"k"), 61, b"\x20" + b"\xff" * 7)
    old, old_keyless = NewRecord(b"k", b"v", 5), NewRecord(None, b"v", 5)
    told: Told = {
        name: outcome(side, "keys", records)
        for name, records in {
            "none": batch(b"a"),
            "some": build_batch([KEYED, KEYLESS, KEYED, KEYLESS, KEYLESS, KEYLESS]),
            "compressed": batch(b"a", b"b", **GZIP),
            "empty key": batch(b"a", key=b""),
            "key": batch(b"a", key=b"k"),
            "tombstone": build_batch([NewRecord(b"k", None, NOW_MS)]),
            "garbage": garbage,
            "fewer records than it says": counted(batch(b"a", key=b"k"), 3, 4),
            "fewer, compressed": counted(batch(b"a", key=b"k", **GZIP), 3, 4),
            "no gzip": codec(batch(b"abcdefgh", key=b"k"), 1),
        }.items()
    }
    for name, records in {
        "old": [old],
        "old and keyless": [old_keyless],
        "both": [KEYLESS, KEYED, old],
        "keyless first": [old_keyless, old],
    }.items():
        told[f"times: {name}"] = outcome(side, "keys-and-times", build_batch(records))
        told[f"times: {name}, compressed"] = outcome(side, "keys-and-times", build_batch(records, **GZIP))
    told["v7"] = outcome(side, "keys", batch(b"a"), version=7)
    return told


def refusals_by_time(side: Side) -> Told:
    side.create("times-near", message_timestamp_before_max_ms="100000", message_timestamp_after_max_ms="500000")
    side.create("times-of-the-broker", message_timestamp_type="LogAppendTime", message_timestamp_before_max_ms="1")
    day = [NewRecord(None, b"a", when) for when in (NOW_MS + DAY_MS, NOW_MS, 5, -1, NOW_MS - DAY_MS)]
    near = {
        "mixed": build_batch(day),
        "mixed, compressed": build_batch(day, **GZIP),
        "no time": batch(b"a", timestamp_ms=-1),
        "now": batch(b"a"),
    }
    of_the_broker = {
        "old": batch(b"a", timestamp_ms=5),
        "claimed": batch(b"a", b"bb", **APPEND_TIME),
        "claimed, keyed": build_batch([NewRecord(b"key", b"v", 5), NewRecord(b"k", None, 7)], **APPEND_TIME),
        "claimed, compressed": batch(b"a", b"bb", **APPEND_TIME, **GZIP),
    }
    return {
        **{name: outcome(side, "times-near", records) for name, records in near.items()},
        **{f"broker: {name}": outcome(side, "times-of-the-broker", records) for name, records in of_the_broker.items()},
    }


def sizes_and_codecs(side: Side) -> Told:
    """What is stored in another codec: sizes before and after, refusals, and who reads it."""
    told: Told = {}
    for wanted in ("uncompressed", "gzip", "snappy", "lz4", "zstd"):
        topic = f"codec-{wanted}"
        side.create(topic, compression_type=wanted, max_message_bytes="3000")
        for sent in Compression:
            told[f"{wanted} from {sent.name}"] = outcome(side, topic, batch(b"x" * 500, b"y" * 500, compression=sent))
            told[f"{wanted} from {sent.name}, large"] = outcome(side, topic, batch(b"x" * 5000, compression=sent))
        if wanted != "gzip":
            told[f"{wanted} from no gzip"] = outcome(side, topic, codec(batch(b"abcdefgh"), 1))
        told[f"{wanted} stored"] = _stored(side, topic)
    side.create("codec-keys", compression_type="lz4", cleanup_policy="compact")
    told["keyless"] = outcome(side, "codec-keys", batch(b"a", b"b", **GZIP))
    told["keyed"] = outcome(side, "codec-keys", batch(b"a", key=b"k"))
    side.create("codec-time", compression_type="zstd", message_timestamp_type="LogAppendTime")
    told["broker's time"] = outcome(side, "codec-time", batch(b"a", **GZIP))
    told["broker's time stored"] = _stored(side, "codec-time")
    side.create("codec-sequence", compression_type="lz4")
    for sequence, count in ((0, 2), (0, 2), (2, 1), (9, 1)):
        content = batch(*[b"v"] * count, producer_id=9, producer_epoch=1, base_sequence=sequence)
        told[f"sequence {sequence}, {len(told)}"] = outcome(side, "codec-sequence", content)
    told["sequence stored"] = _stored(side, "codec-sequence")
    return told


def _stored(side: Side, topic: str) -> Any:
    """Codec, timestamp type, counts, producer and records of every batch, whatever their size."""
    told: list[Any] = []
    offset = 0
    while True:
        (answer,) = side.fetch((topic, 0, offset, 1)).responses[0].partitions
        content = bytes(answer.records or b"")
        if not content:
            return told
        header = read_header(content)
        told.append(
            (
                header.attributes,
                header.base_offset,
                header.record_count,
                (header.producer_id, header.producer_epoch, header.base_sequence),
                [(record.key, record.value) for record in read_records(content)],
            )
        )
        offset = header.next_offset


def requests_behind_a_large_batch(side: Side) -> Told:
    """Sent without waiting for answers: what comes later sees what was done before, and is appended behind it."""
    side.create("in-order", compression_type="zstd", max_message_bytes="2000000")
    large = build_batch([NewRecord(b"k", random.Random(1).randbytes(900_000), NOW_MS)])
    wanted = [ListOffsetsPartition(partition_index=0, timestamp=-1)]
    end = ListOffsetsRequest(replica_id=-1, topics=[ListOffsetsTopic(name="in-order", partitions=wanted)])
    steps: list[tuple[Api[Any, Any], int, Any]] = []
    for records in (large, batch(b"a"), large, batch(b"b"), batch(b"c", **GZIP)):
        steps += [(PRODUCE, 11, side.produce_request("in-order", bytearray(records))), (LIST_OFFSETS, 5, end)]
    frames = [
        request_header_bytes(api, version, number, "oracle") + api.request_codec(version).encode(request)
        for number, (api, version, request) in enumerate(steps)
    ]
    told: list[Any] = []
    with socket.create_connection(("127.0.0.1", side.port), timeout=30) as peer, peer.makefile("rb") as answers:
        peer.sendall(b"".join(struct.pack(">i", len(frame)) + frame for frame in frames))
        for api, version, _ in steps:
            answer = answers.read(*struct.unpack(">i", answers.read(4)))
            number, offset = read_response_header(api, version, answer)
            response = api.response_codec(version).decode(answer, offset)
            if api is LIST_OFFSETS:
                # Ours looks in a thread, and may see what was appended since: never less than came before it.
                told.append((number, response.topics[0].partitions[0].offset > number // 2))
            else:
                told.append((number, plain(response)))
    return {"answers": told, "stored": [number for _, _, number, *_ in _stored(side, "in-order")]}


QUESTIONS: Final[tuple[Question, ...]] = (
    refusals_by_the_header,
    refusals_of_a_compacted_topic,
    refusals_by_time,
    sizes_and_codecs,
    requests_behind_a_large_batch,
)
