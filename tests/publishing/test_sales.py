"""Sales in Zoho Books: an invoice with its own number and document, e-mailed to nobody."""

from decimal import Decimal

import pytest
import time_machine

from connections.models import Connection, ConnectionEvent, Grant
from connections.zoho.oauth import INVOICE_SCOPES, SCOPES
from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in
from publishing import coding, suppliers, tasks
from publishing.documents import content_of
from publishing.models import Item, Supplier
from publishing.reasons import Reason
from tests.publishing.factories import make_customer, ready_item, ready_sale
from tests.publishing.steps import (
    attempts_of,
    begun,
    item_now,
    now,
    page_of,
    publish,
    verify,
    work,
    work_until_settled,
)
from tests.publishing.zoho import BAKERY, Zoho
from tests.zoho_standin import changes

pytestmark = pytest.mark.usefixtures("connection")


def marks_new_invoices_as_sent(connection: Connection) -> None:
    with acting_in(connection.business_id):
        Connection.unscoped.update(new_invoices=Connection.NewInvoices.SENT)


class TestPublishing:
    def test_a_sale_is_a_draft_with_its_own_number_and_document(
        self, zoho: Zoho, bakery: Business, bob: User
    ) -> None:
        item = ready_sale(bakery, bob)

        publication = publish(item, bob)

        (invoice,) = zoho.invoices
        assert invoice["invoice_number"] == "2026-17"
        assert invoice["reference_number"] == publication.mark
        assert invoice["customer_name"] == "Anchor Hotel"
        assert invoice["status"] == "draft"
        assert not invoice["is_emailed"]
        assert (invoice["date"], invoice["due_date"]) == ("2026-11-20", "2026-12-20")
        assert invoice["total"] == Decimal("120.00")
        assert invoice["tax_total"] == Decimal("20.00")
        (line,) = invoice["line_items"]
        assert (line["name"], line["account_name"]) == ("Bread in October", "Sales")
        (document,) = invoice["documents"]
        with acting_in(bakery.pk):
            sent = content_of(item.document) if item.document else b""
        stored = zoho.standin.documents
        assert stored.get(document["document_id"]) == sent

    def test_its_page_says_that_it_is_a_draft_and_leads_to_it(
        self, zoho: Zoho, bakery: Business, bob: User
    ) -> None:
        item = ready_sale(bakery, bob)

        publish(item, bob)

        page = page_of(item)
        assert page.headline == "Published as draft invoice 2026-17."
        assert page.open_url.endswith(f"#/invoices/{zoho.invoices[0]['invoice_id']}")

    def test_a_draft_takes_two_calls_and_the_verification_that_all_share(
        self, zoho: Zoho, bakery: Business, bob: User, connection: Connection
    ) -> None:
        items = [ready_sale(bakery, bob, reference=f"2026-{n}") for n in (17, 18)]

        for item in items:
            publish(item, bob)
        calls = len(zoho.standin.calls)
        verify(connection)

        assert calls == 4
        assert len(zoho.standin.calls) == 5
        assert [page_of(item).is_moving for item in items] == [False, False]

    def test_the_setting_marks_it_as_sent_once_its_document_is_there(
        self, zoho: Zoho, bakery: Business, bob: User, connection: Connection
    ) -> None:
        marks_new_invoices_as_sent(connection)
        item = ready_sale(bakery, bob)

        publication = publish(item, bob)

        (invoice,) = zoho.invoices
        assert (invoice["status"], invoice["is_emailed"]) == ("sent", False)
        assert attempts_of(publication) == [
            ("record", "done"),
            ("document", "done"),
            ("sent", "done"),
        ]
        assert len(zoho.standin.calls) == 3
        assert page_of(item).headline == (
            "Published as invoice 2026-17, marked as sent."
        )

    def test_what_differs_in_zoho_stays_a_draft_for_a_person_to_look_at(
        self, zoho: Zoho, bakery: Business, bob: User
    ) -> None:
        item = ready_sale(bakery, bob, mark_as_sent=True)
        changes.update(
            zoho.standin, BAKERY, "taxes", "Standard Rate", tax_percentage=25
        )

        publish(item, bob)

        assert zoho.invoices[0]["status"] == "draft"
        assert len(zoho.standin.calls) == 2
        page = page_of(item)
        assert page.status == Item.Status.PUBLISHED
        assert page.headline == "Published as draft invoice 2026-17."
        assert page.problem.startswith(
            "The invoice in Zoho Books differs from the document, so it was not marked "
            "as sent: look at it there. (tax 24"
        )
        assert [line.sentence for line in page.steps][-1] == "not sent"

    @pytest.mark.parametrize(("said", "status"), [(True, "sent"), (False, "draft")])
    def test_the_item_says_otherwise(
        self,
        zoho: Zoho,
        bakery: Business,
        bob: User,
        connection: Connection,
        *,
        said: bool,
        status: str,
    ) -> None:
        if not said:
            marks_new_invoices_as_sent(connection)
        item = ready_sale(bakery, bob)
        with acting_in(bakery.pk):
            coding.change(item, "mark_as_sent", said, by=bob)

        publish(item, bob)

        assert zoho.invoices[0]["status"] == status

    def test_the_same_task_twice_sends_once(
        self, zoho: Zoho, bakery: Business, bob: User
    ) -> None:
        publication = publish(ready_sale(bakery, bob, mark_as_sent=True), bob)

        work(publication)

        assert len(zoho.standin.calls) == 3

    def test_what_only_costs_have_cannot_be_said_of_a_sale(
        self, bakery: Business, bob: User
    ) -> None:
        item = ready_sale(bakery, bob)

        with acting_in(bakery.pk), pytest.raises(ValueError, match="paid"):
            coding.change(item, "paid", value=True, by=bob)


class TestCustomers:
    def test_a_new_one_is_created_first_as_a_customer(
        self, zoho: Zoho, bakery: Business, bob: User
    ) -> None:
        new = make_customer(bakery, "New Café", agreed_by=bob)

        publication = publish(ready_sale(bakery, bob, supplier=new), bob)

        (contact,) = zoho.contacts("New Café")
        assert contact["contact_type"] == "customer"
        assert contact["currency_code"] == "GBP"
        assert zoho.invoices[0]["customer_id"] == contact["contact_id"]
        assert len(zoho.standin.calls) == 3
        assert publication.state == "published"
        with acting_in(bakery.pk):
            known = Supplier.unscoped.get(pk=new.pk).contact
            assert known is not None
            assert known.kind == "customer"

    def test_two_invoices_at_once_create_one(
        self, zoho: Zoho, bakery: Business, bob: User, clock: time_machine.Traveller
    ) -> None:
        new = make_customer(bakery, "New Café", agreed_by=bob)
        first = begun(ready_sale(bakery, bob, supplier=new), bob)
        second = begun(ready_sale(bakery, bob, supplier=new, reference="18"), bob)
        with acting_in(bakery.pk):
            assert suppliers.claim_creation(new.pk, first.pk)

        work(second)
        waiting = now(second)
        work(first)
        work_until_settled(second, clock)

        assert waiting.waiting_reason == "customer"
        assert len(zoho.contacts("New Café")) == 1
        assert len(zoho.invoices) == 2

    def test_a_name_that_is_a_suppliers_there_goes_back_to_review(
        self, zoho: Zoho, bakery: Business, bob: User
    ) -> None:
        new = make_customer(bakery, "New Café", agreed_by=bob)
        zoho.person_types("contact", contact_name="New Café", contact_type="vendor")
        item = ready_sale(bakery, bob, supplier=new)

        publish(item, bob)

        after = item_now(item)
        assert after.open_reasons == [Reason.CUSTOMER_NAME_TAKEN]
        assert after.status == "to_review"
        assert zoho.invoices == []

    def test_one_name_may_sell_to_us_and_buy_from_us(self, bakery: Business) -> None:
        customer = make_customer(bakery, "Both Ways Ltd")
        with acting_in(bakery.pk):
            supplier = suppliers.named(bakery, "BOTH WAYS LTD")

        assert (customer.side, supplier.side) == ("customer", "supplier")
        assert customer.pk != supplier.pk

    def test_a_supplier_is_not_whom_a_sale_goes_to(
        self, bakery: Business, bob: User
    ) -> None:
        item = ready_sale(bakery, bob)
        with acting_in(bakery.pk):
            supplier = suppliers.named(bakery, "City Power")
            with pytest.raises(ValueError, match="City Power is no customer"):
                coding.change(item, "supplier", supplier, by=bob)


class TestNumbers:
    def test_one_that_a_person_used_is_a_question_and_theirs_stays(
        self, zoho: Zoho, bakery: Business, bob: User
    ) -> None:
        item = ready_sale(bakery, bob)
        typed = zoho.person_types(
            "invoice",
            customer="Beacon School",
            invoice_number="2026-17",
            date="2026-11-02",
            line_items=[{"name": "Cakes", "rate": 75}],
        )

        publication = publish(item, bob)

        page = page_of(item)
        assert publication.problem_code == "duplicate_invoice"
        assert "already has invoice 2026-17 of 2 Nov 2026 over £75.00" in page.problem
        assert page.problem_field == "reference"
        assert page.zoho_words == "Invoice Number already exist"
        assert zoho.invoices == [typed]
        assert typed["documents"] == []

    def test_one_that_is_spelt_in_another_way_is_the_same_question(
        self, zoho: Zoho, bakery: Business, bob: User
    ) -> None:
        zoho.person_types(
            "invoice",
            customer="Beacon School",
            invoice_number="s-17",
            date="2026-11-02",
            line_items=[{"name": "Cakes", "rate": 75}],
        )
        zoho.fails("case_minded", path="/invoices", times=9)

        publication = publish(ready_sale(bakery, bob, reference="S-17"), bob)

        assert publication.problem_code == "duplicate_invoice"
        assert "already has invoice s-17" in publication.problem

    def test_our_own_is_found_by_its_mark(
        self, zoho: Zoho, bakery: Business, bob: User, clock: time_machine.Traveller
    ) -> None:
        item = ready_sale(bakery, bob)
        zoho.fails("answer_lost", method="POST", path="/invoices")
        publication = publish(item, bob)
        zoho.fails("list_stale", path="/invoices", times=2, seconds=3600)

        work_until_settled(publication, clock)

        assert len(zoho.invoices) == 1
        assert len(zoho.calls("POST", "/invoices")) == 2
        assert item_now(item).status == "published"


class TestRights:
    def test_a_connection_from_before_sales_asks_to_reconnect(
        self, zoho: Zoho, bakery: Business, bob: User, connection: Connection
    ) -> None:
        Grant.objects.update(scopes=" ".join(set(SCOPES) - set(INVOICE_SCOPES)))

        sale, cost = ready_sale(bakery, bob), ready_item(bakery, bob)

        assert sale.open_reasons == [Reason.RIGHT_MISSING]
        assert "press Reconnect" in str(Reason.RIGHT_MISSING.sentence)
        assert cost.status == "ready"

    def test_what_met_the_missing_right_goes_on_after_reconnect(
        self, zoho: Zoho, bakery: Business, bob: User, connection: Connection
    ) -> None:
        item = ready_sale(bakery, bob)
        publication = begun(item, bob)
        Grant.objects.update(scopes=" ".join(set(SCOPES) - set(INVOICE_SCOPES)))
        zoho.fails("forbidden", path="/invoices", times=2)
        work(publication)
        page = page_of(item)

        reconnected(connection)
        work(publication)

        assert now(publication).waiting_reason == ""
        assert "press Reconnect" in page.detail
        assert page.zoho_words == "You are not authorized to perform this operation"
        assert item_now(item).status == "published"
        assert len(zoho.invoices) == 1

    def test_a_right_that_is_missing_in_zoho_is_told_though_the_permission_is_old(
        self, zoho: Zoho, bakery: Business, bob: User, connection: Connection
    ) -> None:
        """It covers bills, so no other permission would help."""
        Grant.objects.update(scopes=" ".join(set(SCOPES) - set(INVOICE_SCOPES)))
        zoho.fails("forbidden", path="/bills", times=2)

        publication = publish(ready_item(bakery, bob), bob)

        assert (publication.state, publication.problem_code) == ("failed", "forbidden")
        assert "a right or a module is missing there" in publication.problem


def reconnected(connection: Connection) -> None:
    Grant.objects.update(scopes=" ".join(SCOPES))
    with acting_in(connection.business_id):
        event = ConnectionEvent.unscoped.create(
            business_id=connection.business_id,
            connection=connection,
            kind=ConnectionEvent.Kind.MENDED,
        )
    tasks.heed_event(connection.business_id, event.pk)
