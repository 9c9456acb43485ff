"""What we would send, edition by edition, is what Zoho's description has there."""

import datetime as dt
import json
from dataclasses import replace
from decimal import Decimal

import pytest

from connections.editions import EDITIONS_WITH_EXEMPTIONS
from connections.zoho.client import UNDECLARED_FIELDS
from connections.zoho.edition import EDITIONS
from connections.zoho.writes import Fields
from publishing import payloads
from publishing.decision import (
    EDITIONS_THAT_ASK_MORE_OF_CONTACTS as ASKING_MORE,
)
from publishing.decision import (
    ContactFacts,
    Entry,
    Facts,
    Hold,
    LocationFacts,
    ProjectFacts,
    Publish,
    SupplierFacts,
    decide,
    kind_of,
)
from publishing.payloads import Claim
from publishing.reasons import Reason
from tests.connections.zoho.openapi import (
    body_schema,
    declared,
    needs_openapi,
    not_in,
    too_long,
    undeclared,
)
from tests.publishing.test_decision import EURO_BOOKS, INVOICE, PAID_RECEIPT
from tests.publishing.test_decision_sales import SALE

pytestmark = needs_openapi

MARK = "DS-23456789AB"
FILES = {"bill": "bills", "expense": "expenses", "invoice": "invoices"}
KNOWN = SupplierFacts(name="Mill", contact=ContactFacts(zoho_id="501"))
NEW = SupplierFacts(name="New Mill", create_agreed=True)
KINDS = pytest.mark.parametrize(
    "facts", [INVOICE, PAID_RECEIPT, SALE], ids=["bill", "expense", "invoice"]
)


@KINDS
@pytest.mark.parametrize("edition", sorted(EDITIONS))
def test_a_record_has_fields_of_its_edition_only(facts: Facts, edition: str) -> None:
    claimed = _claimed(facts, KNOWN, edition)
    path = f"/{FILES[claimed.kind]}"
    schema = body_schema(declared(FILES[claimed.kind], path, "post"))

    body = _body(claimed)

    unknown = set(undeclared(FILES[claimed.kind], schema, body))
    assert unknown == UNDECLARED_FIELDS.get(path, set())
    assert not_in(edition, FILES[claimed.kind], schema, body) == []


@KINDS
@pytest.mark.parametrize("edition", sorted(EDITIONS))
def test_a_record_says_why_it_has_no_tax_where_its_edition_knows_the_field(
    facts: Facts, edition: str
) -> None:
    """And nowhere beside a tax; an expense knows it on lines of its own only."""
    exempt = replace(facts, tax=None, tax_amount=None, exemption=Entry(zoho_id="905"))
    kind = kind_of(facts)
    if edition not in EDITIONS_WITH_EXEMPTIONS[kind]:
        assert isinstance(decide(_in_edition(exempt, KNOWN, edition)), Hold)
        assert _with_exemption(kind, edition) == set()
        return
    claimed = _claimed(exempt, KNOWN, edition)
    path = f"/{FILES[kind]}"
    schema = body_schema(declared(FILES[kind], path, "post"))

    body = _body(claimed)

    said = json.dumps(body, default=str)
    assert said.count('"tax_exemption_id": "905"') == 1
    assert '"tax_id"' not in said
    unknown = set(undeclared(FILES[kind], schema, body))
    assert unknown == UNDECLARED_FIELDS.get(path, set())
    assert not_in(edition, FILES[kind], schema, body) == []


def _with_exemption(kind: str, edition: str) -> set[str]:
    """Where a record that we send could say it, and does not."""
    lines = [{"tax_exemption_id": "905"}] if kind == "bill" else [{}]
    body: dict[str, object] = {"line_items": lines}
    if kind != "bill":
        body["tax_exemption_id"] = "905"
    file = FILES[kind]
    schema = body_schema(declared(file, f"/{file}", "post"))
    refused = {*undeclared(file, schema, body), *not_in(edition, file, schema, body)}
    return {"tax_exemption_id"} if not refused else set()


@KINDS
def test_no_text_is_longer_than_zoho_takes(facts: Facts) -> None:
    longest = replace(facts, description="d" * 400, reference="r" * 100)
    claimed = _claimed(longest, KNOWN, "uk")
    file = FILES[claimed.kind]
    schema = body_schema(declared(file, f"/{file}", "post"))
    assert too_long(file, schema, _body(claimed)) == []


@KINDS
@pytest.mark.parametrize("edition", sorted(EDITIONS - ASKING_MORE))
def test_a_new_contact_has_fields_of_its_edition_only(
    facts: Facts, edition: str
) -> None:
    claimed = _claimed(facts, NEW, edition)
    schema = body_schema(declared("contacts", "/contacts", "post"))

    body = payloads.contact(claimed).fields()

    assert undeclared("contacts", schema, body) == []
    assert not_in(edition, "contacts", schema, body) == []


def _in_edition(facts: Facts, supplier: SupplierFacts, edition: str) -> Facts:
    """Of an item that says as much as it can."""
    return replace(
        facts,
        books=replace(EURO_BOOKS, edition=edition),
        currency="EUR",
        exchange_rate=Decimal("0.86"),
        rate_date=dt.date(2026, 11, 20),
        supplier=supplier,
        project=ProjectFacts(zoho_id="601"),
        location=LocationFacts(zoho_id="603"),
        customer=Entry(zoho_id="602"),
    )


def _claimed(facts: Facts, supplier: SupplierFacts, edition: str) -> Claim:
    """No tax where it must not be."""
    facts = _in_edition(facts, supplier, edition)
    decision = decide(facts)
    if decision == Hold((Reason.TAX_NOT_KNOWN_HERE,)):
        facts = replace(facts, tax=None, tax_amount=None)
        decision = decide(facts)
    assert isinstance(decision, Publish)
    return payloads.claim(facts, decision, mark=MARK, supplier_id=7)


def _body(claimed: Claim) -> Fields:
    match claimed.kind:
        case "bill":
            return payloads.bill(claimed, vendor_id="501", mark=MARK).fields()
        case "expense":
            return payloads.expense(claimed, vendor_id="501", mark=MARK).fields()
        case _:
            return payloads.invoice(claimed, customer_id="501", mark=MARK).fields()
