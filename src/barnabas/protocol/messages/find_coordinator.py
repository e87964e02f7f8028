"""FindCoordinator: which broker coordinates a group or a transactional ID.

Up to version 3 a request asks for one `key`; since version 4 for several `coordinator_keys` (KIP-699). Key types: 0
is a group, 1 a transactional ID, 2 a share group.
"""

from typing import Final

from barnabas.protocol.wire import Api, Int8, Int16, Int32, field, struct


@struct
class FindCoordinatorRequest:
    """The group or transactional ID asked about."""

    key: str = field(default="", versions="0-3")
    key_type: Int8 = field(default=0, versions="1+")
    coordinator_keys: list[str] = field(default_factory=list, versions="4+")


@struct
class Coordinator:
    """The broker that coordinates one key."""

    key: str = ""
    node_id: Int32
    host: str = ""
    port: Int32 = 0
    error_code: Int16 = 0
    error_message: str | None = None


@struct
class FindCoordinatorResponse:
    """The coordinating brokers."""

    throttle_time_ms: Int32 = field(default=0, versions="1+", ignorable=True)
    error_code: Int16 = field(default=0, versions="0-3")
    error_message: str | None = field(default=None, versions="1-3", ignorable=True)
    node_id: Int32 = field(default=0, versions="0-3")
    host: str = field(default="", versions="0-3")
    port: Int32 = field(default=0, versions="0-3")
    coordinators: list[Coordinator] = field(default_factory=list, versions="4+")


FIND_COORDINATOR: Final = Api(10, FindCoordinatorRequest, FindCoordinatorResponse, versions="0-6", flexible="3+")
