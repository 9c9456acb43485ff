"""Many items in a row: one that raises is told to the log, and the others go on."""

import logging
from collections.abc import Callable

from django.db import connection as database
from structlog.contextvars import bound_contextvars

from publishing.models import Item

logger = logging.getLogger(__name__)


def managed(work: Callable[[], object], *, business_id: int, item_id: int) -> bool:
    """Whether the work on this item was done; it must be in a transaction of its own.

    Raises what the next one would meet too: the database is away.
    """
    try:
        work()
    except Item.DoesNotExist:
        return True  # It went meanwhile, and nothing is left to do.
    except Exception:
        if not database.is_usable():
            raise
        with bound_contextvars(business_id=business_id, item_id=item_id):
            logger.exception("An item was passed over.")
        return False
    return True
