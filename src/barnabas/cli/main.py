"""The command `barnabas` and the tools under Apache Kafka's own names.

Everything is imported when it is called: `barnabas start` loads neither the client library nor the command-line
library, and no tool loads the broker.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """`barnabas ...`; without arguments it shows its help."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments[:1] == ["start"]:
        return _start(arguments[1:])
    from barnabas.cli.flags import run
    from barnabas.cli.root import BARNABAS

    return run(BARNABAS, arguments or ["--help"], "barnabas")


def _start(arguments: Sequence[str]) -> int:
    from barnabas.cli.start import start

    return int(start(list(arguments)) or 0)


def kafka_server_start(argv: Sequence[str] | None = None) -> int:
    from barnabas.cli.start import kafka_server_start as start_from_file

    return int(start_from_file(list(sys.argv[1:] if argv is None else argv)) or 0)


def _run_tool(name: str, argv: Sequence[str] | None) -> int:
    from barnabas.cli.flags import run
    from barnabas.cli.root import load_tool

    return run(load_tool(name), list(sys.argv[1:] if argv is None else argv), f"kafka-{name}")


def kafka_topics(argv: Sequence[str] | None = None) -> int:
    return _run_tool("topics", argv)


def kafka_console_producer(argv: Sequence[str] | None = None) -> int:
    return _run_tool("console-producer", argv)


def kafka_console_consumer(argv: Sequence[str] | None = None) -> int:
    return _run_tool("console-consumer", argv)


def kafka_consumer_groups(argv: Sequence[str] | None = None) -> int:
    return _run_tool("consumer-groups", argv)


def kafka_configs(argv: Sequence[str] | None = None) -> int:
    return _run_tool("configs", argv)


def kafka_get_offsets(argv: Sequence[str] | None = None) -> int:
    return _run_tool("get-offsets", argv)


def kafka_delete_records(argv: Sequence[str] | None = None) -> int:
    return _run_tool("delete-records", argv)


def kafka_dump_log(argv: Sequence[str] | None = None) -> int:
    return _run_tool("dump-log", argv)


def kafka_log_dirs(argv: Sequence[str] | None = None) -> int:
    return _run_tool("log-dirs", argv)


def kafka_producer_perf_test(argv: Sequence[str] | None = None) -> int:
    return _run_tool("producer-perf-test", argv)


def kafka_consumer_perf_test(argv: Sequence[str] | None = None) -> int:
    return _run_tool("consumer-perf-test", argv)


def kafka_e2e_latency(argv: Sequence[str] | None = None) -> int:
    return _run_tool("e2e-latency", argv)
