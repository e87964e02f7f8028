"""`barnabas consumer-groups`, also installed as `kafka-consumer-groups`."""
