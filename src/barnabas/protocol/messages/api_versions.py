"""ApiVersions: which APIs a broker serves, in which versions (KIP-35, KIP-511).

The response's header never has tagged fields: clients read it before they know what the broker speaks. A broker
that does not know the version of the request answers in version 0 with UNSUPPORTED_VERSION.
"""

from typing import Final

from barnabas.protocol.wire import Api, Int16, Int32, Int64, field, struct


@struct
class ApiVersionsRequest:
    """The client introduces itself."""

    client_software_name: str = field(default="", versions="3+", ignorable=True)
    client_software_version: str = field(default="", versions="3+", ignorable=True)


@struct
class ApiVersion:
    """An API and the versions served."""

    api_key: Int16
    min_version: Int16 = 0
    max_version: Int16 = 0


@struct
class SupportedFeatureKey:
    """A feature and the levels that the broker supports."""

    name: str
    min_version: Int16 = 0
    max_version: Int16 = 0


@struct
class FinalizedFeatureKey:
    """A feature and the levels that the cluster has settled on."""

    name: str
    max_version_level: Int16 = 0
    min_version_level: Int16 = 0


@struct
class ApiVersionsResponse:
    """The APIs served, and the features of the cluster."""

    error_code: Int16 = 0
    api_keys: list[ApiVersion] = field(default_factory=list)
    throttle_time_ms: Int32 = field(default=0, versions="1+", ignorable=True)
    supported_features: list[SupportedFeatureKey] = field(default_factory=list, versions="3+", tag=0, ignorable=True)
    finalized_features_epoch: Int64 = field(default=-1, versions="3+", tag=1, ignorable=True)
    finalized_features: list[FinalizedFeatureKey] = field(default_factory=list, versions="3+", tag=2, ignorable=True)
    zk_migration_ready: bool = field(default=False, versions="3+", tag=3, ignorable=True)


API_VERSIONS: Final = Api(18, ApiVersionsRequest, ApiVersionsResponse, versions="0-4", flexible="3+")
