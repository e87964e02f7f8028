"""`barnabas console-producer`, also installed as `kafka-console-producer`."""
