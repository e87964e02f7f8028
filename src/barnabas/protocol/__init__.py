"""Kafka's binary language, sans-IO: wire/ (types, compiler), messages/ (one file per API), records/ (batches v2)."""
