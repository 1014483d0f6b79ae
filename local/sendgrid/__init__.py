"""SendGrid stand-in of the local stack: real API calls in, a mailbox out."""
