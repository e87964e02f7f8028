"""Two admin calls that confluent-kafka's librdkafka has and its Python binding lacks.

The binding keeps one synonym of a config entry per name, where Kafka sends one per source; and it has no call to
delete a group's offsets. Both are made here on the very library that confluent-kafka has loaded, through its public C
interface. Every pointer that librdkafka hands out lives as long as the event it came with, so all is copied before
the event goes.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from ctypes import POINTER, Structure, byref, c_char_p, c_int, c_int32, c_int64, c_size_t, c_void_p
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from barnabas.cli.failures import ToolFailure
from barnabas.foundation.identifiers import TopicPartition

PRODUCER: Final = 0
ERROR_TEXT_BYTES: Final = 512


class CallFailed(Exception):
    """A call's error: librdkafka's code and what the broker said."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message.removeprefix("Broker: ")


@dataclass(frozen=True, slots=True)
class ConfigSynonym:
    """One place where a setting has a value; `source` is the protocol's number."""

    source: int
    name: str
    value: str | None


@dataclass(frozen=True, slots=True)
class ConfigValue:
    """A setting of a resource, and every place its value could come from, the strongest first."""

    name: str
    value: str | None
    source: int
    is_sensitive: bool
    synonyms: tuple[ConfigSynonym, ...]


class _Partition(Structure):
    _fields_ = (
        ("topic", c_char_p),
        ("partition", c_int32),
        ("offset", c_int64),
        ("metadata", c_void_p),
        ("metadata_size", c_size_t),
        ("opaque", c_void_p),
        ("error", c_int),
        ("private", c_void_p),
    )


class _PartitionList(Structure):
    _fields_ = (("count", c_int), ("size", c_int), ("elements", POINTER(_Partition)))


# Every function used: its result, then its arguments.
_SIGNATURES: Final[dict[str, tuple[Any, ...]]] = {
    "conf_new": (c_void_p,),
    "conf_set": (c_int, c_void_p, c_char_p, c_char_p, c_char_p, c_size_t),
    "new": (c_void_p, c_int, c_void_p, c_char_p, c_size_t),
    "destroy": (None, c_void_p),
    "err2str": (c_char_p, c_int),
    "error_code": (c_int, c_void_p),
    "error_string": (c_char_p, c_void_p),
    "queue_new": (c_void_p, c_void_p),
    "queue_poll": (c_void_p, c_void_p, c_int),
    "queue_destroy": (None, c_void_p),
    "event_error": (c_int, c_void_p),
    "event_error_string": (c_char_p, c_void_p),
    "event_destroy": (None, c_void_p),
    "ConfigResource_new": (c_void_p, c_int, c_char_p),
    "ConfigResource_destroy": (None, c_void_p),
    "ConfigResource_error": (c_int, c_void_p),
    "ConfigResource_error_string": (c_char_p, c_void_p),
    "ConfigResource_configs": (POINTER(c_void_p), c_void_p, POINTER(c_size_t)),
    "DescribeConfigs": (None, c_void_p, POINTER(c_void_p), c_size_t, c_void_p, c_void_p),
    "event_DescribeConfigs_result": (c_void_p, c_void_p),
    "DescribeConfigs_result_resources": (POINTER(c_void_p), c_void_p, POINTER(c_size_t)),
    "ConfigEntry_name": (c_char_p, c_void_p),
    "ConfigEntry_value": (c_char_p, c_void_p),
    "ConfigEntry_source": (c_int, c_void_p),
    "ConfigEntry_is_sensitive": (c_int, c_void_p),
    "ConfigEntry_synonyms": (POINTER(c_void_p), c_void_p, POINTER(c_size_t)),
    "topic_partition_list_new": (POINTER(_PartitionList), c_int),
    "topic_partition_list_add": (c_void_p, POINTER(_PartitionList), c_char_p, c_int32),
    "topic_partition_list_destroy": (None, POINTER(_PartitionList)),
    "DeleteConsumerGroupOffsets_new": (c_void_p, c_char_p, POINTER(_PartitionList)),
    "DeleteConsumerGroupOffsets_destroy": (None, c_void_p),
    "DeleteConsumerGroupOffsets": (None, c_void_p, POINTER(c_void_p), c_size_t, c_void_p, c_void_p),
    "event_DeleteConsumerGroupOffsets_result": (c_void_p, c_void_p),
    "DeleteConsumerGroupOffsets_result_groups": (POINTER(c_void_p), c_void_p, POINTER(c_size_t)),
    "group_result_error": (c_void_p, c_void_p),
    "group_result_partitions": (POINTER(_PartitionList), c_void_p),
}


@cache
def _library() -> dict[str, Callable[..., Any]]:
    """librdkafka's functions, from the copy that confluent-kafka uses."""
    from confluent_kafka import cimpl

    extension = Path(cimpl.__file__)
    candidates = [extension]
    if sys.platform == "win32":
        # There a library shows only what is its own, so look at librdkafka's file, which the extension has loaded.
        candidates = sorted(extension.parent.parent.glob("confluent_kafka.libs/librdkafka*.dll"))
    for candidate in candidates:
        library = ctypes.CDLL(str(candidate))
        try:
            functions = {name: getattr(library, f"rd_kafka_{name}") for name in _SIGNATURES}
        except AttributeError:
            continue
        for name, (result, *arguments) in _SIGNATURES.items():
            functions[name].restype, functions[name].argtypes = result, arguments
        return functions
    raise ToolFailure("the installed confluent-kafka shows no librdkafka functions; reinstall its wheel")


def _text(data: bytes | None) -> str:
    return "" if data is None else data.decode("utf-8", "replace")


def _text_or_none(data: bytes | None) -> str | None:
    return None if data is None else _text(data)


class NativeAdmin:
    """An admin client of librdkafka's own; made by `native_admin`."""

    def __init__(self, handle: int, timeout_seconds: float) -> None:
        self._rd = _library()
        self._handle = handle
        self._timeout_ms = int(timeout_seconds * 1000)

    @contextmanager
    def _answer(self, ask: Callable[[int], None]) -> Iterator[int]:
        """The event that answers a call; raises CallFailed."""
        rd = self._rd
        queue = rd["queue_new"](self._handle)
        try:
            ask(queue)
            event = rd["queue_poll"](queue, self._timeout_ms)
            if not event:
                raise CallFailed(-185, "Timed out")
            try:
                if rd["event_error"](event):
                    raise CallFailed(rd["event_error"](event), _text(rd["event_error_string"](event)))
                yield event
            finally:
                rd["event_destroy"](event)
        finally:
            rd["queue_destroy"](queue)

    def describe_configs(self, resource_type: int, name: str) -> list[ConfigValue]:
        """All settings of one resource, in the order the broker sends them; raises CallFailed."""
        rd = self._rd
        resource = rd["ConfigResource_new"](resource_type, name.encode())
        resources = (c_void_p * 1)(resource)
        count = c_size_t()
        try:
            with self._answer(lambda queue: rd["DescribeConfigs"](self._handle, resources, 1, None, queue)) as event:
                result = rd["event_DescribeConfigs_result"](event)
                described = rd["DescribeConfigs_result_resources"](result, byref(count))[0]
                code = rd["ConfigResource_error"](described)
                if code:
                    message = rd["ConfigResource_error_string"](described) or rd["err2str"](code)
                    raise CallFailed(code, _text(message))
                entries = rd["ConfigResource_configs"](described, byref(count))
                return [self._config(entries[index]) for index in range(count.value)]
        finally:
            rd["ConfigResource_destroy"](resource)

    def _config(self, entry: int) -> ConfigValue:
        rd = self._rd
        count = c_size_t()
        synonyms = rd["ConfigEntry_synonyms"](entry, byref(count))
        return ConfigValue(
            _text(rd["ConfigEntry_name"](entry)),
            _text_or_none(rd["ConfigEntry_value"](entry)),
            rd["ConfigEntry_source"](entry),
            bool(rd["ConfigEntry_is_sensitive"](entry)),
            tuple(
                ConfigSynonym(
                    rd["ConfigEntry_source"](synonyms[index]),
                    _text(rd["ConfigEntry_name"](synonyms[index])),
                    _text_or_none(rd["ConfigEntry_value"](synonyms[index])),
                )
                for index in range(count.value)
            ),
        )

    def delete_group_offsets(
        self, group: str, partitions: Sequence[TopicPartition]
    ) -> dict[TopicPartition, CallFailed | None]:
        """What became of each partition; raises CallFailed when the group itself is refused."""
        rd = self._rd
        wanted = rd["topic_partition_list_new"](len(partitions))
        for partition in partitions:
            rd["topic_partition_list_add"](wanted, partition.topic.encode(), partition.partition)
        request = rd["DeleteConsumerGroupOffsets_new"](group.encode(), wanted)
        rd["topic_partition_list_destroy"](wanted)
        requests = (c_void_p * 1)(request)
        count = c_size_t()
        try:
            with self._answer(
                lambda queue: rd["DeleteConsumerGroupOffsets"](self._handle, requests, 1, None, queue)
            ) as event:
                result = rd["event_DeleteConsumerGroupOffsets_result"](event)
                group_result = rd["DeleteConsumerGroupOffsets_result_groups"](result, byref(count))[0]
                error = rd["group_result_error"](group_result)
                if error:
                    raise CallFailed(rd["error_code"](error), _text(rd["error_string"](error)))
                done = rd["group_result_partitions"](group_result).contents
                return {
                    TopicPartition(_text(element.topic), element.partition): self._failure(element.error)
                    for element in (done.elements[index] for index in range(done.count))
                }
        finally:
            rd["DeleteConsumerGroupOffsets_destroy"](request)

    def _failure(self, code: int) -> CallFailed | None:
        return CallFailed(code, _text(self._rd["err2str"](code))) if code else None


@contextmanager
def native_admin(settings: Mapping[str, str], timeout_seconds: float) -> Iterator[NativeAdmin]:
    """A client with these librdkafka settings, gone at the end."""
    rd = _library()
    problem = ctypes.create_string_buffer(ERROR_TEXT_BYTES)
    configuration = rd["conf_new"]()
    for name, value in settings.items():
        if rd["conf_set"](configuration, name.encode(), value.encode(), problem, ERROR_TEXT_BYTES):
            raise ToolFailure(f"invalid client property: {_text(problem.value)}")
    handle = rd["new"](PRODUCER, configuration, problem, ERROR_TEXT_BYTES)
    if not handle:
        raise ToolFailure(f"the client could not be started: {_text(problem.value)}")
    try:
        yield NativeAdmin(handle, timeout_seconds)
    finally:
        rd["destroy"](handle)
