"""What stops a local command: one sentence for the person who typed it."""


class CannotStart(Exception):
    """Shown as it is, without a traceback: says what is wrong and what to do."""
