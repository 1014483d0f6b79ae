"""The phone: a specialist registers a call."""
