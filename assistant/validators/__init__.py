"""Checks on an answer as guardrails-ai validators, one file each. Only this folder imports guardrails."""
