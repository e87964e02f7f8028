"""ApiVersions: which APIs are served, in which versions.

Behaviour
    Answered from the list of routes, so nothing is advertised that is not served. A version of this request that we
    do not know is answered in version 0 with UNSUPPORTED_VERSION (KIP-511); dispatch does that. Of Kafka's features
    the one that says that there are groups of the consumer protocol is told (KIP-848).
Versions
    v3  flexible; client software name and version are checked; features
    v4  features may be supported from level 0 on (KIP-1022)
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from barnabas.broker.context import RequestContext
from barnabas.foundation.errors import ErrorCode
from barnabas.protocol.messages.api_versions import (
    ApiVersion,
    ApiVersionsRequest,
    ApiVersionsResponse,
    FinalizedFeatureKey,
    SupportedFeatureKey,
)

_SOFTWARE_NAME: Final = re.compile(r"[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?")

GROUP_VERSION: Final = "group.version"
GROUP_VERSION_LEVEL: Final = 1
"""Groups of the consumer protocol."""
_LEVEL_0_SINCE: Final = 4


@dataclass(frozen=True, slots=True)
class ApiVersions:
    advertised: Sequence[tuple[int, int, int]]
    """(API key, lowest version, highest version), ordered by key."""

    def __call__(self, request: ApiVersionsRequest, context: RequestContext) -> ApiVersionsResponse:
        if 3 <= context.api_version <= 4:
            names = (request.client_software_name, request.client_software_version)
            if not all(_SOFTWARE_NAME.fullmatch(name) for name in names):
                return ApiVersionsResponse(error_code=ErrorCode.INVALID_REQUEST)
        return ApiVersionsResponse(
            api_keys=[
                ApiVersion(api_key=key, min_version=lowest, max_version=highest)
                for key, lowest, highest in self.advertised
            ],
            supported_features=[
                SupportedFeatureKey(
                    name=GROUP_VERSION,
                    min_version=0 if context.api_version >= _LEVEL_0_SINCE else 1,
                    max_version=GROUP_VERSION_LEVEL,
                )
            ],
            finalized_features_epoch=0,
            finalized_features=[
                FinalizedFeatureKey(
                    name=GROUP_VERSION,
                    max_version_level=GROUP_VERSION_LEVEL,
                    min_version_level=GROUP_VERSION_LEVEL,
                )
            ],
        )
