"""`barnabas configs`, also installed as `kafka-configs`."""
