"""`kafka-log-dirs`: what is made of the brokers' answers."""

from __future__ import annotations

import pytest

from barnabas.cli.failures import InvalidUsage
from barnabas.cli.log_dirs import LogDirsOptions, broker_order, document
from barnabas.cli.wire_client import refuse_security
from barnabas.foundation.errors import ErrorCode
from barnabas.protocol.messages.describe_log_dirs import (
    DescribeLogDirsPartition,
    DescribeLogDirsResult,
    DescribeLogDirsTopic,
)


def options(**given: str) -> LogDirsOptions:
    unset = {"broker_list": None, "topic_list": None, "command_config": None}
    return LogDirsOptions(bootstrap_server="a:1", describe=True, json=False, **{**unset, **given})


RESULTS = [
    DescribeLogDirsResult(
        log_dir="/data",
        total_bytes=1000,
        usable_bytes=400,
        topics=[
            DescribeLogDirsTopic(
                name=name, partitions=[DescribeLogDirsPartition(partition_index=0, partition_size=size)]
            )
            for name, size in (("orders", 5), ("plain", 7))
        ],
    ),
    DescribeLogDirsResult(log_dir="/broken", error_code=ErrorCode.KAFKA_STORAGE_ERROR),
]


def test_directories_with_what_was_asked_for() -> None:
    (broker,) = document({3: RESULTS}, {"plain"})["brokers"]
    by_path = {directory["logDir"]: directory for directory in broker["logDirs"]}
    assert broker["broker"] == 3
    assert list(by_path["/data"]) == ["partitions", "error", "logDir"]
    assert by_path["/data"]["partitions"] == [{"partition": "plain-0", "size": 7, "offsetLag": 0, "isFuture": False}]
    assert by_path["/broken"] == {
        "partitions": [],
        "error": "org.apache.kafka.common.errors.KafkaStorageException",
        "logDir": "/broken",
    }


def test_volumes_are_added_for_programs() -> None:
    (broker,) = document({3: RESULTS}, set(), with_volumes=True)["brokers"]
    volumes = {entry["logDir"]: (entry["totalBytes"], entry["usableBytes"]) for entry in broker["logDirs"]}
    assert volumes == {"/data": (1000, 400), "/broken": (-1, -1)}


def test_lists() -> None:
    assert options(broker_list="3,,1,3", topic_list=",a,b,a").brokers == [3, 1]
    assert options(topic_list=",a,b,a").topics == {"a", "b"}
    assert options().brokers == []
    with pytest.raises(InvalidUsage, match='For input string: "x"'):
        assert options(broker_list="1,x").brokers
    assert broker_order([40, 7, 23, 16]) == [16, 7, 23, 40]


def test_only_plain_text() -> None:
    refuse_security({"security.protocol": "PLAINTEXT", "ssl.truststore.location": "x"}, "log-dirs")
    with pytest.raises(InvalidUsage, match=r"security\.protocol=SSL is not supported by log-dirs"):
        refuse_security({"security.protocol": "SSL"}, "log-dirs")
