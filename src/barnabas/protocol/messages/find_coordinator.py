"""find_coordinator"""

from typing import Final

from barnabas.protocol.wire import Api, Int8, Int16, Int32, field, struct


@struct
class FindCoordinatorRequest:
    """FindCoordinatorRequest."""

    key: str = field(default="", versions="0-3")
    key_type: Int8 = field(default=0, versions="1+")
    coordinator_keys: list[str] = field(default_factory=list, versions="4+")


@struct
class Coordinator:
    """Coordinator."""

    key: str = ""
    node_id: Int32
    host: str = ""
    port: Int32 = 0
    error_code: Int16 = 0
    error_message: str | None = ""


@struct
class FindCoordinatorResponse:
    """FindCoordinatorResponse."""

    throttle_time_ms: Int32 = field(default=0, versions="1+", ignorable=True)
    error_code: Int16 = field(default=0, versions="0-3")
    error_message: str | None = field(default="", versions="1-3", ignorable=True)
    node_id: Int32 = field(default=0, versions="0-3")
    host: str = field(default="", versions="0-3")
    port: Int32 = field(default=0, versions="0-3")
    coordinators: list[Coordinator] = field(default_factory=list, versions="4+")


FIND_COORDINATOR: Final = Api(10, FindCoordinatorRequest, FindCoordinatorResponse, versions="0-6", flexible="3+")
