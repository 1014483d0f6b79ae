"""Pub/Sub-triggered: sends one notification as a letter (R5, R11)."""
