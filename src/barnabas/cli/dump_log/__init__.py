"""`barnabas dump-log`, also installed as `kafka-dump-log`: what the files of a log say, read without a broker."""
