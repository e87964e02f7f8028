"""internal.group_metadata"""

from barnabas.protocol.wire import Int32, Int64, field, struct


@struct
class GroupMetadataKey:
    """GroupMetadataKey."""

    group: str


@struct
class MemberMetadata:
    """MemberMetadata."""

    member_id: str
    group_instance_id: str | None = field(default=None, versions="3+", ignorable=True)
    client_id: str = ""
    client_host: str = ""
    rebalance_timeout: Int32 = field(default=-1, versions="1+", ignorable=True)
    session_timeout: Int32 = 0
    subscription: bytes = b""
    assignment: bytes = b""


@struct
class GroupMetadataValue:
    """GroupMetadataValue."""

    protocol_type: str = ""
    generation: Int32 = 0
    protocol: str | None = ""
    leader: str | None = ""
    current_state_timestamp: Int64 = field(default=-1, versions="2+", ignorable=True)
    members: list[MemberMetadata] = field(default_factory=list)
