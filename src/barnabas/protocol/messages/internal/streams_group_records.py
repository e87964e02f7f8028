"""Records of `__consumer_offsets` about groups of Kafka Streams applications (KIP-1071).

Keys and values begin with type and version, as those of consumer groups: 17 metadata, 19 members, 20 and 21 target
assignment, 22 current assignment, 23 the topology.
"""

from barnabas.protocol.wire import Int8, Int16, Int32, Int64, UInt16, field, struct


@struct
class StreamsGroupMetadataKey:
    """Which group."""

    group_id: str


@struct
class StreamsGroupMetadataValue:
    """The group's epoch, and a hash of the topics that it reads."""

    epoch: Int32 = 0
    metadata_hash: Int64 = 0


@struct
class StreamsGroupMemberMetadataKey:
    """Which member of which group."""

    group_id: str
    member_id: str


@struct
class Endpoint:
    """Where others reach somebody."""

    host: str = ""
    port: UInt16 = 0


@struct
class KeyValue:
    """A tag of a client."""

    key: str = ""
    value: str = ""


@struct
class StreamsGroupMemberMetadataValue:
    """What a member said of itself when it joined."""

    instance_id: str | None = ""
    rack_id: str | None = ""
    client_id: str = ""
    client_host: str = ""
    rebalance_timeout_ms: Int32 = -1
    topology_epoch: Int32 = 0
    process_id: str = ""
    user_endpoint: Endpoint | None = None
    client_tags: list[KeyValue] = field(default_factory=list)


@struct
class StreamsGroupTargetAssignmentMetadataKey:
    """Which group."""

    group_id: str


@struct
class StreamsGroupTargetAssignmentMetadataValue:
    """The epoch in which tasks were last distributed."""

    assignment_epoch: Int32 = 0


@struct
class StreamsGroupTargetAssignmentMemberKey:
    """Which member of which group."""

    group_id: str
    member_id: str


@struct
class TaskIds:
    """Tasks of one part of the topology."""

    subtopology_id: str = ""
    partitions: list[Int32] = field(default_factory=list)


@struct
class StreamsGroupTargetAssignmentMemberValue:
    """The tasks that the member shall come to own."""

    active_tasks: list[TaskIds] = field(default_factory=list)
    standby_tasks: list[TaskIds] = field(default_factory=list)
    warmup_tasks: list[TaskIds] = field(default_factory=list)


@struct
class StreamsGroupCurrentMemberAssignmentKey:
    """Which member of which group."""

    group_id: str
    member_id: str


@struct
class StreamsGroupCurrentMemberAssignmentValue:
    """The tasks that the member owns now, and those that it must give back."""

    member_epoch: Int32 = 0
    previous_member_epoch: Int32 = 0
    state: Int8 = 0
    active_tasks: list[TaskIds] = field(default_factory=list)
    standby_tasks: list[TaskIds] = field(default_factory=list)
    warmup_tasks: list[TaskIds] = field(default_factory=list)
    active_tasks_pending_revocation: list[TaskIds] = field(default_factory=list)
    standby_tasks_pending_revocation: list[TaskIds] = field(default_factory=list)
    warmup_tasks_pending_revocation: list[TaskIds] = field(default_factory=list)


@struct
class StreamsGroupTopologyKey:
    """Which group."""

    group_id: str


@struct
class TopicConfig:
    """A setting of a topic."""

    key: str = ""
    value: str = ""


@struct
class TopicInfo:
    """A topic."""

    name: str = ""
    partitions: Int32 = 0
    replication_factor: Int16 = 0
    topic_configs: list[TopicConfig] = field(default_factory=list)


@struct
class CopartitionGroup:
    """Topics, by their places in the lists above, that are partitioned alike."""

    source_topics: list[Int16] = field(default_factory=list)
    source_topic_regex: list[Int16] = field(default_factory=list)
    repartition_source_topics: list[Int16] = field(default_factory=list)


@struct
class Subtopology:
    """A part of the topology whose tasks run independently of the others."""

    subtopology_id: str = ""
    source_topics: list[str] = field(default_factory=list)
    source_topic_regex: list[str] = field(default_factory=list)
    state_changelog_topics: list[TopicInfo] = field(default_factory=list)
    repartition_sink_topics: list[str] = field(default_factory=list)
    repartition_source_topics: list[TopicInfo] = field(default_factory=list)
    copartition_groups: list[CopartitionGroup] = field(default_factory=list)


@struct
class StreamsGroupTopologyValue:
    """The application's topology."""

    epoch: Int32 = 0
    subtopologies: list[Subtopology] = field(default_factory=list)
