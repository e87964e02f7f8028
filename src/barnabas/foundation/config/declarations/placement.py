"""Creation, placement and deletion of topics; leader elections."""

from barnabas.foundation.config.kinds import BOOLEAN, INT, LONG
from barnabas.foundation.config.option import ACTS, CLUSTER_WIDE, HIGH, LOW, option
from barnabas.foundation.config.sizes import MIB
from barnabas.foundation.config.validators import at_least


class PlacementOptions:
    """Creation, placement and deletion of topics; leader elections."""

    auto_create_topics_enable = option(
        "auto.create.topics.enable",
        BOOLEAN,
        True,
        "Whether asking for an unknown topic creates it.",
        importance=HIGH,
        effect=ACTS,
    )
    num_partitions = option(
        "num.partitions", INT, 1, "Partitions of a topic whose creator names no number.", at_least(1), effect=ACTS
    )
    default_replication_factor = option(
        "default.replication.factor", INT, 1, "Replicas of a topic whose creator names no number.", effect=ACTS
    )
    delete_topic_enable = option(
        "delete.topic.enable", BOOLEAN, True, "Whether topics may be deleted.", importance=HIGH, effect=ACTS
    )
    min_insync_replicas = option(
        "min.insync.replicas",
        INT,
        1,
        "In-sync replicas that must exist for a write with acks=all.",
        at_least(1),
        importance=HIGH,
        scope=CLUSTER_WIDE,
        effect=ACTS,
    )
    unclean_leader_election_enable = option(
        "unclean.leader.election.enable",
        BOOLEAN,
        False,
        "Whether a replica that lags may become leader, at the price of lost records.",
        importance=HIGH,
        scope=CLUSTER_WIDE,
    )
    unclean_leader_election_interval_ms = option(
        "unclean.leader.election.interval.ms",
        LONG,
        300_000,
        "Time between two looks for partitions in need of an unclean election.",
        at_least(1),
        internal=True,
    )
    auto_leader_rebalance_enable = option(
        "auto.leader.rebalance.enable",
        BOOLEAN,
        True,
        "Whether leadership goes back to preferred replicas by itself.",
        importance=HIGH,
    )
    leader_imbalance_check_interval_seconds = option(
        "leader.imbalance.check.interval.seconds",
        LONG,
        300,
        "Time between two checks of the balance of leaderships.",
        at_least(1),
        importance=HIGH,
    )
    leader_imbalance_per_broker_percentage = option(
        "leader.imbalance.per.broker.percentage",
        INT,
        10,
        "Share of misplaced leaderships at which they are moved back.",
        importance=HIGH,
        only_in_3x=True,
    )
    eligible_leader_replicas_enable = option(
        "eligible.leader.replicas.enable",
        BOOLEAN,
        False,
        "Whether KRaft tracks replicas that may lead safely although out of sync.",
        importance=HIGH,
        only_in_3x=True,
    )
    telemetry_max_bytes = option(
        "telemetry.max.bytes", INT, MIB, "Largest report of client metrics accepted.", at_least(1), importance=LOW
    )
