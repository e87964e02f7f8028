"""What a running broker can't be changed to."""

import pytest

from barnabas.foundation.config import BrokerSettings, ConfigError
from barnabas.foundation.config.reconfiguration import check_reconfiguration

PREFIX = "Invalid value org.apache.kafka.common.config.ConfigException: "
SUFFIX = " for configuration Invalid dynamic configuration"


@pytest.mark.parametrize(
    ("set_now", "fault"),
    [
        ({"num.io.threads": "4"}, None),
        ({"num.io.threads": "16"}, None),
        (
            {"num.io.threads": "3"},
            (
                "Dynamic thread count update validation failed for num.io.threads=3, "
                "value should be at least half the current value 8"
            ),
        ),
        (
            {"num.replica.fetchers": "3"},
            (
                "Dynamic thread count update validation failed for num.replica.fetchers=3, "
                "value should not be greater than double the current value 1"
            ),
        ),
        (
            {"num.replica.fetchers": "0"},
            "Dynamic thread count update validation failed for num.replica.fetchers=0, value should be at least 1",
        ),
        ({"log.cleaner.threads": "2"}, None),
        (
            {"log.cleaner.threads": "3"},
            "Log cleaner threads cannot be increased to more than double the current value 1",
        ),
        ({"log.retention.ms": "-1", "log.local.retention.ms": "-1"}, None),
        ({"log.retention.ms": "30", "log.local.retention.ms": "30"}, None),
        (
            {"log.retention.ms": "30", "log.local.retention.ms": "31"},
            (
                "Invalid value 31 for configuration log.local.retention.ms: "
                "Value must not be more than log.retention.ms property value: 30"
            ),
        ),
        (
            {"log.retention.bytes": "30", "log.local.retention.bytes": "-1"},
            (
                "Invalid value -1 for configuration log.local.retention.bytes: "
                "Value must not be -1 as log.retention.bytes value is set as 30."
            ),
        ),
    ],
)
def test_the_rules_are_kafkas(set_now: dict[str, str], fault: str | None) -> None:
    current = BrokerSettings.from_properties({})
    changed = current.with_dynamic(set_now, {})
    if fault is None:
        check_reconfiguration(current, changed)
        return
    with pytest.raises(ConfigError) as caught:
        check_reconfiguration(current, changed)
    assert str(caught.value) == PREFIX + fault + SUFFIX


def test_threads_grow_step_by_step() -> None:
    first = BrokerSettings.from_properties({})
    second = first.with_dynamic({"log.cleaner.threads": "2"}, {})
    third = first.with_dynamic({"log.cleaner.threads": "4"}, {})
    check_reconfiguration(second, third)
    with pytest.raises(ConfigError, match="less than half the current value 4"):
        check_reconfiguration(third, first)
