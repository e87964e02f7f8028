"""Names everyone shares: identifiers, error codes, config declarations, clock, service and watermark helpers."""
