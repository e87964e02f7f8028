"""`kafka-consumer-groups --reset-offsets` (KIP-122): where inactive groups shall go on reading."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from barnabas.cli.consumer_groups.describing import committed_offsets, descriptions, group_ids
from barnabas.cli.consumer_groups.moments import parse_datetime, parse_duration
from barnabas.cli.consumer_groups.reset_plan import Offsets, Plan, from_csv, rows, table, to_csv
from barnabas.cli.consumer_groups.scope import partitions_of_arguments
from barnabas.cli.consumer_groups.states import DEAD, EMPTY, state_name
from barnabas.cli.failures import InvalidUsage
from barnabas.cli.hash_order import partition_order
from barnabas.cli.offsets import EARLIEST_TIMESTAMP, LATEST_TIMESTAMP, offsets_at
from barnabas.cli.output import print_json
from barnabas.foundation.identifiers import TopicPartition

if TYPE_CHECKING:
    from barnabas.cli.connection import Cluster
    from barnabas.cli.consumer_groups.command import GroupsOptions

NOTHING = -1


def reset(cluster: Cluster, options: GroupsOptions) -> None:
    plan: Plan = {}
    moment_ms = requested_moment(options, int(time.time() * 1000))
    from_file = read_plan(options)
    for group, description in descriptions(cluster, group_ids(cluster, options)).items():
        state = state_name(description.state)
        if state not in {EMPTY, DEAD}:
            print(
                f"\nError: Assignments can only be reset if the group '{group}' is inactive, "
                f"but the current state is {state}."
            )
            plan[group] = {}
            continue
        plan[group] = new_offsets(cluster, options, group, moment_ms, from_file)
        if options.execute:
            commit(cluster, group, plan[group])
    if options.json:
        names = ("group", "topic", "partition", "new_offset")
        print_json([dict(zip(names, row, strict=True)) for row in rows(plan)])
    elif options.export:
        print(to_csv(plan, single_group=len(options.group) == 1))
    else:
        print(table(plan))


def requested_moment(options: GroupsOptions, now_ms: int) -> int | None:
    """The time that --to-datetime or --by-duration asks for."""
    if options.to_datetime is not None:
        return parse_datetime(options.to_datetime)
    if options.by_duration is not None:
        return now_ms - parse_duration(options.by_duration)
    return None


def read_plan(options: GroupsOptions) -> Plan | None:
    if options.from_file is None:
        return None
    try:
        return from_csv(Path(options.from_file).read_text(encoding="utf-8"), options.group)
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidUsage(f"--from-file {options.from_file}: a readable CSV file was expected: {error}") from None


def new_offsets(
    cluster: Cluster, options: GroupsOptions, group: str, moment_ms: int | None, from_file: Plan | None
) -> Offsets:
    """The group's new offsets, in the order in which Kafka's tool prints them."""
    if from_file is not None:
        if group not in from_file:
            print(f"\nError: No reset plan for group {group} found")
        return within_log(cluster, from_file.get(group, {}))
    needs_committed = options.all_topics or options.to_current or options.shift_by is not None
    committed = (
        {partition: offset for partition, (offset, _) in committed_offsets(cluster, group).items()}
        if needs_committed
        else {}
    )
    if options.all_topics:
        partitions = partition_order(committed)
    else:
        partitions = partitions_of_arguments(cluster, options.topic)
    if options.to_offset is not None:
        return within_log(cluster, dict.fromkeys(partitions, options.to_offset))
    if options.shift_by is not None:
        return within_log(cluster, shifted(partitions, committed, options.shift_by))
    if options.to_current:
        known = {partition: committed[partition] for partition in partitions if partition in committed}
        unknown = [partition for partition in partitions if partition not in committed]
        return ordered(known | offsets_at(cluster, unknown, LATEST_TIMESTAMP), [*known, *unknown])
    if moment_ms is not None:
        return ordered(offsets_at_time(cluster, partitions, moment_ms), partitions)
    timestamp = EARLIEST_TIMESTAMP if options.to_earliest else LATEST_TIMESTAMP
    return ordered(offsets_at(cluster, partitions, timestamp), partitions)


def ordered(offsets: Offsets, partitions: Iterable[TopicPartition]) -> Offsets:
    return {partition: offsets[partition] for partition in partition_order(partitions)}


def shifted(partitions: Iterable[TopicPartition], committed: Offsets, by: int) -> Offsets:
    for partition in partitions:
        if partition not in committed:
            raise InvalidUsage(
                f"Cannot shift offset for partition {partition} since there is no current committed offset"
            )
    return {partition: committed[partition] + by for partition in partitions}


def within_log(cluster: Cluster, requested: Offsets) -> Offsets:
    """The requested offsets, moved into the log where they lie outside."""
    starts = offsets_at(cluster, requested, EARLIEST_TIMESTAMP)
    ends = offsets_at(cluster, requested, LATEST_TIMESTAMP)
    found: Offsets = {}
    for partition, offset in requested.items():
        found[partition] = min(max(offset, starts[partition]), ends[partition])
        if offset > ends[partition]:
            warn(f"New offset ({offset}) is higher than latest offset for topic partition {partition}", ends[partition])
        elif offset < starts[partition]:
            warn(
                f"New offset ({offset}) is lower than earliest offset for topic partition {partition}",
                starts[partition],
            )
    return ordered(found, requested)


def warn(reason: str, value: int) -> None:
    print(f"WARN: {reason}. Value will be set to {value}", file=sys.stderr)


def offsets_at_time(cluster: Cluster, partitions: list[TopicPartition], moment_ms: int) -> Offsets:
    """The first records at or after a time; the end of the log where there are none."""
    found = offsets_at(cluster, partitions, max(moment_ms, 0))
    without = [partition for partition in partition_order(partitions) if found[partition] == NOTHING]
    for partition in without:
        print(
            f"\nWarn: Partition {partition.partition} from topic {partition.topic} is empty. "
            "Falling back to latest known offset."
        )
    return found | offsets_at(cluster, without, LATEST_TIMESTAMP)


def commit(cluster: Cluster, group: str, offsets: Offsets) -> None:
    from confluent_kafka import ConsumerGroupTopicPartitions, KafkaException
    from confluent_kafka import TopicPartition as ClientPartition

    if not offsets:
        return
    request = ConsumerGroupTopicPartitions(
        group, [ClientPartition(partition.topic, partition.partition, offset) for partition, offset in offsets.items()]
    )
    answers = cluster.admin.alter_consumer_group_offsets([request], request_timeout=cluster.timeout_seconds)
    for answer in answers.values():
        for entry in cluster.wait(answer).topic_partitions or []:
            if entry.error is not None:
                raise KafkaException(entry.error)
