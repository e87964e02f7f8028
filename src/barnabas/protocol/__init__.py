"""Kafka's binary language, sans-IO: wire/ (types, compiler), messages/ (one per API), records/ (batches v2)."""
