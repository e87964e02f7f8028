"""The tables of `kafka-consumer-groups --describe` as Apache Kafka 4.1 lays them out.

Columns are as wide as their widest cell but never narrower than Kafka's minimum; `-` stands for what is not known.
The client library does not tell the epochs of groups, members and assignments (KIP-1099), so those are `-` too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from barnabas.cli.output import padded, widest
from barnabas.foundation.identifiers import TopicPartition

MISSING: Final = "-"


@dataclass(frozen=True, slots=True, kw_only=True)
class OffsetRow:
    """A partition and where its group is in it; a member's fields are None when nobody reads it."""

    group: str
    partition: TopicPartition | None
    leader_epoch: int | None = None
    current_offset: int | None = None
    log_end_offset: int | None = None
    consumer_id: str | None = None
    host: str | None = None
    client_id: str | None = None

    @property
    def lag(self) -> int | None:
        if self.current_offset is None or self.log_end_offset is None:
            return None
        return self.log_end_offset - self.current_offset


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberRow:
    group: str
    consumer_id: str
    group_instance_id: str
    host: str
    client_id: str
    assignment: tuple[TopicPartition, ...]
    target_assignment: tuple[TopicPartition, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StateRow:
    group: str
    coordinator: str
    assignment_strategy: str
    state: str
    members: int


def cell(value: object) -> str:
    return MISSING if value is None else str(value)


def offsets_table(rows: Sequence[OffsetRow], *, verbose: bool) -> list[str]:
    header = [
        "GROUP",
        "TOPIC",
        "PARTITION",
        "CURRENT-OFFSET",
        "LOG-END-OFFSET",
        "LAG",
        "CONSUMER-ID",
        "HOST",
        "CLIENT-ID",
    ]
    cells = [
        [
            row.group,
            cell(row.partition.topic if row.partition else None),
            cell(row.partition.partition if row.partition else None),
            cell(row.current_offset),
            cell(row.log_end_offset),
            cell(row.lag),
            cell(row.consumer_id),
            cell(row.host),
            cell(row.client_id),
        ]
        for row in rows
    ]
    widths = [
        widest(15, [row[0] for row in cells]),
        widest(15, [row[1] for row in cells]),
        10,
        *(15, 15, 15),
        widest(15, [row[6] for row in cells]),
        widest(15, [row[7] for row in cells]),
        0,
    ]
    if verbose:
        header.insert(3, "LEADER-EPOCH")
        widths.insert(3, 15)
        for row, line in zip(rows, cells, strict=True):
            line.insert(3, cell(row.leader_epoch))
    return [padded(line, widths) for line in [header, *cells]]


def assignment_text(partitions: Sequence[TopicPartition]) -> str:
    """`topic:0,1,2;other:0`."""
    by_topic: dict[str, list[int]] = {}
    for partition in partitions:
        by_topic.setdefault(partition.topic, []).append(partition.partition)
    return (
        ";".join(f"{topic}:{','.join(map(str, sorted(numbers)))}" for topic, numbers in sorted(by_topic.items()))
        or MISSING
    )


def members_table(rows: Sequence[MemberRow], *, verbose: bool) -> list[str]:
    with_instances = any(row.group_instance_id for row in rows)
    header = ["GROUP", "CONSUMER-ID", "GROUP-INSTANCE-ID", "HOST", "CLIENT-ID", "#PARTITIONS"]
    cells = [
        [row.group, row.consumer_id, row.group_instance_id, row.host, row.client_id, str(len(row.assignment))]
        for row in rows
    ]
    minimums = (15, 15, 17, 15, 15)
    widths = [widest(minimum, [line[column] for line in cells]) for column, minimum in enumerate(minimums)] + [15]
    if not with_instances:
        del header[2], widths[2]
        for line in cells:
            del line[2]
    lines = [padded(line, widths) + " " for line in [header, *cells]]
    if verbose:
        details = [
            ["CURRENT-EPOCH", "CURRENT-ASSIGNMENT", "TARGET-EPOCH", "TARGET-ASSIGNMENT"],
            *(
                [MISSING, assignment_text(row.assignment), MISSING, assignment_text(row.target_assignment)]
                for row in rows
            ),
        ]
        detail_widths = [15, widest(20, [line[1] for line in details]), 15, widest(20, [line[3] for line in details])]
        lines = [line + padded(detail, detail_widths) for line, detail in zip(lines, details, strict=True)]
    return lines


def state_table(row: StateRow, *, verbose: bool) -> list[str]:
    header = ["GROUP", "COORDINATOR (ID)", "ASSIGNMENT-STRATEGY", "STATE", "#MEMBERS"]
    cells = [row.group, row.coordinator, row.assignment_strategy, row.state, str(row.members)]
    widths = [max(15, len(row.group)), max(25, len(row.coordinator)), 20, 20, 0]
    if verbose:
        header[4:4] = ["GROUP-EPOCH", "TARGET-ASSIGNMENT-EPOCH"]
        cells[4:4] = [MISSING, MISSING]
        widths[4:4] = [15, 25]
    return [padded(header, widths), padded(cells, widths)]
