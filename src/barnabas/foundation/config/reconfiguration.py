"""What may change while a broker runs only by so much, or only together with something else.

The rules and the words are those of Kafka's reconfigurable parts: thread pools, log cleaner, log manager.
"""

from typing import Final

from barnabas.foundation.config.broker import BrokerSettings
from barnabas.foundation.config.kinds import ConfigError, InvalidValue
from barnabas.foundation.config.synonyms import resolved

UNLIMITED: Final = -1
AS_RETENTION: Final = -2
_THREAD_POOLS: Final = (
    BrokerSettings.num_io_threads,
    BrokerSettings.num_network_threads,
    BrokerSettings.num_replica_fetchers,
    BrokerSettings.num_recovery_threads_per_data_dir,
    BrokerSettings.background_threads,
    BrokerSettings.remote_log_reader_threads,
    BrokerSettings.remote_log_manager_copier_thread_pool_size,
    BrokerSettings.remote_log_manager_expiration_thread_pool_size,
)


def check_reconfiguration(current: BrokerSettings, changed: BrokerSettings) -> None:
    """Raises ConfigError when a running broker can't go from one to the other."""
    try:
        for pool in _THREAD_POOLS:
            fault = _fault_of_count(getattr(current, pool.attribute), count := getattr(changed, pool.attribute))
            if fault is not None:
                raise ConfigError(f"Dynamic thread count update validation failed for {pool.name}={count}, {fault}")
        _check_cleaner_threads(current.log_cleaner_threads, changed.log_cleaner_threads)
        _check_local_retention("log.local.retention.ms", "log.retention.ms", changed, _retention_ms(changed))
        _check_local_retention("log.local.retention.bytes", "log.retention.bytes", changed, changed.log_retention_bytes)
    except ConfigError as error:
        text = f"Invalid value org.apache.kafka.common.config.ConfigException: {error}"
        raise ConfigError(f"{text} for configuration Invalid dynamic configuration") from None


def _fault_of_count(current: int, count: int) -> str | None:
    """Threads are added and ended a few at a time."""
    if count == current:
        return None
    if count < 1:
        return "value should be at least 1"
    if count < current // 2:
        return f"value should be at least half the current value {current}"
    if count > current * 2:
        return f"value should not be greater than double the current value {current}"
    return None


def _check_cleaner_threads(current: int, count: int) -> None:
    if count < 1:
        raise ConfigError("Log cleaner threads should be at least 1")
    if count < current // 2:
        raise ConfigError(f"Log cleaner threads cannot be reduced to less than half the current value {current}")
    if count > current * 2:
        raise ConfigError(f"Log cleaner threads cannot be increased to more than double the current value {current}")


def _retention_ms(settings: BrokerSettings) -> int:
    def value_of(name: str) -> int | None:
        value: int | None = getattr(settings, BrokerSettings.OPTIONS[name].attribute)
        return value

    return resolved("retention.ms", value_of)


def _check_local_retention(local: str, whole: str, settings: BrokerSettings, limit: int) -> None:
    """What is kept here is a part of what is kept at all (KIP-405)."""
    value: int = getattr(settings, BrokerSettings.OPTIONS[local].attribute)
    if limit < 0 or value == AS_RETENTION:
        return
    if value == UNLIMITED:
        raise InvalidValue(local, value, f"Value must not be -1 as {whole} value is set as {limit}.")
    if value > limit:
        raise InvalidValue(local, value, f"Value must not be more than {whole} property value: {limit}")
