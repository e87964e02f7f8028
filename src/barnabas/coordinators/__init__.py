"""Replicated state machines over internal topics: consumer groups, as later transactions and share groups."""
