"""`kafka-consumer-groups --describe`: offsets, members or state of groups."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from barnabas.cli.consumer_groups import listing
from barnabas.cli.consumer_groups.command import ReportedError
from barnabas.cli.consumer_groups.layout import (
    MISSING,
    MemberRow,
    OffsetRow,
    StateRow,
    members_table,
    offsets_table,
    state_table,
)
from barnabas.cli.consumer_groups.states import DEAD, EMPTY, REBALANCING, state_name, type_name
from barnabas.cli.hash_order import partition_order
from barnabas.cli.offsets import LATEST_TIMESTAMP, ask_offsets
from barnabas.cli.output import print_json
from barnabas.foundation.identifiers import TopicPartition

if TYPE_CHECKING:
    from barnabas.cli.connection import Cluster
    from barnabas.cli.consumer_groups.command import GroupsOptions

Committed = dict[TopicPartition, tuple[int, int | None]]


def group_ids(cluster: Cluster, options: GroupsOptions) -> list[str]:
    if options.all_groups:
        return [group.group for group in listing.fetch(cluster)]
    return list(dict.fromkeys(options.group))


def descriptions(cluster: Cluster, groups: Sequence[str]) -> dict[str, Any]:
    """The client library's descriptions by group, in alphabetical order."""
    if not groups:
        return {}
    answers = cluster.admin.describe_consumer_groups(list(groups), request_timeout=cluster.timeout_seconds)
    return dict(sorted(cluster.wait_all(answers).items()))


def committed_offsets(cluster: Cluster, group: str) -> Committed:
    """Offset and leader epoch of each partition the group has committed, in the order the coordinator sends them."""
    from confluent_kafka import ConsumerGroupTopicPartitions

    answers = cluster.admin.list_consumer_group_offsets(
        [ConsumerGroupTopicPartitions(group)], request_timeout=cluster.timeout_seconds
    )
    (found,) = (cluster.wait(answer) for answer in answers.values())
    return {
        TopicPartition(entry.topic, entry.partition): (entry.offset, entry.leader_epoch)
        for entry in found.topic_partitions or []
        if entry.error is None and entry.offset >= 0
    }


def assigned(assignment: Any) -> tuple[TopicPartition, ...]:
    """The partitions of the client library's assignment."""
    if assignment is None:
        return ()
    return tuple(TopicPartition(entry.topic, entry.partition) for entry in assignment.topic_partitions)


def describe(cluster: Cluster, options: GroupsOptions) -> None:
    found = descriptions(cluster, group_ids(cluster, options))
    for group, description in found.items():
        if state_name(description.state) == DEAD:
            raise ReportedError(
                "Executing consumer group command failed due to "
                f"org.apache.kafka.common.errors.GroupIdNotFoundException: Group {group} not found."
            )
    if options.json:
        print_json([_as_json(cluster, options, description) for description in found.values()])
        return
    for description in found.values():
        for line in _text(cluster, options, description):
            print(line)


def warn_of_state(group: str, state: str) -> None:
    if state == EMPTY:
        print(f"\nConsumer group '{group}' has no active members.", file=sys.stderr)
    elif state in REBALANCING:
        print(f"\nWarning: Consumer group '{group}' is rebalancing.", file=sys.stderr)


def _text(cluster: Cluster, options: GroupsOptions, description: Any) -> Iterable[str]:
    state = state_name(description.state)
    if options.members:
        warn_of_state(description.group_id, state)
        return ["", *members_table(member_rows(description), verbose=options.verbose)]
    if options.state is not None:
        warn_of_state(description.group_id, state)
        return ["", *state_table(state_row(description), verbose=options.verbose)]
    rows = offset_rows(cluster, description)
    warn_of_state(description.group_id, state)
    return ["", *offsets_table(rows, verbose=options.verbose)] if rows else []


def state_row(description: Any) -> StateRow:
    node = description.coordinator
    return StateRow(
        group=description.group_id,
        coordinator=f"{node.host}:{node.port}  ({node.id})",
        assignment_strategy=description.partition_assignor or MISSING,
        state=state_name(description.state),
        members=len(description.members),
    )


def member_rows(description: Any) -> list[MemberRow]:
    return [
        MemberRow(
            group=description.group_id,
            consumer_id=member.member_id,
            group_instance_id=member.group_instance_id or "",
            host=member.host,
            client_id=member.client_id,
            assignment=assigned(member.assignment),
            target_assignment=assigned(member.target_assignment),
        )
        for member in description.members
    ]


def offset_rows(cluster: Cluster, description: Any) -> list[OffsetRow]:
    """A row per partition: of the members first, those with most partitions at the top, then what nobody reads."""
    committed = committed_offsets(cluster, description.group_id)
    readers = sorted(
        ((assigned(member.assignment), member) for member in description.members), key=lambda entry: -len(entry[0])
    )
    taken = {partition for partitions, _ in readers for partition in partitions}
    unread = partition_order(partition_order(committed))
    parts = [(partitions, member) for partitions, member in readers if partitions]
    parts.append((tuple(partition for partition in unread if partition not in taken), None))
    ends = log_end_offsets(cluster, [partition for partitions, _ in parts for partition in partitions])
    return [
        OffsetRow(
            group=description.group_id,
            partition=partition,
            leader_epoch=committed[partition][1] if partition in committed else None,
            current_offset=committed[partition][0] if partition in committed else None,
            log_end_offset=ends.get(partition),
            consumer_id=member.member_id if member else None,
            host=member.host if member else None,
            client_id=member.client_id if member else None,
        )
        for partitions, member in parts
        for partition in partition_order(sorted(partitions, key=lambda partition: partition.partition))
    ]


def log_end_offsets(cluster: Cluster, partitions: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
    """Where these logs end; a partition that is gone has no end."""
    from confluent_kafka import KafkaException

    ends: dict[TopicPartition, int] = {}
    if not partitions:
        return ends
    for partition, answer in ask_offsets(cluster, partitions, LATEST_TIMESTAMP).items():
        try:
            ends[partition] = cluster.wait(answer).offset
        except KafkaException:
            continue
    return ends


def _as_json(cluster: Cluster, options: GroupsOptions, description: Any) -> dict[str, Any]:
    state = state_row(description)
    document: dict[str, Any] = {"group": state.group, "state": state.state, "type": type_name(description.type)}
    if options.members:
        return document | {
            "members": [
                {name: value for name, value in asdict(row).items() if name != "group"}
                for row in member_rows(description)
            ]
        }
    if options.state is not None:
        return document | {
            "coordinator": {
                "id": description.coordinator.id,
                "host": description.coordinator.host,
                "port": description.coordinator.port,
            },
            "assignment_strategy": description.partition_assignor or None,
            "members": state.members,
        }
    return document | {
        "offsets": [
            {
                "topic": row.partition.topic if row.partition else None,
                "partition": row.partition.partition if row.partition else None,
                "leader_epoch": row.leader_epoch,
                "current_offset": row.current_offset,
                "log_end_offset": row.log_end_offset,
                "lag": row.lag,
                "consumer_id": row.consumer_id,
                "host": row.host,
                "client_id": row.client_id,
            }
            for row in offset_rows(cluster, description)
        ]
    }
