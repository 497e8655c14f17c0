"""What Steward keeps: the only folder that opens files in var/ and audit.db."""
