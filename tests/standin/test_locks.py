"""Transaction locks: what is closed, how it is told, and what is refused for it."""

from __future__ import annotations

from tests.standin.callers import Books


def locked(books: Books, until: str, module: str = "all") -> None:
    books.standin.change(
        "settings",
        organization=books.organization_id,
        locked_until=until,
        locked_module=module,
    )


def told(books: Books) -> list[tuple[str, str]]:
    locks = books.get("/transactionlocks").body["transaction_locks"]
    return [
        (lock["lock_scope_formatted"], lock["transaction_lock_date"]) for lock in locks
    ]


def test_nothing_is_locked_at_first(books: Books) -> None:
    assert told(books) == []
    lock = books.get("/transactionlock").body["transaction_lock"]
    assert lock["transaction_lock_status"] == "disabled"


def test_nothing_is_dated_into_a_locked_period(books: Books) -> None:
    locked(books, "2026-11-20")

    assert books.post("/bills", books.bill()).status == 400
    assert books.post("/bills", books.bill(date="2026-11-21")).outcome == (201, 0)
    lock = books.get("/transactionlock").body["transaction_lock"]
    assert lock["transaction_lock_date"] == "2026-11-20"


def test_the_lock_of_one_module_leaves_the_others_open(books: Books) -> None:
    locked(books, "2026-11-20", "sales")

    assert books.post("/bills", books.bill()).outcome == (201, 0)
    assert told(books) == [("Sales", "2026-11-20")]


def test_each_lock_has_its_row(books: Books) -> None:
    locked(books, "2026-03-31")
    locked(books, "2026-11-20", "purchase")

    assert told(books) == [("All", "2026-03-31"), ("Purchases", "2026-11-20")]
    assert books.post("/bills", books.bill()).status == 400


def test_an_unlocked_period_takes_bills_again(books: Books) -> None:
    locked(books, "2026-11-20")
    locked(books, "")

    assert books.post("/bills", books.bill()).outcome == (201, 0)
    assert told(books) == []
