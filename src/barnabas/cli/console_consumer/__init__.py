"""`barnabas console-consumer`, also installed as `kafka-console-consumer`."""
