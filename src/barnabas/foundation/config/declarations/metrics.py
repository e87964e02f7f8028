"""Metrics reporters and samples."""

from barnabas.foundation.config.kinds import INT, LIST, LONG, STRING
from barnabas.foundation.config.option import CLUSTER_WIDE, LOW, option
from barnabas.foundation.config.validators import at_least


class MetricsOptions:
    """Metrics reporters and samples."""

    metric_reporters = option(
        "metric.reporters",
        LIST,
        ("org.apache.kafka.common.metrics.JmxReporter",),
        "Classes that report metrics. Barnabas can't load Java classes.",
        importance=LOW,
        scope=CLUSTER_WIDE,
    )
    metrics_num_samples = option("metrics.num.samples", INT, 2, "Samples kept per metric.", at_least(1), importance=LOW)
    metrics_sample_window_ms = option(
        "metrics.sample.window.ms", LONG, 30000, "Length of one sample of a metric.", at_least(1), importance=LOW
    )
    metrics_recording_level = option(
        "metrics.recording.level",
        STRING,
        "INFO",
        "Finest level of metrics recorded: INFO, DEBUG or TRACE.",
        importance=LOW,
    )
    kafka_metrics_reporters = option(
        "kafka.metrics.reporters",
        LIST,
        (),
        "Classes that report Yammer metrics. Barnabas can't load Java classes.",
        importance=LOW,
    )
    kafka_metrics_polling_interval_secs = option(
        "kafka.metrics.polling.interval.secs",
        INT,
        10,
        "Interval of kafka.metrics.reporters.",
        at_least(1),
        importance=LOW,
    )
