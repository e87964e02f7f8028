"""`barnabas topics`, also installed as `kafka-topics`."""
