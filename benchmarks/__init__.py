"""Barnabas beside Apache Kafka: same machine, same client, same run. `make bench` or `python -m benchmarks`."""
