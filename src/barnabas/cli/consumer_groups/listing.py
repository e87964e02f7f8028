"""`kafka-consumer-groups --list`."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from barnabas.cli.consumer_groups.states import parse_states, parse_types, state_name, type_name
from barnabas.cli.hash_order import string_order
from barnabas.cli.output import padded, print_json, widest

if TYPE_CHECKING:
    from barnabas.cli.connection import Cluster
    from barnabas.cli.consumer_groups.command import GroupsOptions

NARROWEST_GROUP = 15
GROUP_MARGIN = 10


class Listed(NamedTuple):
    group: str
    type: str
    state: str


def fetch(cluster: Cluster) -> list[Listed]:
    """All consumer groups, in the order in which Kafka's tool prints them."""
    found = cluster.wait(cluster.admin.list_consumer_groups(request_timeout=cluster.timeout_seconds))
    if found.errors:
        raise found.errors[0]
    groups = {
        group.group_id: Listed(group.group_id, type_name(group.type), state_name(group.state)) for group in found.valid
    }
    return [groups[name] for name in string_order(groups)]


def table(groups: list[Listed], *, with_type: bool, with_state: bool) -> list[str]:
    width = widest(NARROWEST_GROUP, [group.group for group in groups]) + GROUP_MARGIN
    rows = [Listed("GROUP", "TYPE", "STATE"), *groups]
    columns = [("group", width)] + [("type", 20)] * with_type + [("state", 20)] * with_state
    return [padded([getattr(row, name) for name, _ in columns], [size for _, size in columns]) for row in rows]


def print_groups(cluster: Cluster, options: GroupsOptions) -> None:
    states, types = parse_states(options.state or ""), parse_types(options.type or "")
    groups = [
        group
        for group in fetch(cluster)
        if (not states or group.state in states) and (not types or group.type in types)
    ]
    with_type, with_state = options.type is not None, options.state is not None
    if options.json:
        print_json([group._asdict() for group in groups])
    elif with_type or with_state:
        for line in table(groups, with_type=with_type, with_state=with_state):
            print(line)
    else:
        for group in groups:
            print(group.group)
