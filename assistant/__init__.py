"""Steward: a governed chat assistant for a company's intranet."""
