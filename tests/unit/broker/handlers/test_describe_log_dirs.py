"""DescribeLogDirs: sizes by directory, null and empty topics, a directory that is offline."""

import asyncio
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from barnabas.broker.context import RequestContext
from barnabas.broker.handlers.describe_log_dirs import DescribeLogDirs
from barnabas.foundation.errors import ErrorCode
from barnabas.foundation.identifiers import TopicPartition
from barnabas.protocol.messages.describe_log_dirs import (
    DESCRIBE_LOG_DIRS,
    DescribableLogDirTopic,
    DescribeLogDirsRequest,
    DescribeLogDirsResponse,
)


@dataclass(frozen=True)
class Log:
    size_bytes: int


@dataclass(frozen=True)
class Directory:
    path: str
    logs: Mapping[TopicPartition, Log]


@dataclass(frozen=True)
class Directories:
    paths: list[str]
    directories: list[Directory]


def two_directories(folder: Path) -> Directories:
    logs = {
        TopicPartition("orders", 0): Log(100),
        TopicPartition("plain", 0): Log(7),
        TopicPartition("orders", 2): Log(0),
    }
    first = Directory(str(folder), logs)
    return Directories([first.path, str(folder / "broken")], [first])


def ask(directories: Directories, topics: list[DescribableLogDirTopic] | None, version: int) -> DescribeLogDirsResponse:
    context = RequestContext(version, "client", "/127.0.0.1", 1)
    response = asyncio.run(DescribeLogDirs(directories)(DescribeLogDirsRequest(topics=topics), context))
    DESCRIBE_LOG_DIRS.response_codec(version).encode(response)
    return response


def sizes(response: DescribeLogDirsResponse) -> list[dict[str, list[tuple[int, int]]]]:
    return [
        {
            topic.name: [(partition.partition_index, partition.partition_size) for partition in topic.partitions]
            for topic in result.topics
        }
        for result in response.results
    ]


@pytest.mark.parametrize("version", [1, 2, 3, 4])
def test_all_topics(tmp_path: Path, version: int) -> None:
    response = ask(two_directories(tmp_path), None, version)
    assert response.error_code == ErrorCode.NONE
    assert [(result.log_dir, result.error_code) for result in response.results] == [
        (str(tmp_path), ErrorCode.NONE),
        (os.path.join(tmp_path, "broken"), ErrorCode.KAFKA_STORAGE_ERROR),
    ]
    assert sizes(response) == [{"orders": [(0, 100), (2, 0)], "plain": [(0, 7)]}, {}]
    partitions = [partition for topic in response.results[0].topics for partition in topic.partitions]
    assert {(partition.offset_lag, partition.is_future_key) for partition in partitions} == {(0, False)}


def test_only_what_is_asked_for_and_here(tmp_path: Path) -> None:
    wanted = [
        DescribableLogDirTopic(topic="orders", partitions=[2, 9]),
        DescribableLogDirTopic(topic="orders", partitions=[2]),
        DescribableLogDirTopic(topic="plain", partitions=[1]),
        DescribableLogDirTopic(topic="nope", partitions=[0]),
    ]
    assert sizes(ask(two_directories(tmp_path), wanted, 4)) == [{"orders": [(2, 0)]}, {}]


def test_no_topics_still_name_the_directories(tmp_path: Path) -> None:
    response = ask(two_directories(tmp_path), [], 4)
    assert sizes(response) == [{}, {}]
    assert [result.error_code for result in response.results] == [ErrorCode.NONE, ErrorCode.KAFKA_STORAGE_ERROR]


def test_the_volume(tmp_path: Path) -> None:
    online, offline = ask(two_directories(tmp_path), [], 4).results
    assert online.total_bytes == shutil.disk_usage(tmp_path).total
    assert 0 < online.usable_bytes <= online.total_bytes
    assert (offline.total_bytes, offline.usable_bytes) == (-1, -1)


def test_a_directory_that_has_gone(tmp_path: Path) -> None:
    gone = Directory(str(tmp_path / "gone"), {TopicPartition("orders", 0): Log(1)})
    (result,) = ask(Directories([gone.path], [gone]), None, 4).results
    assert (result.error_code, result.topics) == (ErrorCode.KAFKA_STORAGE_ERROR, [])
