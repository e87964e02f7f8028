"""The plan of `--reset-offsets`: as a table, as CSV, and out of the CSV that `--export` wrote.

With one group a line is `topic,partition,offset`, with several `group,topic,partition,offset`.
"""

from __future__ import annotations

import csv
import io
from typing import Final

from barnabas.cli.failures import InvalidUsage
from barnabas.cli.hash_order import string_order
from barnabas.cli.output import padded
from barnabas.foundation.identifiers import TopicPartition

Offsets = dict[TopicPartition, int]
Plan = dict[str, Offsets]
WIDTHS: Final = (30, 30, 10, 15)


def rows(plan: Plan) -> list[tuple[str, str, int, int]]:
    """Every reset, in the order in which Kafka's tool prints it."""
    return [
        (group, partition.topic, partition.partition, offset)
        for group in string_order(plan)
        for partition, offset in plan[group].items()
    ]


def table(plan: Plan) -> str:
    """What is printed before the last end of line: an empty plan leaves an empty line."""
    if not plan:
        return ""
    lines = [("GROUP", "TOPIC", "PARTITION", "NEW-OFFSET"), *rows(plan)]
    return "".join("\n" + padded(line, WIDTHS) for line in lines)


def to_csv(plan: Plan, *, single_group: bool) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows(row[1:] if single_group else row for row in rows(plan))
    return text.getvalue()


def from_csv(text: str, groups: tuple[str, ...]) -> Plan:
    """A plan; refuses a line that is not one."""
    plan: Plan = {}
    for number, line in enumerate(csv.reader(io.StringIO(text)), start=1):
        fields = [field.strip() for field in line]
        if not fields:
            continue
        if len(fields) == 3 and len(groups) == 1:
            fields.insert(0, groups[0])
        try:
            group, topic, partition, offset = fields
            plan.setdefault(group, {})[TopicPartition(topic, int(partition))] = int(offset)
        except ValueError:
            expected = "topic,partition,offset" if len(groups) == 1 else "group,topic,partition,offset"
            raise InvalidUsage(f"--from-file: line {number} is {','.join(line)!r}, expected {expected}") from None
    return plan
