"""The performance tools `producer-perf-test`, `consumer-perf-test` and `e2e-latency`: Kafka's flags and output."""
