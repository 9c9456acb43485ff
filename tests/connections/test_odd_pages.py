"""Lists whose pages do not come as they should: none is cut short, none goes on for ever."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from connections import entries, lists
from connections.models import Connection, Contact, RefreshedList, RefreshRun
from connections.zoho.answers import Answer
from connections.zoho.client import ZohoBooks
from connections.zoho.types import ContactKind, ContactRow, Order, Page
from connections.zoho.wire import Call, Wire
from dext_sync.businesses.tenancy import acting_in
from tests.publishing.zoho import Zoho

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def patient(settings: Settings) -> None:
    settings.ZOHO_CALLS_A_MINUTE = 1000


def supplier(number: int) -> ContactRow:
    return ContactRow(
        zoho_id=str(number),
        name=f"Supplier {number}",
        kind="vendor",
        status="active",
        currency_id="97",
        currency_code="GBP",
        email="",
        company_name="",
        last_modified=timezone.now(),
        is_active=True,
    )


def page(*numbers: int, has_more: bool = True) -> Page[ContactRow]:
    return Page(tuple(map(supplier, numbers)), has_more)


class Asked:
    """Stands in for the suppliers: these pages, and after them the last one for ever."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, pages: list[Page[ContactRow]]):
        self.numbers: list[int] = []
        contacts = ZohoBooks.contacts

        def answered(
            books: ZohoBooks,
            kind: ContactKind | None = None,
            number: int = 1,
            *,
            sort: Order = "created_time",
        ) -> Page[ContactRow]:
            if kind != "vendor":
                return contacts(books, kind, number, sort=sort)
            self.numbers.append(number)
            return pages[min(number, len(pages)) - 1]

        monkeypatch.setattr(ZohoBooks, "contacts", answered)


def refreshed(connection: Connection, *, turn: timedelta | None = None) -> RefreshRun:
    with acting_in(connection.business_id):
        run = lists.start(connection, None)
        while lists.refresh(run.pk, turn=turn) is not None:
            pass
        run.refresh_from_db()
        return run


def line(run: RefreshRun, kind: str) -> RefreshedList:
    with acting_in(run.business_id):
        return run.lists.get(kind=kind)


@pytest.mark.parametrize("turn", [None, timedelta(0)], ids=["at once", "in turns"])
def test_a_list_that_does_not_turn_its_pages_is_given_up_at_the_second(
    connection: Connection,
    zoho: Zoho,
    monkeypatch: pytest.MonkeyPatch,
    turn: timedelta | None,
) -> None:
    asked = Asked(monkeypatch, [page(1, 2)])

    run = refreshed(connection, turn=turn)

    assert asked.numbers == [1, 2]
    assert line(run, "suppliers").state == "failed"
    assert line(run, "suppliers").problem == (
        "Zoho Books sends the same page again and again."
    )
    assert line(run, "bills").state == "done"


def test_an_empty_page_in_the_middle_is_no_end_and_no_repetition(
    connection: Connection, zoho: Zoho, monkeypatch: pytest.MonkeyPatch
) -> None:
    Asked(monkeypatch, [page(1, 2), page(), page(3, has_more=False)])

    run = refreshed(connection)

    assert (line(run, "suppliers").state, line(run, "suppliers").rows) == ("done", 3)
    with acting_in(connection.business_id):
        present = entries.present(connection, Contact).filter(kind="vendor")
        assert set(present.values_list("zoho_id", flat=True)) == {"1", "2", "3"}


def test_empty_pages_without_end_are_given_up(
    connection: Connection, zoho: Zoho, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = Asked(monkeypatch, [page(1, 2), page()])

    run = refreshed(connection)

    assert asked.numbers == [1, 2, 3]
    assert line(run, "suppliers").state == "failed"


def test_a_full_list_that_knows_no_pages_is_whole(
    connection: Connection, zoho: Zoho, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Zoho sends all of it whichever page is asked for, and no word about more."""
    made = Wire.make

    def taxes_without_pages(wire: Wire, call: Call) -> Answer:
        if call.path != "/settings/taxes":
            return made(wire, call)
        answer = made(wire, replace(call, query={**call.query, "page": "1"}))
        rate = answer["taxes"][0]
        return {"taxes": [{**rate, "tax_id": str(number)} for number in range(200)]}

    monkeypatch.setattr(Wire, "make", taxes_without_pages)

    run = refreshed(connection)

    assert (line(run, "tax-rates").state, line(run, "tax-rates").rows) == ("done", 200)


def test_pages_of_customers_alone_are_no_repetition_among_the_suppliers(
    connection: Connection, zoho: Zoho, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where Zoho ignores the filter, the first of whom it has may all be customers."""
    made = Wire.make

    def everybody(wire: Wire, call: Call) -> Answer:
        if call.query.get("contact_type") != "vendor":
            return made(wire, call)
        number = int(call.query["page"])
        contact = {
            "contact_id": str(number),
            "contact_name": f"Number {number}",
            "contact_type": "vendor" if number == 3 else "customer",
        }
        return {
            "contacts": [contact],
            "page_context": {"has_more_page": number < 3},
        }

    monkeypatch.setattr(Wire, "make", everybody)

    run = refreshed(connection)

    assert (line(run, "suppliers").state, line(run, "suppliers").rows) == ("done", 1)
