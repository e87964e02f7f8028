"""ApiVersions: which APIs are served, in which versions.

Behaviour
    Answered from the list of routes, so nothing is advertised that is not served. A version of this request that we
    do not know is answered in version 0 with UNSUPPORTED_VERSION (KIP-511); dispatch does that.
Versions
    v3  flexible; client software name and version are checked
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from barnabas.broker.context import RequestContext
from barnabas.foundation.errors import ErrorCode
from barnabas.protocol.messages.api_versions import ApiVersion, ApiVersionsRequest, ApiVersionsResponse

_SOFTWARE_NAME: Final = re.compile(r"[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?")


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
            ]
        )
