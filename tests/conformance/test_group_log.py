"""Apache Kafka's DumpLogSegments reads what our group coordinator writes into `__consumer_offsets`."""

from __future__ import annotations

import asyncio
import json
import re
import uuid
from pathlib import Path
from typing import Any

import pytest

from barnabas.foundation.clock import ManualClock
from barnabas.foundation.identifiers import TopicPartition
from barnabas.protocol.messages.delete_groups import DeleteGroupsRequest
from barnabas.protocol.records import stamp_batch
from barnabas.storage import LogConfig, LogDirectory, SystemFileSystem
from conformance.command_line import JAVA_OPTIONS, succeed
from conformance.kafka_jars import JarsUnavailable, class_path
from programs import cannot_run, require_program
from unit.coordinators.consumer_group_world import ConsumerWorld, Reader
from unit.coordinators.group_world import Caller, Client, World, form_group

NOW_MS = 1_700_000_000_000

pytestmark = [pytest.mark.jvm, pytest.mark.timeout(300)]


def subscription(*topics: str) -> bytes:
    """ConsumerProtocolSubscription, version 0: topics and no user data."""
    names = b"".join(len(topic).to_bytes(2, "big") + topic.encode() for topic in topics)
    return b"\x00\x00" + len(topics).to_bytes(4, "big") + names + b"\xff\xff\xff\xff"


def assignment(topic: str, *partitions: int) -> bytes:
    """ConsumerProtocolAssignment, version 0: partitions of one topic and no user data."""
    numbers = b"".join(partition.to_bytes(4, "big") for partition in partitions)
    name = len(topic).to_bytes(2, "big") + topic.encode()
    return b"\x00\x00\x00\x00\x00\x01" + name + len(partitions).to_bytes(4, "big") + numbers + b"\xff\xff\xff\xff"


async def a_groups_life(world: World) -> None:
    """A member joins, is assigned partitions, commits, leaves; its group and that of a simple consumer are deleted."""
    await world.start()
    member = Client(world, "reader", instance_id="instance", protocols=(("range", subscription("orders")),))
    joining = asyncio.create_task(member.join())
    await world.settle()
    await world.advance(3_000)
    await joining
    await member.sync({member.member_id: assignment("orders", 0, 1)})
    await world.commit({("orders", 0): 7, ("orders", 1): 8}, member, metadata="so far")
    await world.commit({("orders", 0): 9}, group_id="simple", retention_time_ms=1_000, api_version=4)
    await member.leave()
    await world.coordinator.delete_groups(DeleteGroupsRequest(groups_names=["readers", "simple"]), Caller())
    await world.coordinator.close()


def write_log(folder: Path, batches: list[bytes]) -> Path:
    directory = LogDirectory.open(
        str(folder), defaults=LogConfig(), filesystem=SystemFileSystem(), clock=ManualClock(NOW_MS)
    )
    log = directory.create_log(TopicPartition("__consumer_offsets", 0), uuid.uuid4())
    for batch in batches:
        produced = bytearray(batch)
        stamp_batch(produced, 0, base_offset=0, leader_epoch=-1)
        log.append_as_leader(memoryview(produced), leader_epoch=0, now_ms=NOW_MS)
    directory.close()
    return next((folder / "__consumer_offsets-0").glob("*.log"))


def dump(file: Path) -> list[tuple[Any, Any]]:
    """Keys and values as Kafka's decoder understands them."""
    java = require_program("java")
    try:
        jars = class_path("4.1.1")
    except JarsUnavailable as error:
        cannot_run(str(error))
    command = [java, *JAVA_OPTIONS, "-cp", jars, "kafka.tools.DumpLogSegments"]
    output = succeed(command, "--offsets-decoder", "--files", str(file), timeout_seconds=120).output
    found = re.findall(r"^\| offset: .*? key: (\{.*\}) payload: (.*)$", output, re.MULTILINE)
    assert found, output
    return [(json.loads(key), json.loads(value) if value.startswith("{") else None) for key, value in found]


def test_kafka_decodes_every_record_of_a_groups_life(tmp_path: Path) -> None:
    world = World(clock=ManualClock(NOW_MS))
    asyncio.run(a_groups_life(world))
    records = dump(write_log(tmp_path, world.sink.batches[0]))

    def offsets(group: str) -> list[Any]:
        return [
            (key["data"]["partition"], value and (value["version"], value["data"]))
            for key, value in records
            if int(key["type"]) == 1 and key["data"]["group"] == group
        ]

    groups = [value for key, value in records if int(key["type"]) == 2 and key["data"]["group"] == "readers"]
    commit_ms = NOW_MS + 3_000
    committed = {"leaderEpoch": 3, "metadata": "so far", "commitTimestamp": commit_ms}
    assert offsets("readers") == [
        (0, ("4", {"offset": 7, **committed})),
        (1, ("4", {"offset": 8, **committed})),
        (0, None),
        (1, None),
    ]
    assert offsets("simple") == [
        (0, ("1", {"offset": 9, "metadata": "", "commitTimestamp": commit_ms, "expireTimestamp": commit_ms + 1_000})),
        (0, None),
    ]
    new, stable, empty, tombstone = groups
    assert [entry["version"] for entry in (new, stable, empty)] == ["3", "3", "3"]
    assert (new["data"]["generation"], new["data"]["members"]) == (0, [])
    assert (stable["data"]["generation"], stable["data"]["protocol"]) == (1, "range")
    (member,) = stable["data"]["members"]
    assert member["memberId"] == stable["data"]["leader"]
    assert (member["groupInstanceId"], member["clientId"]) == ("instance", "reader")
    assert (member["rebalanceTimeout"], member["sessionTimeout"]) == (60_000, 10_000)
    assert (empty["data"]["generation"], empty["data"]["protocolType"], empty["data"]["members"]) == (2, "consumer", [])
    assert tombstone is None


def test_the_coordinator_of_the_decoded_log_has_a_stable_group(tmp_path: Path) -> None:
    """Kafka's decoder and our replay agree on who is in the group."""
    world = World(clock=ManualClock(NOW_MS))

    async def form() -> None:
        await world.start()
        await form_group(world, *(Client(world, name) for name in "abc"))
        await world.coordinator.close()

    asyncio.run(form())
    *_, (_, last) = dump(write_log(tmp_path, world.sink.batches[0]))
    replayed = world.replayed().groups["readers"]
    assert {member["memberId"] for member in last["data"]["members"]} == set(replayed.members)
    assert last["data"]["leader"] == replayed.leader_id


def test_kafka_decodes_every_record_of_a_consumer_groups_life(tmp_path: Path) -> None:
    """A static member that subscribes to a pattern, a second member, the first one's leaving, deletion."""
    world = ConsumerWorld(clock=ManualClock(NOW_MS))
    world.create("orders", 2)

    async def live() -> None:
        await world.start()
        first, second = Reader(world, "a", ["orders"], "i"), Reader(world, "b", ["orders"])
        await first.join(subscribed_topic_names=[], subscribed_topic_regex="ord.*", server_assignor="range")
        await second.join()
        await first.beat()
        first.give_back()
        for reader in (first, second):
            await reader.beat()
        await first.leave()
        await second.leave()
        await world.coordinator.delete_groups(DeleteGroupsRequest(groups_names=["readers"]), Caller())
        await world.coordinator.close()

    asyncio.run(live())
    records = dump(write_log(tmp_path, world.sink.batches[0]))
    by_type: dict[int, list[tuple[Any, Any]]] = {}
    for key, value in records:
        by_type.setdefault(int(key["type"]), []).append((key["data"], value and value["data"]))
    assert sorted(by_type) == [3, 5, 6, 7, 8, 16]
    assert [value and value["epoch"] for _, value in by_type[3]] == [1, 2, 3, 4, None]
    assert [value and value["assignmentEpoch"] for _, value in by_type[6]][:2] == [1, 2]
    described = by_type[5][0]
    assert described[0] == {"groupId": "readers", "memberId": "a"}
    assert (described[1]["instanceId"], described[1]["subscribedTopicRegex"]) == ("i", "ord.*")
    assert (described[1]["serverAssignor"], described[1]["rebalanceTimeoutMs"]) == ("range", 60_000)
    assert "classicMemberMetadata" not in described[1] or described[1]["classicMemberMetadata"] is None
    assert by_type[7][0][1]["topicPartitions"][0]["partitions"] == [0, 1]
    current = [value for key, value in by_type[8] if value and key["memberId"] == "a"]
    assert [(entry["memberEpoch"], entry["state"]) for entry in current] == [(1, 0), (1, 1), (2, 0)]
    assert current[1]["partitionsPendingRevocation"][0]["partitions"] == [1]
    assert by_type[16][0][0]["regularExpression"] == "ord.*"
    assert by_type[16][0][1]["topics"] == ["orders"]
    for kind in by_type.values():
        newest = {json.dumps(key): value for key, value in kind}
        assert set(newest.values()) == {None}
