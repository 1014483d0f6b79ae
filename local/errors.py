"""What stops the local stack, as a text for the person who started it."""


class StackError(Exception):
    """The stack cannot start or go on; the message says why, and what to do about it."""
