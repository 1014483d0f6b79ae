"""The e-mail channel: SendGrid Inbound Parse posts every message as it came (R1)."""
