"""The declarations of all options, one module per theme."""
