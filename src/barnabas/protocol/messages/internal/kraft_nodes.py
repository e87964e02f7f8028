"""Records of `__cluster_metadata` about brokers and controllers, and the few that nobody needs to act on (KIP-631).

Beside those of `cluster_metadata`, which begins each of them with the same frame.
"""

import uuid

from barnabas.foundation.identifiers import ZERO_UUID
from barnabas.protocol.wire import Int8, Int16, Int32, Int64, UInt16, field, struct


@struct
class BrokerEndpoint:
    """A listener of a broker."""

    name: str = ""
    host: str = ""
    port: UInt16 = 0
    security_protocol: Int16 = 0


@struct
class BrokerFeature:
    """Versions of a feature that a broker supports."""

    name: str = ""
    min_supported_version: Int16 = 0
    max_supported_version: Int16 = 0


@struct
class RegisterBrokerRecord:
    """A broker joins, in a new incarnation."""

    broker_id: Int32 = 0
    is_migrating_zk_broker: bool = field(default=False, versions="2+", ignorable=True)
    incarnation_id: uuid.UUID = ZERO_UUID
    broker_epoch: Int64 = 0
    end_points: list[BrokerEndpoint] = field(default_factory=list)
    features: list[BrokerFeature] = field(default_factory=list)
    rack: str | None = ""
    fenced: bool = True
    in_controlled_shutdown: bool = field(default=False, versions="1+", ignorable=True)
    log_dirs: list[uuid.UUID] = field(default_factory=list, versions="3+", tag=0, ignorable=True)


@struct
class UnregisterBrokerRecord:
    """A broker is forgotten."""

    broker_id: Int32 = 0
    broker_epoch: Int64 = 0


@struct
class FenceBrokerRecord:
    """A broker may serve no more."""

    id: Int32 = 0
    epoch: Int64 = 0


@struct
class UnfenceBrokerRecord:
    """A broker may serve again."""

    id: Int32 = 0
    epoch: Int64 = 0


@struct
class BrokerRegistrationChangeRecord:
    """What changed about a broker."""

    broker_id: Int32 = 0
    broker_epoch: Int64 = 0
    fenced: Int8 = field(default=0, tag=0)
    in_controlled_shutdown: Int8 = field(default=0, versions="1+", tag=1, ignorable=True)
    log_dirs: list[uuid.UUID] = field(default_factory=list, versions="2+", tag=2, ignorable=True)


@struct
class ControllerEndpoint:
    """A listener of a controller."""

    name: str = ""
    host: str = ""
    port: UInt16 = 0
    security_protocol: Int16 = 0


@struct
class ControllerFeature:
    """Versions of a feature that a controller supports."""

    name: str = ""
    min_supported_version: Int16 = 0
    max_supported_version: Int16 = 0


@struct
class RegisterControllerRecord:
    """A controller joins, in a new incarnation."""

    controller_id: Int32 = 0
    incarnation_id: uuid.UUID = ZERO_UUID
    zk_migration_ready: bool = False
    end_points: list[ControllerEndpoint] = field(default_factory=list)
    features: list[ControllerFeature] = field(default_factory=list)


@struct
class ZkMigrationStateRecord:
    """How far a migration from ZooKeeper has come."""

    zk_migration_state: Int8 = 0


@struct
class NoOpRecord:
    """Nothing; it moves the log's end."""


@struct
class ClearElrRecord:
    """Eligible leader replicas are forgotten, of one topic or of all."""

    topic_name: str = ""
