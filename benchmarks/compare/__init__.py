"""Barnabas beside Apache Kafka: the workloads, and the rounds in which both are given them."""
