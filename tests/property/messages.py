"""Hypothesis strategies for every message, derived from its declaration."""

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from hypothesis import strategies as st

from barnabas.foundation.errors import ErrorCode
from barnabas.foundation.identifiers import ZERO_UUID
from barnabas.protocol.messages import APIS
from barnabas.protocol.messages.internal.consumer_protocol import (
    ConsumerProtocolAssignment,
    ConsumerProtocolSubscription,
)
from barnabas.protocol.messages.internal.group_metadata import GroupMetadataKey, GroupMetadataValue
from barnabas.protocol.messages.internal.offset_commit import OffsetCommitKey, OffsetCommitValue
from barnabas.protocol.wire import Codec, codec
from barnabas.protocol.wire.schema import Array, FieldSchema, Kind, Struct, Text, schema_of
from barnabas.protocol.wire.types import Fixed
from barnabas.protocol.wire.versions import Versions

INTERNAL: Final = [
    (OffsetCommitKey, "0", "none"),
    (OffsetCommitValue, "0-4", "4+"),
    (GroupMetadataKey, "0", "none"),
    (GroupMetadataValue, "0-4", "4+"),
    (ConsumerProtocolSubscription, "0-3", "none"),
    (ConsumerProtocolAssignment, "0-3", "none"),
]
BITS: Final = {"b": 8, "h": 16, "i": 32, "q": 64}
known_error_codes = st.sampled_from([int(code) for code in ErrorCode])
moderate_times_ms = st.integers(0, 2**31 - 1)
texts = st.text(max_size=12) | st.just("é" * 130)
blobs = st.binary(max_size=12) | st.just(b"\xff" * 200)
ids = st.just(ZERO_UUID) | st.uuids()
future_tags = st.sampled_from([77, 300, 2**31 - 2])
unknown_tags = st.dictionaries(future_tags, st.binary(max_size=9), max_size=2)


class Case(NamedTuple):
    """One message in one version; `api_key` is None for messages that are no requests or responses."""

    name: str
    api_key: int | None
    codec: Codec[Any]


def all_cases() -> Iterator[Case]:
    for api in APIS:
        for version in range(api.min_version, api.max_version + 1):
            yield Case(f"{api.request.__name__}-v{version}", api.key, api.request_codec(version))
            yield Case(f"{api.response.__name__}-v{version}", api.key, api.response_codec(version))
    for message_type, valid, flexible in INTERNAL:
        versions = Versions.parse(valid)
        for version in range(versions.first, versions.last + 1):
            its_codec: Codec[Any] = codec(message_type, version, version in Versions.parse(flexible))
            yield Case(f"{message_type.__name__}-v{version}", None, its_codec)


CASES: Final = list(all_cases())


def messages_of(case: Case, *, tame: bool = False) -> st.SearchStrategy[Any]:
    """Messages that this version can carry whole. Tame ones have only values that stricter readers accept too."""
    return _Strategies(case.codec.version, case.codec.flexible, tame).struct(case.codec.message_type)


class _Strategies(NamedTuple):
    version: int
    flexible: bool
    tame: bool

    def struct(self, cls: type[Any]) -> st.SearchStrategy[Any]:
        fields = {declared.name: self.field(declared) for declared in schema_of(cls) if declared.is_in(self.version)}
        if self.flexible and not self.tame:
            fields["unknown_tags"] = unknown_tags
        return st.builds(cls, **fields)

    def field(self, declared: FieldSchema) -> st.SearchStrategy[Any]:
        values = self.kind(declared.kind, declared.name)
        if declared.is_nullable(self.version):
            return st.none() | values
        if declared.optional and isinstance(declared.kind, Struct):
            nothing = declared.kind.type()  # None says the same, and is what comes back
            return st.none() | values.filter(lambda value: value != nothing)
        return values

    def kind(self, kind: Kind, name: str) -> st.SearchStrategy[Any]:
        if isinstance(kind, Fixed):
            return self.fixed(kind, name)
        if isinstance(kind, Text):
            return texts
        if isinstance(kind, Array):
            return st.lists(self.kind(kind.element, name), max_size=2)
        if isinstance(kind, Struct):
            return self.struct(kind.type)
        return blobs

    def fixed(self, kind: Fixed, name: str) -> st.SearchStrategy[Any]:
        if kind.code == "?":
            return st.booleans()
        if kind.code == "16s":
            return ids
        if self.tame and name.endswith("error_code"):
            return known_error_codes
        if self.tame and kind.code in "iq" and name.endswith(("_ms", "timestamp")):
            return moderate_times_ms
        half = 2 ** (BITS[kind.code] - 1)
        return st.integers(-half, half - 1)
