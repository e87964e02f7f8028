"""Ten thousand ways to be rude to a broker, each made from a seed.

Requests are derived from the declarations of the messages, so every API and version is among them; then they are cut,
bent or lied about. `Hostile.must_close` marks those that nobody could answer: the broker has to hang up on them.
"""

from __future__ import annotations

import random
import struct
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import google_crc32c

from barnabas.protocol.messages import APIS
from barnabas.protocol.messages.api_versions import API_VERSIONS
from barnabas.protocol.messages.metadata import METADATA, MetadataRequest
from barnabas.protocol.messages.produce import PRODUCE, PartitionProduceData, ProduceRequest, TopicProduceData
from barnabas.protocol.records import Compression, NewRecord, build_batch
from barnabas.protocol.wire import Api, request_header_bytes
from barnabas.protocol.wire.schema import Array, Kind, Struct, Text, schema_of
from barnabas.protocol.wire.types import Fixed

TARGET_TOPIC: Final = "target"
NUMBER_BITS: Final = {"b": 8, "h": 16, "i": 32, "q": 64, "B": 8, "H": 16, "I": 32, "Q": 64}


@dataclass(frozen=True, slots=True)
class Hostile:
    """Bytes for a connection, and what is to become of the connection."""

    kind: str
    data: bytes
    must_close: bool = False
    # Hang up without waiting for an answer, as a crashed client does.
    hangs_up: bool = False
    # One byte at a time.
    is_slow: bool = False
    # Never read what the broker answers, and stay.
    never_reads: bool = False


def hostile_request(seed: int) -> Hostile:
    """The rude request with this number."""
    chance = random.Random(seed)
    (make,) = chance.choices(list(_KINDS), list(_KINDS.values()))
    return make(chance)


def api_versions_request() -> bytes:
    """A request that every broker answers."""
    return _framed(_whole(API_VERSIONS, 0, API_VERSIONS.request()))


def _framed(body: bytes) -> bytes:
    return struct.pack(">i", len(body)) + body


def _whole(api: Api[Any, Any], version: int, request: Any) -> bytes:
    header = request_header_bytes(api, version, 1, "hostile")
    return header + api.request_codec(version).encode(request)


def _any_request(chance: random.Random) -> bytes:
    api = chance.choice(APIS)
    version = chance.randint(api.min_version, api.max_version)
    return _whole(api, version, _message(chance, api.request, version))


def _message(chance: random.Random, cls: type[Any], version: int) -> Any:
    fields = {}
    for declared in schema_of(cls):
        if declared.is_in(version):
            is_null = declared.is_nullable(version) and chance.random() < 0.2
            fields[declared.name] = None if is_null else _value(chance, declared.kind, version)
    return cls(**fields)


def _value(chance: random.Random, kind: Kind, version: int) -> Any:
    if isinstance(kind, Fixed):
        return _fixed(chance, kind)
    if isinstance(kind, Text):
        return chance.choice([TARGET_TOPIC, "", "nobody", "x" * chance.randint(1, 300), "é\x00/../ß"])
    if isinstance(kind, Array):
        return [_value(chance, kind.element, version) for _ in range(chance.choice([0, 1, 1, 2, 5]))]
    if isinstance(kind, Struct):
        return _message(chance, kind.type, version)
    return chance.randbytes(chance.choice([0, 1, 20, 300]))


def _fixed(chance: random.Random, kind: Fixed) -> Any:
    if kind.code == "?":
        return chance.random() < 0.5
    if kind.code == "16s":
        return uuid.UUID(int=chance.choice([0, 1, chance.getrandbits(128)]))
    if kind.code == "d":
        return chance.random()
    bits = NUMBER_BITS[kind.code]
    number = chance.choice([0, 0, 1, 1, 2, -1, chance.getrandbits(bits), 2 ** (bits - 1) - 1, 2 ** (bits - 1)])
    number &= 2**bits - 1
    return number - 2**bits if kind.code.islower() and number >= 2 ** (bits - 1) else number


def _noise(chance: random.Random) -> Hostile:
    return Hostile("noise", chance.randbytes(chance.randint(1, 200)), hangs_up=True)


def _framed_noise(chance: random.Random) -> Hostile:
    # From 0x7000 on there are no API keys.
    return Hostile("framed noise", _framed(b"\x70" + chance.randbytes(chance.randint(0, 200))), must_close=True)


def _bad_length(chance: random.Random) -> Hostile:
    length = chance.choice([-1, -(2**31), 2**31 - 1, 104_857_601, chance.randint(104_857_601, 2**31 - 1)])
    return Hostile("bad length", struct.pack(">i", length) + _any_request(chance)[:50], must_close=True)


def _unknown_api(chance: random.Random) -> Hostile:
    key = chance.choice([-1, 999, 2**15 - 1, -(2**15)])
    return Hostile("unknown api", _framed(struct.pack(">hhih", key, 0, 1, -1)), must_close=True)


def _unknown_version(chance: random.Random) -> Hostile:
    api = chance.choice([api for api in APIS if api is not API_VERSIONS])
    version = chance.choice([api.max_version + 50, -1, 2**15 - 1])
    return Hostile("unknown version", _framed(struct.pack(">hhih", api.key, version, 1, -1)), must_close=True)


def _truncated(chance: random.Random) -> Hostile:
    request = _any_request(chance)
    return Hostile("truncated", _framed(request[: chance.randrange(len(request))]), must_close=True)


def _long(chance: random.Random) -> Hostile:
    return Hostile("trailing bytes", _framed(_any_request(chance) + chance.randbytes(chance.randint(1, 50))))


def _strange(chance: random.Random) -> Hostile:
    return Hostile("strange values", _framed(_any_request(chance)))


def _bent(chance: random.Random) -> Hostile:
    request = bytearray(_any_request(chance))
    for _ in range(chance.choice([1, 2, 8])):
        request[chance.randrange(len(request))] ^= 1 << chance.randrange(8)
    return Hostile("flipped bits", _framed(bytes(request)))


def _huge_count(chance: random.Random) -> Hostile:
    # An array, string or blob of two billion elements somewhere in the request.
    request = bytearray(_any_request(chance))
    position = chance.randrange(8, len(request))
    request[position : position + 4] = chance.choice([b"\x7f\xff\xff\xff", b"\xff\xff\xff\xff\x07", b"\x7f\xff"])
    return Hostile("huge count", _framed(bytes(request)))


def _incomplete(chance: random.Random) -> Hostile:
    request = _framed(_any_request(chance))
    return Hostile("incomplete", request[: chance.randrange(1, len(request))], hangs_up=True)


def _slow(chance: random.Random) -> Hostile:
    make = chance.choice([_framed_noise, _truncated, _unknown_api, _incomplete])
    rude = make(chance)
    return Hostile(f"slow {rude.kind}", rude.data[:60], hangs_up=True, is_slow=True)


def _never_reading(chance: random.Random) -> Hostile:
    question = _framed(_whole(METADATA, 9, MetadataRequest(topics=None)))
    return Hostile("never reads", question * chance.randint(100, 2_000), never_reads=True)


def _bad_batch(chance: random.Random) -> Hostile:
    compression = chance.choice(list(Compression))
    records = [NewRecord(b"k", bytes(chance.choice([0, 10, 5_000])), 0)] * chance.randint(1, 20)
    batch = build_batch(records, compression=compression)
    match chance.randrange(4):
        case 0:
            del batch[chance.randrange(len(batch)) :]
        case 1:
            batch[chance.randrange(8, len(batch))] ^= 1 << chance.randrange(8)
        case 2:
            # Length, counts, timestamps and the rest of the header are lies, sealed with a correct CRC.
            position = chance.choice([23, 27, 35, 43, 51, 53, 57])
            batch[position : position + 4] = chance.choice([b"\x7f\xff\xff\xff", b"\xff\xff\xff\xff", bytes(4)])
            struct.pack_into(">I", batch, 17, google_crc32c.value(bytes(batch[21:])))
        case _:
            struct.pack_into(">i", batch, 8, chance.choice([-1, 0, 48, 2**31 - 1, len(batch)]))
    data = [TopicProduceData(name=TARGET_TOPIC, partition_data=[PartitionProduceData(index=0, records=bytes(batch))])]
    request = ProduceRequest(acks=chance.choice([1, -1]), timeout_ms=1_000, topic_data=data)
    return Hostile("bad batch", _framed(_whole(PRODUCE, chance.randint(3, 12), request)))


_KINDS: Final[dict[Callable[[random.Random], Hostile], float]] = {
    _noise: 8,
    _framed_noise: 6,
    _bad_length: 8,
    _unknown_api: 4,
    _unknown_version: 4,
    _truncated: 16,
    _long: 6,
    _strange: 10,
    _bent: 12,
    _huge_count: 10,
    _incomplete: 7,
    _slow: 4,
    _never_reading: 0.3,
    _bad_batch: 8,
}
