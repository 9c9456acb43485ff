"""The ways in which Zoho misbehaves, and what is stored all the same."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
import requests

from tests.standin.callers import Books, Consent
from tests.zoho_standin import Running
from tests.zoho_standin.remote import Remote

ALICE = "alice@harbourbakery.example"


def test_an_answer_is_lost_after_storing(books: Books) -> None:
    books.standin.fault("answer_lost", match={"path": "/bills"})

    with pytest.raises(requests.ConnectionError):
        books.post("/bills", books.bill())

    assert len(books.stored("bills")) == 1
    assert books.post("/bills", books.bill()).outcome == (400, 13011)


def test_a_call_is_lost_before_storing(books: Books) -> None:
    books.standin.fault("call_lost", match={"path": "/bills"})

    with pytest.raises(requests.ConnectionError):
        books.post("/bills", books.bill())

    assert books.stored("bills") == []


def test_an_answer_is_late_but_stored_at_once(books: Books) -> None:
    books.standin.fault("answer_late", seconds=3600)

    with ThreadPoolExecutor(1) as pool:
        late = pool.submit(books.post, "/bills", books.bill())
        _until(lambda: len(books.stored("bills")) == 1)
        assert not late.done()
        books.standin.hurry()
        assert late.result().outcome == (201, 0)


def test_a_call_is_stored_late(books: Books) -> None:
    books.standin.fault("late_before", seconds=3600)

    with ThreadPoolExecutor(1) as pool:
        late = pool.submit(books.post, "/bills", books.bill())
        _until(lambda: books.standin.faults.waiting() == [])
        assert books.stored("bills") == []
        books.standin.hurry()
        assert late.result().outcome == (201, 0)


@pytest.mark.parametrize(
    ("fault", "stored"), [("error_500", 0), ("error_500_after", 1)]
)
def test_internal_errors(books: Books, fault: str, stored: int) -> None:
    books.standin.fault(fault)

    assert books.post("/bills", books.bill()).outcome == (500, 1000)
    assert len(books.stored("bills")) == stored


def test_a_page_instead_of_json(books: Books) -> None:
    books.standin.fault("html_502")
    answer = books.post("/bills", books.bill())

    assert answer.status == 502
    assert answer.headers["Content-Type"].startswith("text/html")
    assert books.stored("bills") == []


def test_a_list_lags_behind(books: Books) -> None:
    number = books.post("/bills", books.bill()).body["bill"]["bill_id"]
    books.standin.fault("list_stale", seconds=30, match={"path": "/bills"})

    assert books.get(f"/bills/{number}").status == 200
    assert books.get("/bills").body["bills"] == []
    assert len(books.get("/bills").body["bills"]) == 1


def test_an_upload_succeeds_and_stores_nothing(books: Books) -> None:
    number = books.post("/bills", books.bill()).body["bill"]["bill_id"]
    path = f"/bills/{number}/attachment"
    books.standin.fault("upload_not_stored")

    assert books.upload(path, "attachment", "a.pdf", b"%PDF").outcome == (200, 0)
    assert books.get(f"/bills/{number}").body["bill"]["documents"] == []
    assert books.upload(path, "attachment", "a.pdf", b"%PDF").outcome == (200, 0)
    assert len(books.get(f"/bills/{number}").body["bill"]["documents"]) == 1


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        ("forbidden", (401, 57)),
        ("organisation_off", (400, 6041)),
        ("mandatory_tag", (400, 90003)),
        ("vendor_refused", (400, 2)),
        ("date_locked", (400, 90002)),
        ("tax_inactive", (400, 90001)),
        ("per_minute", (429, 44)),
        ("per_day", (429, 45)),
        ("at_once", (429, 1070)),
        ("per_user", (429, 43)),
    ],
)
def test_refusals_on_demand_are_for_once(
    books: Books, fault: str, outcome: tuple[int, int]
) -> None:
    books.standin.fault(fault)

    assert books.post("/bills", books.bill()).outcome == outcome
    assert books.post("/bills", books.bill()).outcome == (201, 0)


def test_a_dead_token_stays_dead(books: Books) -> None:
    books.standin.fault("tokens_dead")

    assert books.get("/bills").outcome == (401, 57)
    assert books.get("/bills").outcome == (401, 57)


def test_a_blocked_user_stays_blocked(books: Books) -> None:
    books.standin.fault("user_blocked")

    assert books.get("/bills").outcome == (429, 43)
    assert books.get("/organizations").outcome == (429, 43)


def test_faults_of_the_token_endpoint(consent: Consent, running: Running) -> None:
    token = consent.tokens(ALICE)["refresh_token"]
    standin = running.standin

    standin.fault("token_throttled")
    assert consent.refresh(running.eu, token)["error"] == "Access Denied"
    standin.fault("invalid_client")
    assert consent.refresh(running.eu, token) == {"error": "invalid_client"}
    standin.fault("token_lost")
    with pytest.raises(requests.ConnectionError):
        consent.refresh(running.eu, token)
    standin.fault("refresh_token_revoked")
    assert consent.refresh(running.eu, token) == {"error": "invalid_code"}
    assert consent.refresh(running.eu, token) == {"error": "invalid_code"}


def test_throttling_may_come_with_another_status(
    consent: Consent, running: Running
) -> None:
    running.standin.fault("token_throttled", status=400)
    address = f"{running.eu}/oauth/v2/token"
    form = {"grant_type": "refresh_token"}

    assert requests.post(address, form, timeout=10).status_code == 400


def test_faults_wait_for_their_calls(books: Books) -> None:
    books.standin.fault("error_500", match={"method": "GET", "path": "/bills/*"})
    number = books.post("/bills", books.bill()).body["bill"]["bill_id"]

    assert books.get("/bills").outcome == (200, 0)
    assert books.get(f"/bills/{number}").outcome == (500, 1000)
    assert books.get(f"/bills/{number}").outcome == (200, 0)


def test_faults_may_skip_calls_and_come_several_times(books: Books) -> None:
    books.standin.fault("error_500", skip=1, times=2)

    statuses = [books.get("/bills").status for _ in range(4)]
    assert statuses == [200, 500, 500, 200]


def test_an_unknown_fault_is_an_error(books: Books) -> None:
    with pytest.raises(ValueError, match="No such fault: earthquake"):
        books.standin.fault("earthquake")


def test_from_another_process(books: Books, running: Running) -> None:
    remote = Remote(running.us)
    remote.fault("answer_lost", match={"path": "/bills"})
    assert [fault["name"] for fault in remote.faults()] == ["answer_lost"]

    with pytest.raises(requests.ConnectionError):
        books.post("/bills", books.bill())

    assert [row["bill_number"] for row in remote.bills("Harbour Bakery Ltd")] == [
        "INV-104"
    ]
    lost = remote.calls("POST", "/bills")
    assert [(call["fault"], call["status"]) for call in lost] == [("answer_lost", 0)]
    assert remote.limits(per_minute=5)["per_minute"] == 5
    remote.forget_calls()
    assert remote.calls() == []
    remote.reset()
    assert remote.bills("Harbour Bakery Ltd") == []
    assert books.get("/bills").outcome == (401, 57)


def test_people_change_things_meanwhile(books: Books, running: Running) -> None:
    remote = Remote(running.eu)
    harbour = "Harbour Bakery Ltd"
    typed = remote.change(
        "bill",
        organization=harbour,
        vendor="City Power",
        bill_number="INV-104",
        date="2026-11-20",
        line_items=[{"account": "Office Supplies", "rate": 100}],
    )
    remote.change(
        "update",
        organization=harbour,
        table="contacts",
        record="City Water",
        contact_name="City Water plc",
    )
    added = remote.change(
        "add",
        organization=harbour,
        table="accounts",
        like="Postage",
        account_name="Flour",
    )

    assert (typed["source"], typed["total"]) == ("Client", Decimal("100.00"))
    assert books.post("/bills", books.bill()).outcome == (400, 13011)
    assert remote.contact(harbour, "City Water") is None
    assert remote.contact(harbour, "City Water plc") is not None
    assert books.get(f"/chartofaccounts/{added['account_id']}").status == 200


def test_a_withdrawn_consent(consent: Consent, running: Running) -> None:
    token = consent.tokens(ALICE)["refresh_token"]

    assert Remote(running.us).change("revoke", email=ALICE) == {"revoked": 1}
    assert consent.refresh(running.eu, token) == {"error": "invalid_code"}


def test_expired_access_tokens_can_be_refreshed(
    consent: Consent, books: Books, running: Running
) -> None:
    refresh_token = consent.tokens(ALICE)["refresh_token"]
    running.standin.change("expire_access", email=ALICE)

    assert books.get("/bills").outcome == (401, 57)
    books.token = consent.refresh(running.eu, refresh_token)["access_token"]
    assert books.get("/bills").outcome == (200, 0)


def test_a_wrong_order_is_said(running: Running) -> None:
    remote = Remote(running.us)

    with pytest.raises(AssertionError, match="No such fault"):
        remote.fault("earthquake")
    with pytest.raises(AssertionError, match="KeyError"):
        remote.change("remove", organization="?", table="bills", record="1")


def _until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not true():
        if time.monotonic() > deadline:
            raise AssertionError("it never came true")
        time.sleep(0.005)
