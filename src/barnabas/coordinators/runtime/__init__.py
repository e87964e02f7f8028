"""What every coordinator shares: a shard per partition with one writer, replay on load, timers, the sink of records."""
