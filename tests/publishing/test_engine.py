"""Getting items into Zoho Books, when all goes well and when Zoho says no."""

from decimal import Decimal

import pytest
import time_machine
from django.utils import timezone

from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in
from publishing import coding, failures, leases, requesting, suppliers
from publishing.documents import content_of, path_of
from publishing.models import Item, Supplier
from tests.publishing.factories import (
    make_supplier,
    paid_receipt,
    ready_item,
)
from tests.publishing.steps import (
    attempts_of,
    begun,
    item_now,
    now,
    page_of,
    press_publish,
    publish,
    trail_of,
    work,
    work_until_settled,
)
from tests.publishing.zoho import BAKERY, Zoho
from tests.zoho_standin import changes

pytestmark = pytest.mark.usefixtures("connection")


class TestPublishing:
    def test_an_invoice_is_a_bill_with_its_document(
        self, zoho: Zoho, bakery: Business, bob: User
    ) -> None:
        item = ready_item(bakery, bob)

        publication = publish(item, bob)

        (bill,) = zoho.bills
        assert bill["bill_number"] == "INV-104"
        assert bill["vendor_name"] == "Acme Paper Ltd"
        assert bill["reference_number"] == publication.mark
        assert bill["total"] == Decimal("120.00")
        assert bill["tax_total"] == Decimal("20.00")
        assert bill["currency_code"] == "GBP"
        (document,) = bill["documents"]
        with acting_in(bakery.pk):
            sent = content_of(item.document) if item.document else b""
        stored = zoho.standin.documents
        assert stored.get(document["document_id"]) == sent
        assert publication.state == "published"
        after = item_now(item)
        assert after.status == "published"
        assert after.archived_at == after.published_at is not None
        assert not after.document_missing

    def test_the_document_goes_by_the_name_that_its_uploader_gave_it(
        self, zoho: Zoho, bakery: Business, bob: User
    ) -> None:
        publish(ready_item(bakery, bob, file_name="paper-104.pdf"), bob)

        (document,) = zoho.bills[0]["documents"]
        assert document["file_name"] == "paper-104.pdf"

    def test_a_paid_receipt_is_an_expense_with_its_receipt(
        self, zoho: Zoho, bakery: Business, bob: User
    ) -> None:
        item = paid_receipt(bakery, bob)

        publication = publish(item, bob)

        (expense,) = zoho.expenses
        assert expense["total"] == Decimal("12.00")
        assert expense["paid_through_account_name"] == "Company Card"
        assert expense["description"] == f"Printer paper · {publication.mark}"
        assert len(expense["documents"]) == 1
        assert zoho.bills == []
        assert page_of(item).headline == "Published as an expense."

    def test_what_was_typed_in_without_document_is_two_facts_less(
        self, zoho: Zoho, bakery: Business, bob: User
    ) -> None:
        publication = publish(ready_item(bakery, bob, document=None), bob)

        assert attempts_of(publication) == [("record", "done")]
        assert zoho.bills[0]["documents"] == []

    def test_the_page_leads_to_the_record(
        self, zoho: Zoho, bakery: Business, bob: User
    ) -> None:
        item = ready_item(bakery, bob)
        publish(item, bob)

        number = zoho.bills[0]["bill_id"]
        address = zoho.standin.origins["eu"]
        organisation = zoho.organisation.organisation_id
        assert page_of(item).open_url == f"{address}/app/{organisation}#/bills/{number}"

    def test_the_history_tells_it(self, bakery: Business, bob: User) -> None:
        item = ready_item(bakery, bob)
        publish(item, bob)

        assert trail_of(bakery, item) == [
            "publication.requested",
            "publication.sent",
            "publication.sent",
            "publication.published",
        ]

    def test_an_incomplete_item_is_held_and_nothing_is_sent(
        self, zoho: Zoho, bakery: Business, bob: User
    ) -> None:
        item = ready_item(bakery, bob)
        with acting_in(bakery.pk):
            Item.unscoped.filter(pk=item.pk).update(total=None)

        answer = press_publish(item, bob)

        assert isinstance(answer, requesting.Held)
        assert [reason.code for reason in answer.reasons] == ["no_total"]
        assert item_now(item).status == "to_review"
        assert list(zoho.standin.calls) == []


class TestOnce:
    def test_two_clicks_are_one_publication(
        self, zoho: Zoho, bakery: Business, alice: User, bob: User
    ) -> None:
        item = ready_item(bakery, bob)

        first, second = begun(item, bob), begun(item, alice)
        work(first)
        work(second)

        assert first == second
        assert len(zoho.bills) == 1
        assert trail_of(bakery, item).count("publication.requested") == 1

    def test_a_click_after_it_was_published_does_nothing(
        self, zoho: Zoho, bakery: Business, bob: User
    ) -> None:
        item = ready_item(bakery, bob)
        publish(item, bob)

        assert press_publish(item, bob) == requesting.Held(())
        assert len(zoho.bills) == 1

    def test_the_same_task_twice_sends_once(
        self, zoho: Zoho, bakery: Business, bob: User
    ) -> None:
        publication = publish(ready_item(bakery, bob), bob)

        work(publication)

        assert attempts_of(publication) == [("record", "done"), ("document", "done")]
        assert len(zoho.bills[0]["documents"]) == 1

    def test_a_task_leaves_alone_what_another_worker_holds(
        self, zoho: Zoho, bakery: Business, bob: User
    ) -> None:
        publication = begun(ready_item(bakery, bob), bob)
        with acting_in(bakery.pk):
            assert leases.taken(publication.pk, due_at=timezone.now()) is not None

        work(publication)

        assert list(zoho.standin.calls) == []

    def test_10_15_two_equal_receipts_of_one_day_are_two_expenses(
        self, zoho: Zoho, bakery: Business, bob: User
    ) -> None:
        first = paid_receipt(bakery, bob)
        method = first.payment_method
        second = paid_receipt(bakery, bob, payment_method=method)

        publish(first, bob)
        publish(second, bob)

        assert len(zoho.expenses) == 2


class TestNewSupplier:
    def test_it_is_created_first_with_the_documents_currency(
        self, zoho: Zoho, bakery: Business, bob: User
    ) -> None:
        new = make_supplier(bakery, "New Mill", agreed_by=bob)

        publication = publish(ready_item(bakery, bob, supplier=new), bob)

        (contact,) = zoho.contacts("New Mill")
        assert contact["contact_type"] == "vendor"
        assert contact["currency_code"] == "GBP"
        assert zoho.bills[0]["vendor_id"] == contact["contact_id"]
        assert [kind for kind, _outcome in attempts_of(publication)] == [
            "contact",
            "record",
            "document",
        ]
        with acting_in(bakery.pk):
            known = Supplier.unscoped.get(pk=new.pk).contact
            assert known is not None
            assert known.zoho_id == contact["contact_id"]

    def test_10_8_twice_in_one_bulk_it_is_created_once(
        self, zoho: Zoho, bakery: Business, bob: User, clock: time_machine.Traveller
    ) -> None:
        new = make_supplier(bakery, "New Mill", agreed_by=bob)
        first = begun(ready_item(bakery, bob, supplier=new), bob)
        second = begun(ready_item(bakery, bob, supplier=new, reference="INV-105"), bob)
        with acting_in(bakery.pk):
            assert suppliers.claim_creation(new.pk, first.pk)

        work(second)
        waiting = now(second)
        work(first)
        work_until_settled(second, clock)

        assert waiting.waiting_reason == "supplier"
        assert len(zoho.contacts("New Mill")) == 1
        assert sorted(bill["bill_number"] for bill in zoho.bills) == [
            "INV-104",
            "INV-105",
        ]

    def test_a_name_that_fits_in_zoho_is_used(
        self, zoho: Zoho, bakery: Business, bob: User
    ) -> None:
        new = make_supplier(bakery, "New Mill", agreed_by=bob)
        typed = zoho.person_types(
            "contact", contact_name="New mill", contact_type="vendor"
        )

        publication = publish(ready_item(bakery, bob, supplier=new), bob)

        assert publication.state == "published"
        assert zoho.bills[0]["vendor_id"] == typed["contact_id"]
        assert len(zoho.contacts("New Mill")) == 0

    def test_a_name_that_fits_is_used_where_zoho_minds_its_spelling(
        self, zoho: Zoho, bakery: Business, bob: User
    ) -> None:
        new = make_supplier(bakery, "New Mill", agreed_by=bob)
        typed = zoho.person_types(
            "contact", contact_name="New mill", contact_type="vendor"
        )
        zoho.fails("case_minded", path="/contacts", times=9)

        publish(ready_item(bakery, bob, supplier=new), bob)

        assert zoho.bills[0]["vendor_id"] == typed["contact_id"]

    def test_a_name_that_is_a_customers_there_goes_back_to_review(
        self, zoho: Zoho, bakery: Business, bob: User
    ) -> None:
        new = make_supplier(bakery, "New Mill", agreed_by=bob)
        zoho.person_types("contact", contact_name="New Mill", contact_type="customer")
        item = ready_item(bakery, bob, supplier=new)

        publication = publish(item, bob)

        assert publication.state == "failed"
        assert zoho.bills == []
        after = item_now(item)
        assert (after.status, after.reasons) == ("to_review", ["supplier_name_taken"])
        with acting_in(bakery.pk):
            again = coding.review(after)
        assert again.reasons == ["supplier_name_taken"]

    def test_a_contact_in_another_currency_is_a_choice(
        self, zoho: Zoho, bakery: Business, bob: User
    ) -> None:
        new = make_supplier(bakery, "New Mill", agreed_by=bob)
        zoho.person_types(
            "contact", contact_name="New Mill", contact_type="vendor", currency="EUR"
        )
        item = ready_item(bakery, bob, supplier=new)

        publish(item, bob)

        assert item_now(item).reasons == ["supplier_name_taken"]
        assert zoho.bills == []


class TestZohoSaysNo:
    def test_its_words_and_the_field_are_told_and_publishing_again_works(
        self, zoho: Zoho, bakery: Business, bob: User
    ) -> None:
        item = ready_item(bakery, bob)
        zoho.fails("date_locked")

        publication = publish(item, bob)

        page = page_of(item)
        assert publication.state == "failed"
        assert page.status == Item.Status.FAILED
        assert page.can_publish_again
        assert page.zoho_words
        assert zoho.bills == []
        publish(item, bob)
        assert item_now(item).status == "published"
        assert len(zoho.bills) == 1

    def test_where_it_said_nothing_no_words_of_ours_are_its_own(
        self, zoho: Zoho, bakery: Business, bob: User
    ) -> None:
        item = ready_item(bakery, bob)
        zoho.fails("answer_lost")

        publish(item, bob)

        page = page_of(item)
        assert page.status == Item.Status.CHECKING
        assert page.zoho_words == ""

    def test_nor_where_it_refused_without_a_word(
        self, zoho: Zoho, bakery: Business, bob: User
    ) -> None:
        item = ready_item(bakery, bob)
        zoho.fails("html_400", method="POST", path="/bills")

        publication = publish(item, bob)

        assert page_of(item).status == Item.Status.FAILED
        assert page_of(item).zoho_words == ""
        with acting_in(bakery.pk):
            assert failures.zoho_words(publication) == ""

    def test_the_message_goes_when_its_cause_is_mended(
        self, zoho: Zoho, bakery: Business, bob: User
    ) -> None:
        item = ready_item(bakery, bob)
        zoho.fails("date_locked")
        publish(item, bob)

        with acting_in(bakery.pk):
            mended = coding.change(item, "description", "Paper", by=bob)

        assert mended.status == "ready"

    def test_10_14_a_bill_that_a_person_typed_is_a_question_and_stays_as_it_is(
        self, zoho: Zoho, bakery: Business, bob: User
    ) -> None:
        typed = zoho.person_types(
            "bill",
            vendor="Acme Paper Ltd",
            bill_number="inv-104",
            date="2026-11-20",
            line_items=[{"account": "Office Supplies", "rate": 120, "quantity": 1}],
        )
        before = dict(typed)
        item = ready_item(bakery, bob)

        publication = publish(item, bob)

        assert publication.state == "failed"
        assert publication.problem_code == "duplicate_bill"
        assert "bill inv-104 of 20 Nov 2026 over £120.00 from" in publication.problem
        assert page_of(item).problem_field == "reference"
        assert zoho.bills == [before]
        assert before["documents"] == []

    def test_an_entry_that_left_zoho_suggests_a_refresh(
        self, zoho: Zoho, bakery: Business, bob: User
    ) -> None:
        item = ready_item(bakery, bob)
        changes.remove(zoho.standin, BAKERY, "accounts", "Office Supplies")

        publication = publish(item, bob)

        page = page_of(item)
        assert publication.problem_code == "bad_value"
        assert "Refresh the integration data" in page.problem
        assert page.zoho_words == "Invalid value passed for account_id"
        assert zoho.bills == []

    def test_other_amounts_in_zoho_are_told_on_the_published_item(
        self, zoho: Zoho, bakery: Business, bob: User
    ) -> None:
        item = ready_item(bakery, bob)
        changes.update(
            zoho.standin, BAKERY, "taxes", "Standard Rate", tax_percentage=25
        )

        publish(item, bob)

        page = page_of(item)
        assert page.status == Item.Status.PUBLISHED
        assert "tax 24.0 instead of 20.00" in page.problem.replace("24.00", "24.0")
        assert len(zoho.bills) == 1

    def test_a_file_that_was_lost_here_leaves_the_bill_without_it(
        self, zoho: Zoho, bakery: Business, bob: User
    ) -> None:
        item = ready_item(bakery, bob)
        assert item.document is not None
        path_of(item.document).unlink()

        publish(item, bob)

        page = page_of(item)
        assert page.problem == "The document's file is missing in this installation."
        assert page.can_attach_again
        assert len(zoho.bills) == 1

    def test_a_missing_right_is_told(
        self, zoho: Zoho, bakery: Business, bob: User
    ) -> None:
        item = ready_item(bakery, bob)
        zoho.fails("forbidden", path="/bills", times=2)

        publication = publish(item, bob)

        assert publication.problem_code == "forbidden"
        assert item_now(item).status == "failed"
        assert zoho.bills == []

    @pytest.mark.parametrize(
        ("fault", "times"), [("mandatory_tag", 1), ("forbidden", 2)]
    )
    def test_10_6_a_document_that_is_refused_leaves_the_bill_published(
        self, zoho: Zoho, bakery: Business, bob: User, fault: str, times: int
    ) -> None:
        item = ready_item(bakery, bob)
        zoho.fails(fault, path="/bills/*/attachment", times=times)

        publication = publish(item, bob)

        page = page_of(item)
        assert publication.state == "published"
        assert page.status == Item.Status.PUBLISHED
        assert page.can_attach_again
        assert (
            page.headline == "Published as bill INV-104, its document is missing there."
        )
        assert len(zoho.bills) == 1
        assert zoho.bills[0]["documents"] == []

        with acting_in(bakery.pk):
            again = requesting.attach_again(item_now(item), by=bob)
        assert isinstance(again, requesting.Requested)
        work(again.publication)

        assert len(zoho.bills) == 1
        assert len(zoho.bills[0]["documents"]) == 1
        assert not item_now(item).document_missing
        assert page_of(item).problem == ""
