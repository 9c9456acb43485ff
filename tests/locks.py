"""Who waits for whom in the database."""

from django.db import connection

from tests.workers import until

WAITING = """
    WITH RECURSIVE waiting (pid) AS (
        SELECT pg_backend_pid()
        UNION
        SELECT lock.pid FROM pg_locks AS lock JOIN waiting AS holder
            ON NOT lock.granted AND holder.pid = ANY (pg_blocking_pids(lock.pid))
    )
    SELECT count(*) - 1 FROM waiting
"""


def until_awaited(*, by: int = 1) -> None:
    """So many sessions wait for what this one holds, or for one of those who do."""
    until(lambda: waiting() >= by)


def waiting() -> int:
    with connection.cursor() as cursor:
        cursor.execute(WAITING)
        (count,) = cursor.fetchone()
    return int(count)
