"""The inbound side of the SendGrid stand-in: an SMTP door that posts mail as Inbound Parse does in raw mode."""
