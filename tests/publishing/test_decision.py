"""What may be published, and as what."""

import datetime as dt
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publishing.decision import (
    BooksFacts,
    ContactFacts,
    CurrencyFacts,
    Entry,
    Facts,
    Hold,
    LocationFacts,
    MethodFacts,
    ProjectFacts,
    Publish,
    SupplierFacts,
    TaxFacts,
    decide,
    tax_inside,
)
from publishing.reasons import Reason

POUND = CurrencyFacts(zoho_id="101", code="GBP")
BOOKS = BooksFacts(state="connected", edition="uk", base_currency="GBP", currency=POUND)
ACME = SupplierFacts(
    name="Acme Paper Ltd", contact=ContactFacts(zoho_id="501", currency="GBP")
)
STANDARD = TaxFacts(zoho_id="301", percentage=Decimal(20))
INVOICE = Facts(
    kind="invoice",
    date=dt.date(2026, 11, 20),
    due_date=dt.date(2026, 12, 20),
    supplier=ACME,
    reference="INV-104",
    description="Printer paper",
    category=Entry(zoho_id="401"),
    currency="GBP",
    total=Decimal("120.000"),
    tax=STANDARD,
    tax_amount=Decimal("20.000"),
    books=BOOKS,
)
CARD = MethodFacts(account=Entry(zoho_id="201"))
PAID_RECEIPT = replace(INVOICE, kind="receipt", paid=True, reference="", method=CARD)
EURO_BOOKS = replace(BOOKS, currency=CurrencyFacts(zoho_id="102", code="EUR"))


def held_for(facts: Facts) -> set[str]:
    decision = decide(facts)
    assert isinstance(decision, Hold)
    return {reason.code for reason in decision.reasons}


def test_an_unpaid_invoice_becomes_a_bill() -> None:
    assert decide(INVOICE) == Publish("bill")
    assert decide(replace(INVOICE, due_date=INVOICE.date)) == Publish("bill")


def test_an_unpaid_receipt_becomes_a_bill() -> None:
    assert decide(replace(INVOICE, kind="receipt")) == Publish("bill")


def test_an_unpaid_receipt_without_number_is_numbered_by_our_mark() -> None:
    receipt = replace(INVOICE, kind="receipt", reference="")

    assert decide(receipt) == Publish("bill", numbered_by_mark=True)


def test_a_paid_receipt_becomes_an_expense_with_or_without_reference() -> None:
    assert decide(PAID_RECEIPT) == Publish("expense")
    assert decide(replace(PAID_RECEIPT, reference="R-1")) == Publish("expense")


def test_a_paid_invoice_is_held() -> None:
    assert held_for(replace(INVOICE, paid=True, method=CARD)) == {"paid_invoice"}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"date": None}, "no_date"),
        ({"supplier": None}, "no_supplier"),
        ({"total": None}, "no_total"),
        ({"total": Decimal(0), "tax_amount": None}, "total_not_positive"),
        ({"total": Decimal(-5), "tax_amount": None}, "total_not_positive"),
        ({"category": None}, "no_category"),
        ({"reference": ""}, "no_reference"),
        ({"currency": ""}, "no_currency"),
        ({"due_date": dt.date(2026, 11, 19)}, "due_before_date"),
        ({"tax": None}, "no_tax"),
        ({"tax_amount": Decimal("19.99")}, "tax_disagrees"),
        ({"tax_amount": Decimal(0)}, "tax_disagrees"),
        ({"several_rates": True}, "several_rates"),
        ({"total": Decimal("120.005"), "tax_amount": None}, "currency_places"),
        ({"category": Entry(zoho_id="401", usable=False)}, "category_gone"),
        ({"project": Entry(zoho_id="1", usable=False)}, "project_gone"),
        ({"location": LocationFacts(zoho_id="1", usable=False)}, "location_gone"),
        ({"customer": Entry(zoho_id="1", usable=False)}, "customer_gone"),
        ({"tax": replace(STANDARD, usable=False)}, "tax_gone"),
        ({"books": None}, "no_connection"),
        ({"books": replace(BOOKS, state="needs_reconnecting")}, "connection_broken"),
        (
            {"books": replace(BOOKS, lists_read=False, currency=None)},
            "lists_missing",
        ),
        ({"books": replace(BOOKS, currency=None)}, "currency_unknown"),
    ],
)
def test_each_thing_that_is_missing_has_its_own_reason(
    change: dict[str, object], reason: str
) -> None:
    changed = replace(INVOICE, **change)  # type: ignore[arg-type]

    assert held_for(changed) == {reason}


@pytest.mark.parametrize("cost", [INVOICE, PAID_RECEIPT], ids=["bill", "expense"])
def test_a_cost_is_billed_to_nobody_but_the_customer_of_its_project(
    cost: Facts,
) -> None:
    project = ProjectFacts(zoho_id="601", customer_id="602")
    billed = replace(cost, project=project, customer=Entry(zoho_id="602"))

    assert isinstance(decide(billed), Publish)
    assert isinstance(decide(replace(billed, customer=None)), Publish)
    other = replace(billed, customer=Entry(zoho_id="999"))
    assert held_for(other) == {"project_of_another"}


def test_without_a_connection_nothing_is_said_to_have_left_it() -> None:
    gone = Entry(zoho_id="401", usable=False)
    receipt = replace(PAID_RECEIPT, category=gone, method=MethodFacts(account=gone))
    new = SupplierFacts(name="New Mill")

    assert held_for(replace(receipt, supplier=new, books=None)) == {"no_connection"}


def test_all_reasons_are_told_at_once_in_the_order_of_the_form() -> None:
    bare = Facts(kind="invoice", currency="GBP", books=BOOKS)

    assert decide(bare) == Hold(
        (
            Reason.NO_DATE,
            Reason.NO_SUPPLIER,
            Reason.NO_TOTAL,
            Reason.NO_CATEGORY,
            Reason.NO_REFERENCE,
            Reason.NO_TAX,
        )
    )


class TestSuppliers:
    def test_a_new_one_waits_until_somebody_says_create_it(self) -> None:
        new = SupplierFacts(name="New Mill")

        assert held_for(replace(INVOICE, supplier=new)) == {"supplier_not_in_zoho"}
        agreed = replace(new, create_agreed=True)
        assert decide(replace(INVOICE, supplier=agreed)) == Publish("bill")

    def test_a_name_that_zoho_knows_otherwise_is_a_choice(self) -> None:
        taken = SupplierFacts(name="Anchor Hotel", create_agreed=True, name_taken=True)

        assert held_for(replace(INVOICE, supplier=taken)) == {"supplier_name_taken"}

    def test_in_india_a_new_one_is_created_in_zoho_with_its_gst_treatment(self) -> None:
        assert INVOICE.books is not None
        indian = replace(INVOICE, books=replace(INVOICE.books, edition="in"))
        new = SupplierFacts(name="New Mill", create_agreed=True)

        assert held_for(replace(indian, supplier=new)) == {"supplier_needs_gst"}

    def test_a_contact_that_left_zoho_is_chosen_again(self) -> None:
        gone = replace(ACME, contact=ContactFacts(zoho_id="501", usable=False))

        assert held_for(replace(INVOICE, supplier=gone)) == {"supplier_gone"}

    def test_a_bill_takes_its_suppliers_currency_and_an_expense_does_not(self) -> None:
        martin = SupplierFacts(
            name="Martin", contact=ContactFacts(zoho_id="502", currency="EUR")
        )

        assert held_for(replace(INVOICE, supplier=martin)) == {"supplier_currency"}
        assert decide(replace(PAID_RECEIPT, supplier=martin)) == Publish("expense")


class TestForeignCurrency:
    EUROS = replace(PAID_RECEIPT, currency="EUR", books=EURO_BOOKS)

    def test_it_needs_the_rate_and_the_rates_date(self) -> None:
        rate = replace(self.EUROS, exchange_rate=Decimal("0.86"))
        dated = replace(self.EUROS, rate_date=dt.date(2026, 11, 20))

        for lacking in (self.EUROS, rate, dated):
            assert held_for(lacking) == {"rate_missing"}
        whole = replace(rate, rate_date=dated.rate_date)
        assert decide(whole) == Publish("expense")

    def test_the_yen_has_no_places(self) -> None:
        yen = CurrencyFacts(zoho_id="103", code="JPY", places=0)
        books = replace(BOOKS, base_currency="JPY", currency=yen)
        facts = replace(PAID_RECEIPT, currency="JPY", books=books, tax_amount=None)

        assert decide(replace(facts, total=Decimal("500.000"))) == Publish("expense")
        assert held_for(replace(facts, total=Decimal("500.5"))) == {"currency_places"}


class TestTax:
    def test_a_business_that_is_not_registered_has_no_tax_fields(self) -> None:
        facts = replace(INVOICE, tax_registered=False, tax=None, tax_amount=None)

        assert decide(facts) == Publish("bill")

    def test_the_american_edition_takes_no_tax_on_purchases(self) -> None:
        books = replace(BOOKS, edition="us")
        plain = replace(INVOICE, books=books, tax=None, tax_amount=None)

        assert decide(plain) == Publish("bill")
        for taxed in (
            replace(plain, tax=STANDARD),
            replace(plain, tax_amount=Decimal(20)),
            replace(plain, exemption=Entry(zoho_id="701")),
        ):
            assert held_for(taxed) == {"tax_not_known_here"}

    def test_without_an_amount_the_rate_alone_says_it(self) -> None:
        assert decide(replace(INVOICE, tax_amount=None)) == Publish("bill")

    @pytest.mark.parametrize(
        ("total", "percentage", "places", "tax"),
        [
            ("120.00", "20", 2, "20.00"),
            ("100.00", "20", 2, "16.67"),
            ("0.03", "20", 2, "0.01"),  # 0.005 goes up
            ("105.00", "5", 2, "5.00"),
            ("99.99", "0", 2, "0.00"),
            ("1175.00", "17.5", 2, "175.00"),
            ("1000", "10", 0, "91"),
            ("10.000", "15", 3, "1.304"),
        ],
    )
    def test_the_tax_inside_a_total_is_rounded_half_up(
        self, total: str, percentage: str, places: int, tax: str
    ) -> None:
        rate = TaxFacts(zoho_id="1", percentage=Decimal(percentage))

        assert tax_inside(Decimal(total), rate, places) == Decimal(tax)

    def test_the_two_halves_of_indian_gst_are_rounded_one_by_one(self) -> None:
        gst = TaxFacts(zoho_id="1", percentage=Decimal(18), parts=2)

        assert tax_inside(Decimal("100.00"), gst, 2) == Decimal("15.26")

    @given(
        st.decimals(min_value="0.01", max_value="999999", places=2),
        st.sampled_from([Decimal(rate) for rate in ("0", "5", "17.5", "20", "28")]),
    )
    def test_what_is_suggested_always_agrees(
        self, total: Decimal, percentage: Decimal
    ) -> None:
        rate = TaxFacts(zoho_id="1", percentage=percentage)
        tax = tax_inside(total, rate, 2)

        assert decide(replace(INVOICE, total=total, tax=rate, tax_amount=tax)) == (
            Publish("bill")
        )
        assert 0 <= tax < total
        more = tax + Decimal("0.01")
        assert held_for(replace(INVOICE, total=total, tax=rate, tax_amount=more)) == {
            "tax_disagrees"
        }


class TestPayment:
    def test_a_paid_receipt_needs_a_method_with_an_account(self) -> None:
        without = replace(PAID_RECEIPT, method=None)
        unlinked = replace(PAID_RECEIPT, method=MethodFacts())
        gone = MethodFacts(account=Entry(zoho_id="201", usable=False))

        assert held_for(without) == {"no_payment_method"}
        assert held_for(unlinked) == {"method_without_account"}
        assert held_for(replace(PAID_RECEIPT, method=gone)) == {"method_account_gone"}

    def test_an_unpaid_one_does_not_care_about_methods(self) -> None:
        assert decide(replace(INVOICE, method=MethodFacts())) == Publish("bill")
