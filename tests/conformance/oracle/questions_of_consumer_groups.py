"""What members of a group of the consumer protocol can ask (KIP-848), heartbeat by heartbeat."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any, Final

from barnabas.foundation.errors import ErrorCode
from barnabas.protocol.messages.consumer_group_describe import CONSUMER_GROUP_DESCRIBE, ConsumerGroupDescribeRequest
from barnabas.protocol.messages.consumer_group_heartbeat import (
    CONSUMER_GROUP_HEARTBEAT,
    ConsumerGroupHeartbeatRequest,
    TopicPartitions,
)
from barnabas.protocol.messages.delete_groups import DELETE_GROUPS, DeleteGroupsRequest
from barnabas.protocol.messages.describe_groups import DESCRIBE_GROUPS, DescribeGroupsRequest
from barnabas.protocol.messages.find_coordinator import FIND_COORDINATOR, FindCoordinatorRequest
from barnabas.protocol.messages.join_group import JOIN_GROUP, JoinGroupRequest, JoinGroupRequestProtocol
from barnabas.protocol.messages.list_groups import LIST_GROUPS, ListGroupsRequest
from barnabas.protocol.messages.offset_commit import (
    OFFSET_COMMIT,
    OffsetCommitRequest,
    OffsetCommitRequestPartition,
    OffsetCommitRequestTopic,
)
from barnabas.protocol.messages.offset_fetch import (
    OFFSET_FETCH,
    OffsetFetchRequest,
    OffsetFetchRequestGroup,
    OffsetFetchRequestTopics,
)
from conformance.oracle.side import Question, Side, Told

READY_TIMEOUT_S: Final = 10.0


@dataclass
class Group:
    """A group on one side; remembers what it was told, by the number and name of each step."""

    side: Side
    name: str
    told: Told = field(default_factory=dict)

    def __post_init__(self) -> None:
        deadline = time.monotonic() + READY_TIMEOUT_S
        while time.monotonic() < deadline:
            found = self.side.ask(FIND_COORDINATOR, 4, FindCoordinatorRequest(coordinator_keys=[self.name]))
            described = self.side.ask(CONSUMER_GROUP_DESCRIBE, 0, ConsumerGroupDescribeRequest(group_ids=[self.name]))
            if not found.coordinators[0].error_code and described.groups[0].error_code == ErrorCode.GROUP_ID_NOT_FOUND:
                return
            time.sleep(0.2)
        raise AssertionError("no coordinator")

    def note(self, what: str, answer: Any) -> None:
        self.told[f"{len(self.told)} {what}"] = answer

    def topics(self, topic_partitions: Any) -> dict[str, list[int]]:
        names = {topic_id: name for name, topic_id in self.side._ids.items()}
        return {names.get(topic.topic_id, "another"): sorted(topic.partitions) for topic in topic_partitions}

    def beat(self, member: str, epoch: int, *, version: int = 1, **more: Any) -> Any:
        """A heartbeat; `owns` and `names` in short."""
        if "owns" in more:
            more["topic_partitions"] = [
                TopicPartitions(topic_id=self.side.topic_id(topic), partitions=list(partitions))
                for topic, partitions in more.pop("owns").items()
            ]
        if "names" in more:
            more["subscribed_topic_names"] = more.pop("names")
        request = ConsumerGroupHeartbeatRequest(group_id=self.name, member_id=member, member_epoch=epoch, **more)
        answer = self.side.ask(CONSUMER_GROUP_HEARTBEAT, version, request)
        told: Any = answer
        if answer != "no answer":
            assigned = None if answer.assignment is None else self.topics(answer.assignment.topic_partitions)
            told = (
                ErrorCode(answer.error_code).name,
                answer.error_message,
                answer.member_id if member else bool(answer.member_id),
                answer.member_epoch,
                answer.heartbeat_interval_ms,
                assigned,
            )
        self.note(f"heartbeat {member} {epoch}", told)
        return answer

    def join(self, member: str, *names: str, **more: Any) -> Any:
        fields = {"rebalance_timeout_ms": 60_000, "topic_partitions": [], "names": list(names), **more}
        return self.beat(member, 0, **fields)

    def matches(self, pattern: str) -> Any:
        """The error of a subscription to a pattern, or the partitions that it leads to."""
        answer = self.beat(
            "p", 0, rebalance_timeout_ms=1000, topic_partitions=[], subscribed_topic_regex=pattern, names=[]
        )
        if answer.error_code:
            return ErrorCode(answer.error_code).name
        deadline = time.monotonic() + READY_TIMEOUT_S
        while not (answer.assignment and answer.assignment.topic_partitions) and time.monotonic() < deadline:
            time.sleep(0.05)
            answer = self.beat("p", answer.member_epoch)
        self.beat("p", -1)
        return sorted(self.topics(answer.assignment.topic_partitions)) if answer.assignment else "nothing"

    def describe(self, version: int = 1) -> None:
        request = ConsumerGroupDescribeRequest(group_ids=[self.name], include_authorized_operations=True)
        (group,) = self.side.ask(CONSUMER_GROUP_DESCRIBE, version, request).groups
        members = sorted(
            (
                member.member_id,
                member.instance_id,
                member.rack_id,
                member.member_epoch,
                member.subscribed_topic_names,
                member.subscribed_topic_regex or None,
                self.topics(member.assignment.topic_partitions),
                self.topics(member.target_assignment.topic_partitions),
                member.member_type,
            )
            for member in group.members
        )
        epochs = (group.group_epoch, group.assignment_epoch)
        named = (group.error_code, group.error_message, group.group_state, group.assignor_name)
        self.note("describe", (*named, epochs, members, group.authorized_operations))

    def commit(self, member: str, epoch: int, *, version: int = 9) -> None:
        topic = OffsetCommitRequestTopic(
            name="cg", partitions=[OffsetCommitRequestPartition(partition_index=0, committed_offset=epoch)]
        )
        request = OffsetCommitRequest(
            group_id=self.name, generation_id_or_member_epoch=epoch, member_id=member, topics=[topic]
        )
        answer = self.side.ask(OFFSET_COMMIT, version, request)
        codes = answer if answer == "no answer" else answer.topics[0].partitions[0].error_code
        self.note(f"commit v{version} {member} {epoch}", codes)

    def fetch(self, member: str | None, epoch: int) -> None:
        asked = OffsetFetchRequestGroup(
            group_id=self.name,
            member_id=member,
            member_epoch=epoch,
            topics=[OffsetFetchRequestTopics(name="cg", partition_indexes=[0])],
        )
        (group,) = self.side.ask(OFFSET_FETCH, 9, OffsetFetchRequest(groups=[asked])).groups
        offsets = [partition.committed_offset for topic in group.topics for partition in topic.partitions]
        self.note(f"fetch {member} {epoch}", (group.error_code, offsets))

    def administer(self) -> None:
        """What those see who ask for groups of either kind."""
        for types in ([], ["classic"], ["consumer"], ["Consumer"]):
            listed = self.side.ask(LIST_GROUPS, 5, ListGroupsRequest(types_filter=types)).groups
            found = [group for group in listed if group.group_id == self.name]
            self.note(f"list {types}", [(g.protocol_type, g.group_state, g.group_type) for g in found])
        for version in (5, 6):
            (group,) = self.side.ask(DESCRIBE_GROUPS, version, DescribeGroupsRequest(groups=[self.name])).groups
            self.note(f"describe as classic v{version}", (group.error_code, group.error_message, group.group_state))

    def delete(self) -> None:
        (result,) = self.side.ask(DELETE_GROUPS, 2, DeleteGroupsRequest(groups_names=[self.name])).results
        self.note("delete", result.error_code)

    def join_classic(self) -> None:
        request = JoinGroupRequest(
            group_id=self.name,
            session_timeout_ms=10_000,
            rebalance_timeout_ms=10_000,
            member_id="",
            protocol_type="other",
            protocols=[JoinGroupRequestProtocol(name="mine", metadata=b"")],
        )
        self.note("join as classic", self.side.ask(JOIN_GROUP, 5, request).error_code)


def _ready(side: Side, group: str) -> Group:
    if "cg" not in side._ids:
        side.create("cg", partitions=4)
    return Group(side, group)


def consumer_group_of_one(side: Side) -> Told:
    group = _ready(side, "one")
    group.describe()
    group.beat("a", 1)
    group.join("a", "cg")
    group.describe()
    group.beat("a", 1)
    group.beat("a", 1, owns={"cg": [0, 1, 2, 3]})
    group.beat("a", 1, owns={"cg": [0, 1, 2, 3]}, rebalance_timeout_ms=60_000, names=["cg"])
    group.join("a", "cg")
    group.beat("a", 0, names=["cg"], rebalance_timeout_ms=1, topic_partitions=[])
    group.beat("a", 2)
    group.beat("b", 1)
    group.beat("a", 1, names=["cg", "nothing"])
    group.beat("a", 2, server_assignor="range")
    group.describe(0)
    group.commit("a", 1)
    group.commit("a", 2)
    group.commit("a", 2, version=8)
    group.commit("b", 2)
    group.commit("", -1)
    group.fetch("a", 2)
    group.fetch("a", 1)
    group.fetch("b", 2)
    group.fetch(None, -1)
    group.administer()
    group.join_classic()
    group.delete()
    group.beat("a", -1)
    group.beat("a", -1)
    group.describe()
    group.commit("", -1)
    group.administer()
    group.delete()
    group.describe()
    return group.told


def consumer_group_of_two(side: Side) -> Told:
    """The second member gets what the first has given back, and no sooner."""
    group = _ready(side, "two")
    group.join("a", "cg")
    group.join("b", "cg")
    group.describe()
    group.beat("b", 2)
    group.beat("a", 1)
    group.describe()
    group.beat("b", 2)
    kept = [0, 1]
    group.beat("a", 1, owns={"cg": [0, 1, 2, 3]})
    group.beat("a", 1, owns={"cg": kept})
    group.beat("a", 1, owns={"cg": kept})
    group.beat("a", 2)
    group.beat("b", 2)
    group.beat("b", 2)
    group.describe()
    group.beat("b", -1)
    group.describe()
    group.beat("a", 2)
    group.beat("a", 3)
    group.describe()
    return group.told


def consumer_group_with_static_members(side: Side) -> Told:
    group = _ready(side, "static")
    group.join("a", "cg", instance_id="i")
    group.join("b", "cg", instance_id="i")
    group.beat("b", 1, instance_id="i")
    group.beat("x", 1, instance_id="j")
    group.beat("a", -2, instance_id="i")
    group.describe()
    group.join("b", "cg", instance_id="i")
    group.describe()
    group.beat("b", 1)
    group.beat("a", 1, instance_id="i")
    group.beat("b", -1, instance_id="i")
    group.describe()
    return group.told


def consumer_group_with_patterns(side: Side) -> Told:
    """What a pattern matches; Kafka looks that up in the background, we before the answer."""
    group = _ready(side, "patterns")
    told: Told = {}
    for pattern in (
        *("(", "c[", r"(a)\1", "(?=cg)", "(?!cg)", "a++", "x{2,1}", "(?>c)", "[[:foo:]]", r"\Z", "*", "(?P=n)"),
        *(
            "(?i)CG",
            "(?P<n>c)g",
            r"c\w",
            "c.",
            "cg|other",
            "[c]g",
            r"\Qcg\E",
            "__consumer_offsets|cg",
            "[[:lower:]]{2}",
        ),
        *("[[:lower:]]{2}", r"cg\z", "^cg$", "(?i:C)g", "(?s).g", "(?:c)g", "c{1}g", r"\x63g", "(cg)*?"),
    ):
        told[pattern] = group.matches(pattern)
    return told


def consumer_group_requests_without_sense(side: Side) -> Told:
    group = _ready(side, "senseless")
    group.beat("", 0, version=1, rebalance_timeout_ms=1, topic_partitions=[], names=["cg"])
    group.beat("", 0, version=0, rebalance_timeout_ms=1, topic_partitions=[], names=["cg"])
    group.beat("", 1, version=0)
    group.beat("a", 0, topic_partitions=[], names=["cg"])
    group.beat("a", 0, rebalance_timeout_ms=1, names=["cg"])
    group.beat("a", 0, rebalance_timeout_ms=1, topic_partitions=[])
    group.beat("a", 0, rebalance_timeout_ms=1, owns={"cg": [0]}, names=["cg"])
    group.join("a", "cg", instance_id="")
    group.join("a", "cg", rack_id="")
    group.join("a", "cg", server_assignor="mine")
    group.beat("a", -2)
    group.beat("a", -3)
    group.beat("", -1)
    group.name = ""
    group.join("a", "cg")
    return group.told


QUESTIONS: Final[tuple[Question, ...]] = (
    consumer_group_of_one,
    consumer_group_of_two,
    consumer_group_with_static_members,
    consumer_group_with_patterns,
    consumer_group_requests_without_sense,
)
