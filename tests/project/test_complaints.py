"""A check that reads the logs fails where they say what nobody meant to happen."""

from pathlib import Path

import pytest

from tests import complaints

LINE = (
    "2026-11-30T18:42:51.412903Z [error    ] Task publishing.tasks.take_turn[f3a5] "
    "raised unexpected: {cause} [celery.app.trace]"
)


def logs(folder: Path, *, postgres: str = "", worker: str = "") -> list[str]:
    (folder / "postgres.log").write_text(f"LOG:  ready\n{postgres}\n")
    (folder / "worker-1.log").write_text(f"{worker}\n")
    return complaints.of_all(folder)


def test_a_deadlock_that_postgres_tells_of(tmp_path: Path) -> None:
    said = "2026-11-30 18:42:51 UTC [7] ERROR:  deadlock detected"

    assert logs(tmp_path, postgres=said) == [said]


def test_a_task_that_raised(tmp_path: Path) -> None:
    line = LINE.format(cause="KeyError('supplier_id')")

    assert logs(tmp_path, worker=line) == [f"worker-1: {line}"]


@pytest.mark.parametrize(
    "cause",
    [
        "OperationalError('terminating connection due to administrator command\\n')",
        "OperationalError('connection to server on socket \"/x\" failed: No such file')",
        "InterfaceError('connection already closed')",
    ],
)
def test_a_task_whose_postgres_was_taken_away_was_meant_to(
    tmp_path: Path, cause: str
) -> None:
    assert logs(tmp_path, worker=LINE.format(cause=cause)) == []


def test_without_a_log_nothing_is_proved(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        complaints.of_all(tmp_path)
