"""One member of a classic group: what it subscribes to, what it was assigned, and which of its requests wait."""

from dataclasses import dataclass

EMPTY_ASSIGNMENT = b""


@dataclass(slots=True)
class Member:
    """A member, static (KIP-345) if it brought a `group_instance_id`.

    Tickets name parked requests: a JoinGroup waits for the generation, a SyncGroup for the leader's assignment.
    """

    member_id: str
    group_instance_id: str | None
    client_id: str
    client_host: str
    rebalance_timeout_ms: int
    session_timeout_ms: int
    protocol_type: str
    protocols: tuple[tuple[str, bytes], ...]
    """Names and metadata of the protocols it can follow, the preferred one first."""
    assignment: bytes = EMPTY_ASSIGNMENT
    join_ticket: int | None = None
    sync_ticket: int | None = None
    is_new: bool = False
    """Until its first generation completes a member must show signs of life even while its join is parked."""

    @property
    def is_static(self) -> bool:
        return self.group_instance_id is not None

    @property
    def awaits_join(self) -> bool:
        return self.join_ticket is not None

    @property
    def awaits_sync(self) -> bool:
        return self.sync_ticket is not None

    @property
    def is_surely_alive(self) -> bool:
        """Whether a parked request stands in for heartbeats: its client is waiting for us."""
        return not self.is_new and (self.awaits_join or self.awaits_sync)

    def supports(self, protocol_name: str) -> bool:
        return any(name == protocol_name for name, _ in self.protocols)

    def metadata(self, protocol_name: str) -> bytes:
        """The subscription that the member sent for this protocol."""
        for name, metadata in self.protocols:
            if name == protocol_name:
                return metadata
        raise LookupError(f"member {self.member_id} doesn't follow protocol {protocol_name}")

    def vote(self, candidates: set[str]) -> str:
        """The first of its protocols that all members know."""
        return next(name for name, _ in self.protocols if name in candidates)
