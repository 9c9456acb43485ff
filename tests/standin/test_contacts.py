"""Contacts: one namespace for customers and vendors."""

from __future__ import annotations

from typing import Any

import pytest

from tests.standin.callers import Books


def test_a_vendor_is_added(books: Books) -> None:
    body = {"contact_name": "Zest Lemons", "contact_type": "vendor"}
    answer = books.post("/contacts", body)
    contact = answer.body["contact"]

    assert answer.outcome == (201, 0)
    assert answer.body["message"] == "The contact has been added."
    assert answer.headers["Location"] == f"/api/v3/contacts/{contact['contact_id']}"
    assert (contact["status"], contact["currency_code"]) == ("active", "GBP")
    assert books.get(f"/contacts/{contact['contact_id']}").body["contact"] == contact


def test_without_a_type_it_becomes_a_customer(books: Books) -> None:
    contact = books.post("/contacts", {"contact_name": "Zest"}).body["contact"]

    assert contact["contact_type"] == "customer"


@pytest.mark.parametrize("name", ["City Power", " city  power ", "ANCHOR HOTEL"])
def test_a_name_is_taken_once_by_customers_and_vendors(books: Books, name: str) -> None:
    answer = books.post("/contacts", {"contact_name": name, "contact_type": "vendor"})

    assert answer.outcome == (400, 3062)
    assert answer.body["message"] == (
        f'The customer "{name}" already exists. Please specify a different name.'
    )


@pytest.mark.parametrize(
    ("changed", "outcome"),
    [
        ({"contact_name": " "}, (400, 4)),
        ({"payment_terms": "Net 15"}, (400, 2)),
        ({"contact_type": "supplier"}, (400, 2)),
        ({"currency_id": "208250000000999999"}, (400, 9004)),
        ({"email": "zest@example.com"}, (400, 2)),
        ({"vat_treatment": "mars"}, (400, 2)),
        ({"track_1099": True}, (400, 2)),
        ({"billing_address": {"address": "x" * 501}}, (400, 15)),
    ],
    ids=str,
)
def test_what_a_contact_is_refused_for(
    books: Books, changed: dict[str, Any], outcome: tuple[int, int]
) -> None:
    before = len(books.stored("contacts"))

    assert books.post("/contacts", {"contact_name": "Zest"} | changed).outcome == (
        outcome
    )
    assert len(books.stored("contacts")) == before


def test_the_primary_persons_mail_is_the_contacts(books: Books) -> None:
    people = [
        {"first_name": "Ann", "email": "ann@zest.example"},
        {"first_name": "Ben", "email": "ben@zest.example", "is_primary_contact": True},
    ]
    body = {"contact_name": "Zest", "contact_persons": people}

    assert books.post("/contacts", body).body["contact"]["email"] == "ben@zest.example"


def test_renaming_onto_another_is_refused(books: Books) -> None:
    number = books.id("contacts", "City Power")
    path = f"/contacts/{number}"

    taken = books.call("PUT", path, json={"contact_name": "City Water"})
    own = books.call("PUT", path, json={"contact_name": "City Power plc"})

    assert taken.outcome == (400, 3062)
    assert own.body["message"] == "Contact information has been saved."


def test_a_contact_with_a_bill_is_not_deleted_but_made_inactive(books: Books) -> None:
    books.post("/bills", books.bill())
    path = f"/contacts/{books.id('contacts', 'City Power')}"

    assert books.call("DELETE", path).outcome == (400, 3000)
    assert books.post(f"{path}/inactive").outcome == (200, 0)
    assert books.get(path).body["contact"]["status"] == "inactive"


def test_a_customer_without_anything_is_deleted(books: Books) -> None:
    path = f"/contacts/{books.id('contacts', 'Anchor Hotel')}"

    answer = books.call("DELETE", path)

    assert answer.body["message"] == "The customer has been deleted."
    assert books.get(path).outcome == (404, 1002)
