"""What another process does while this one is between two statements."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from django.db import connection as database


@contextmanager
def just_after(statement: str, job: Callable[[], object]) -> Iterator[None]:
    """The job is done, and committed, right after our first statement that has these
    words. For tests with committed_db."""
    done: list[object] = []

    def watch(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        answer = execute(sql, *rest)
        if statement in str(sql) and not done:
            done.append(sql)
            elsewhere(job)
        return answer

    with database.execute_wrapper(watch):
        yield
    assert done, f"Nothing was like {statement!r}."


def elsewhere(job: Callable[[], object]) -> None:
    """In a thread, with a session of the database of its own."""

    def run() -> None:
        try:
            job()
        finally:
            database.close()

    with ThreadPoolExecutor(1) as pool:
        pool.submit(run).result(timeout=30)
