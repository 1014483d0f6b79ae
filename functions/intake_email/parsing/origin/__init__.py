"""Who a message is from: a person, a robot, or a mail server that returns a letter."""
