"""An API of the protocol: one kind of request and the response to it, in all versions that Kafka 4 speaks."""

from typing import Final, Generic, TypeVar

from barnabas.protocol.wire.codec import Codec, codec
from barnabas.protocol.wire.versions import Versions

Request = TypeVar("Request")
Response = TypeVar("Response")

# Ranges, because these two are asked for every request and every response, and a range answers fastest.
_flexible_versions: Final[dict[int, range]] = {}
_NO_VERSIONS: Final = range(0)


class Api(Generic[Request, Response]):
    """A declaration such as `HEARTBEAT: Final = Api(12, HeartbeatRequest, HeartbeatResponse, versions="0-4", …)`.

    `versions` can be decoded and encoded; `advertised`, where it is told, is what ApiVersions answers instead.
    `flexible` versions use the compact forms and tagged fields of KIP-482.
    """

    __slots__ = ("_flexible_versions", "advertised", "flexible", "key", "name", "request", "response", "versions")

    def __init__(
        self,
        key: int,
        request: type[Request],
        response: type[Response],
        *,
        versions: str,
        flexible: str = "none",
        advertised: str = "",
    ) -> None:
        self.key = key
        self.name = request.__name__.removesuffix("Request")
        self.request = request
        self.response = response
        self.versions = Versions.parse(versions)
        self.flexible = Versions.parse(flexible)
        self.advertised = Versions.parse(advertised or versions)
        self._flexible_versions = _flexible_versions[key] = self.flexible.as_range()

    def __repr__(self) -> str:
        return f"<Api {self.key} {self.name} {self.min_version}-{self.max_version}>"

    @property
    def min_version(self) -> int:
        return self.versions.first

    @property
    def max_version(self) -> int:
        return self.versions.last

    def is_flexible(self, version: int) -> bool:
        return version in self._flexible_versions

    def request_codec(self, version: int) -> Codec[Request]:
        """ValueError when the version is none of this API."""
        self._check(version)
        return codec(self.request, version, self.is_flexible(version))

    def response_codec(self, version: int) -> Codec[Response]:
        """ValueError when the version is none of this API."""
        self._check(version)
        return codec(self.response, version, self.is_flexible(version))

    def _check(self, version: int) -> None:
        if version not in self.versions:
            raise ValueError(f"{self.name} has no version {version}, only {self.min_version} to {self.max_version}")


def has_flexible_header(api_key: int, api_version: int) -> bool:
    """Whether a request's header ends with tagged fields; False for APIs that nobody declared."""
    return api_version in _flexible_versions.get(api_key, _NO_VERSIONS)
