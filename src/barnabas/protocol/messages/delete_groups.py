"""DeleteGroups: delete empty groups with their committed offsets."""

from typing import Final

from barnabas.protocol.wire import Api, Int16, Int32, field, struct


@struct
class DeleteGroupsRequest:
    """Groups to delete."""

    groups_names: list[str] = field(default_factory=list)


@struct
class DeletableGroupResult:
    """The outcome for one group."""

    group_id: str
    error_code: Int16 = 0


@struct
class DeleteGroupsResponse:
    """The outcome per group."""

    throttle_time_ms: Int32 = 0
    results: list[DeletableGroupResult] = field(default_factory=list)


DELETE_GROUPS: Final = Api(42, DeleteGroupsRequest, DeleteGroupsResponse, versions="0-2", flexible="2+")
