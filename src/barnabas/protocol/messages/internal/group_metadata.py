"""Records of `__consumer_offsets` about classic groups.

A record's key begins with its type as an int16: 2 is GroupMetadataKey; its value begins with the version of
GroupMetadataValue. No value means that the group is gone.
"""

from barnabas.protocol.wire import Int32, Int64, field, struct


@struct
class GroupMetadataKey:
    """Which group it is."""

    group: str


@struct
class MemberMetadata:
    """A member; timeouts are in milliseconds."""

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
    """A generation of a group with its members."""

    protocol_type: str = ""
    generation: Int32 = 0
    protocol: str | None = ""
    leader: str | None = ""
    current_state_timestamp: Int64 = field(default=-1, versions="2+", ignorable=True)
    members: list[MemberMetadata] = field(default_factory=list)
