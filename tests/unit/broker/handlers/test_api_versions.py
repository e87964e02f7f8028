"""ApiVersions: which features are told, and how."""

import pytest

from barnabas.broker.handlers.api_versions import ApiVersions
from barnabas.protocol.messages.api_versions import ApiVersionsRequest
from unit.broker.handlers.cluster_fixture import context


@pytest.mark.parametrize(("version", "lowest"), [(3, 1), (4, 0)])
def test_the_consumer_protocol_is_a_feature(version: int, lowest: int) -> None:
    """Clients before KIP-1022 would take a level of 0 for a mistake."""
    request = ApiVersionsRequest(client_software_name="test", client_software_version="1")
    response = ApiVersions([])(request, context(version))
    (supported,) = response.supported_features
    (finalized,) = response.finalized_features
    assert (supported.name, supported.min_version, supported.max_version) == ("group.version", lowest, 1)
    assert (finalized.name, finalized.min_version_level, finalized.max_version_level) == ("group.version", 1, 1)
