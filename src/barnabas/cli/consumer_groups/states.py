"""Kafka's names of group states and types, and those of the client library."""

from __future__ import annotations

from typing import Any, Final

from barnabas.cli.failures import InvalidUsage

STATES: Final = {
    "UNKNOWN": "Unknown",
    "PREPARING_REBALANCING": "PreparingRebalance",
    "COMPLETING_REBALANCING": "CompletingRebalance",
    "STABLE": "Stable",
    "DEAD": "Dead",
    "EMPTY": "Empty",
    "ASSIGNING": "Assigning",
    "RECONCILING": "Reconciling",
}
TYPES: Final = {"UNKNOWN": "Unknown", "CONSUMER": "Consumer", "CLASSIC": "Classic"}
REBALANCING: Final = {"PreparingRebalance", "CompletingRebalance", "Assigning", "Reconciling"}
DEAD: Final = "Dead"
EMPTY: Final = "Empty"
# The order of both lists is that of Kafka's own messages.
VALID_STATES: Final = (
    "Reconciling", "Empty", "Dead", "PreparingRebalance", "CompletingRebalance", "Stable", "Assigning",
)  # fmt: skip
VALID_TYPES: Final = ("Consumer", "Classic")


def state_name(state: Any) -> str:
    return STATES[state.name]


def type_name(group_type: Any) -> str:
    return TYPES[group_type.name]


def _chosen(argument: str, valid: tuple[str, ...], message: str) -> set[str]:
    by_name = {name.lower(): name for name in valid}
    names = {part.strip().lower() for part in argument.split(",")} if argument else set[str]()
    if not names <= by_name.keys():
        raise InvalidUsage(message.format(argument=argument, valid=", ".join(valid)))
    return {by_name[name] for name in names}


def parse_states(argument: str) -> set[str]:
    """The states of `stable,empty`; none without a value."""
    return _chosen(argument, VALID_STATES, "Invalid state list '{argument}'. Valid states are: {valid}")


def parse_types(argument: str) -> set[str]:
    """The types of `classic,consumer`; none without a value."""
    return _chosen(argument, VALID_TYPES, "Invalid types list '{argument}'. Valid types are: {valid}")
