"""DescribeLogDirs: which log lies in which directory, and how much space it takes (KIP-113, KIP-827).

Behaviour
    Null topics mean all; partitions that are not here are left out, and so are topics of which none is. An empty list
    of topics still names the directories. A directory that is offline has KAFKA_STORAGE_ERROR and nothing else.
Versions
    v2  flexible
    v3  an error code for the whole response (that of authorization)
    v4  how many bytes the directory's volume has, and how many of them are free
"""

import asyncio
import os
import shutil
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final, Protocol

from barnabas.broker.context import RequestContext
from barnabas.foundation.errors import ErrorCode
from barnabas.foundation.identifiers import TopicPartition
from barnabas.protocol.messages.describe_log_dirs import (
    DescribableLogDirTopic,
    DescribeLogDirsPartition,
    DescribeLogDirsRequest,
    DescribeLogDirsResponse,
    DescribeLogDirsResult,
    DescribeLogDirsTopic,
)

MAX_BYTES: Final = 2**63 - 1
NOT_BEHIND: Final = 0
"""The lag of a log that is no copy on its way to another directory; such copies are not made here."""


class SizedLog(Protocol):
    """A log, as far as its size goes."""

    @property
    def size_bytes(self) -> int: ...


class DirectoryOfLogs(Protocol):
    """A directory that is online."""

    @property
    def path(self) -> str: ...

    @property
    def logs(self) -> Mapping[TopicPartition, SizedLog]: ...


class DataDirectories(Protocol):
    """All of a broker's directories."""

    @property
    def paths(self) -> Sequence[str]:
        """Their paths, as configured."""

    @property
    def directories(self) -> Sequence[DirectoryOfLogs]:
        """Those that are online; the others are offline."""


@dataclass(frozen=True, slots=True)
class DescribeLogDirs:
    data_directories: DataDirectories

    async def __call__(self, request: DescribeLogDirsRequest, context: RequestContext) -> DescribeLogDirsResponse:
        wanted = None if request.topics is None else _partitions(request.topics)
        return DescribeLogDirsResponse(results=await asyncio.to_thread(self._describe, wanted))

    def _describe(self, wanted: AbstractSet[TopicPartition] | None) -> list[DescribeLogDirsResult]:
        online = {directory.path: directory for directory in self.data_directories.directories}
        return [_result(path, online.get(path), wanted) for path in self.data_directories.paths]


def _partitions(topics: Sequence[DescribableLogDirTopic]) -> set[TopicPartition]:
    return {TopicPartition(topic.topic, partition) for topic in topics for partition in topic.partitions}


def _result(
    path: str, directory: DirectoryOfLogs | None, wanted: AbstractSet[TopicPartition] | None
) -> DescribeLogDirsResult:
    absolute = os.path.abspath(path)  # noqa: PTH100 - links are left as they are
    if directory is None:
        return DescribeLogDirsResult(error_code=ErrorCode.KAFKA_STORAGE_ERROR, log_dir=absolute)
    try:
        volume = shutil.disk_usage(path)
    except OSError:
        return DescribeLogDirsResult(error_code=ErrorCode.KAFKA_STORAGE_ERROR, log_dir=absolute)
    topics: dict[str, DescribeLogDirsTopic] = {}
    for name, log in directory.logs.items():
        if wanted is None or name in wanted:
            entry = DescribeLogDirsPartition(
                partition_index=name.partition, partition_size=log.size_bytes, offset_lag=NOT_BEHIND
            )
            topics.setdefault(name.topic, DescribeLogDirsTopic(name=name.topic)).partitions.append(entry)
    return DescribeLogDirsResult(
        log_dir=absolute,
        topics=list(topics.values()),
        total_bytes=min(volume.total, MAX_BYTES),
        usable_bytes=min(volume.free, MAX_BYTES),
    )
