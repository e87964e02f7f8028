"""ListGroups: the groups that a broker coordinates; version 4 filters by state (KIP-518), 5 by type (KIP-848)."""

from typing import Final

from barnabas.protocol.wire import Api, Int16, Int32, field, struct


@struct
class ListGroupsRequest:
    """Filters for groups; empty ones let everything through."""

    states_filter: list[str] = field(default_factory=list, versions="4+")
    types_filter: list[str] = field(default_factory=list, versions="5+")


@struct
class ListedGroup:
    """A group in brief."""

    group_id: str
    protocol_type: str = ""
    group_state: str = field(default="", versions="4+", ignorable=True)
    group_type: str = field(default="", versions="5+", ignorable=True)


@struct
class ListGroupsResponse:
    """The groups that passed the filters."""

    throttle_time_ms: Int32 = field(default=0, versions="1+", ignorable=True)
    error_code: Int16 = 0
    groups: list[ListedGroup] = field(default_factory=list)


LIST_GROUPS: Final = Api(16, ListGroupsRequest, ListGroupsResponse, versions="0-5", flexible="3+")
