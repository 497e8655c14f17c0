"""Long work outside a turn."""
