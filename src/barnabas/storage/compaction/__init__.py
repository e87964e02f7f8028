"""Compaction: a log keeps the last record of every key, and forgets what later records replaced.

    selection     which log is dirtiest, and what part of it may be cleaned      } pure decisions
    grouping      which segments become one                                      }
    transactions  what was rolled back, and which markers are still needed       }
    offset_map    the last offset of each key, within a bound of memory
    record_walk   keys and borders of the records of a batch
    batch_filter  what remains of one batch
    job, rewrite  one log's cleaning as plain data, and doing it: map, then `.cleaned` files
    worker        the child process that does it, so that the broker's own does not notice
    rewriting     one log's side of it: what a cleaning may know, and what it may replace
    swap          `.cleaned` to `.swap` to the final names, and what a start makes of an interrupted one
    cleaner       rounds, threads, failures, statistics

Source: Kafka's LogCleaner; KIP-58 (minimum lag), KIP-354 (maximum lag), KIP-534 (delete horizons), KIP-98
(transactions).
"""
