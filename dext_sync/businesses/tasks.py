"""Background work on people: a sign-in that has ended is forgotten."""

from importlib import import_module

from celery import shared_task
from django.conf import settings


@shared_task
def sweep_sessions() -> None:
    """Nobody comes back with one that is over, and it still tells whose it was."""
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
