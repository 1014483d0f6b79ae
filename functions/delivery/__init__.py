"""SendGrid's Event Webhook: what became of each letter (R8, R9)."""
