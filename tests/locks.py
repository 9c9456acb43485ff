"""Who waits for whom in the database."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

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


@contextmanager
def beside(statement: str, job: Callable[[], object]) -> Iterator[None]:
    """Right after our first statement with these words another session begins the job;
    we go on when it is done, or waits for us. Raises what it raises."""
    begun: list[Future[object]] = []

    def run() -> object:
        try:
            return job()
        finally:
            connection.close()

    def watch(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        answer = execute(sql, *rest)
        if statement in str(sql) and not begun:
            begun.append(pool.submit(run))
            until(lambda: begun[0].done() or waiting() > 0)
        return answer

    with ThreadPoolExecutor(1) as pool:
        with connection.execute_wrapper(watch):
            yield
        assert begun, f"Nothing was like {statement!r}."
        begun[0].result(timeout=60)
