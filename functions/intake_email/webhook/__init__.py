"""SendGrid's Inbound Parse call: its body, and what is in it."""
