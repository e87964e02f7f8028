"""Our bytes against kio, an independent implementation that is generated from Kafka's own message definitions.

What we encode kio must read to its last byte and write again the same; so a field that is missing, misplaced or of the
wrong size in any version shows. Field names and header versions are compared as well. kio drops unknown tagged fields,
knows error codes and moments instead of numbers, and calls `timeout_ms` just `timeout`.
"""

import dataclasses
import io
import typing
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from kio.index import load_entity_schema, load_request_schema, load_response_schema
from kio.schema.index import api_key_map, schema_name_map
from kio.serial import entity_reader, entity_writer
from kio.static.constants import EntityType

from barnabas.foundation.identifiers import ZERO_UUID
from barnabas.protocol.messages import APIS
from barnabas.protocol.wire import request_header_bytes, response_header_bytes, types
from barnabas.protocol.wire.api import has_flexible_header
from barnabas.protocol.wire.schema import Array, FieldSchema, Struct, schema_of
from property.messages import CASES, Case, messages_of

UNSTABLE_IN_KAFKA: Final = {"InitProducerId": 6}
SHARED_WITH_KIO: Final = [
    case
    for case in CASES
    if case.api_key is not None or case.codec.message_type.__name__.startswith("ConsumerProtocol")
]
every_case = pytest.mark.parametrize("case", SHARED_WITH_KIO, ids=[case.name for case in SHARED_WITH_KIO])
quick = settings(
    max_examples=10,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def schema_of_kio(case: Case) -> type[Any]:
    name, version = case.codec.message_type.__name__, case.codec.version
    if case.api_key is None:
        path = {
            "ConsumerProtocolSubscription": "consumer_protocol_subscription",
            "ConsumerProtocolAssignment": "consumer_protocol_assignment",
        }[name]
        return load_entity_schema(path, version, EntityType.data)
    load = load_request_schema if name.endswith("Request") else load_response_schema
    return load(case.api_key, version)


@every_case
def test_kio_reads_and_writes_the_same_bytes(case: Case) -> None:
    schema = schema_of_kio(case)
    read, write = entity_reader(schema), entity_writer(schema)

    @quick
    @given(messages_of(case, tame=True))
    def check(message: Any) -> None:
        encoded = case.codec.encode(message)
        theirs, size = read(encoded, 0)
        assert size == len(encoded)
        written = io.BytesIO()
        write(written, theirs)
        assert written.getvalue() == encoded
        assert case.codec.decode(written.getvalue()) == message

    check()


@every_case
def test_names_and_defaults_are_those_of_kafka(case: Case) -> None:
    check_names(case.codec.message_type, schema_of_kio(case), case.codec.version)


def check_names(ours: type[Any], theirs: type[Any], version: int) -> None:
    declared = [declared for declared in schema_of(ours) if declared.is_in(version)]
    hints = typing.get_type_hints(theirs)
    assert ours.__name__ == theirs.__name__
    fields = dataclasses.fields(theirs)
    assert [name_in_kio(item.name, hints) for item in declared] == [item.name for item in fields]
    for item, field in zip(declared, fields, strict=True):
        if item.name == field.name and type(field.default) in (int, bool, str, type(None)):
            assert item.default is not None, item.name
            assert item.default() == without_zero_uuid(field.default, item), item.name
        kind = item.kind.element if isinstance(item.kind, Array) else item.kind
        if isinstance(kind, Struct):
            check_names(kind.type, struct_in(hints[field.name]), version)


def without_zero_uuid(default: Any, item: FieldSchema) -> Any:
    """kio says None for the ID of zeros."""
    return ZERO_UUID if default is None and item.kind is types.UUID else default


def name_in_kio(name: str, hints: dict[str, Any]) -> str:
    short = name.removesuffix("_ms")
    return short if short in hints else name


def struct_in(hint: Any) -> type[Any]:
    """The struct in an annotation such as `tuple[FetchTopic, ...] | None`."""
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return hint
    return next(struct_in(argument) for argument in typing.get_args(hint) if argument not in (type(None), ...))


@pytest.mark.parametrize("api", APIS, ids=[api.name for api in APIS])
def test_versions_are_those_of_kafka(api: Any) -> None:
    known = sorted(schema_name_map[api_key_map[api.key]])
    if api.name in UNSTABLE_IN_KAFKA:
        known.remove(UNSTABLE_IN_KAFKA[api.name])
    assert known == list(range(api.min_version, api.max_version + 1))
    for version in known:
        request, response = load_request_schema(api.key, version), load_response_schema(api.key, version)
        assert request.__flexible__ == response.__flexible__ == api.is_flexible(version)
        assert has_flexible_header(api.key, version) == (request.__header_schema__.__version__ == 2)
        has_tags = len(response_header_bytes(api, version, 1)) == 5
        assert has_tags == (response.__header_schema__.__version__ == 1)


@pytest.mark.parametrize("client_id", [None, "", "console-producer", "é" * 200])
def test_request_header(client_id: str | None) -> None:
    api = APIS[1]
    for version in (api.min_version, api.max_version):
        schema: Any = load_request_schema(api.key, version).__header_schema__
        theirs = schema(request_api_key=api.key, request_api_version=version, correlation_id=-7, client_id=client_id)
        written = io.BytesIO()
        entity_writer(schema)(written, theirs)
        assert written.getvalue() == request_header_bytes(api, version, -7, client_id)
