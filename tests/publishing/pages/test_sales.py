"""Sales: the same pages beside Costs, with customers, income and invoices."""

import re
from html import unescape

import pytest

from connections.models import Account, Connection, Contact
from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in
from publishing.models import Item, Supplier
from tests.publishing.factories import (
    entry,
    make_connection,
    make_contact,
    make_entry,
    make_item,
    make_lists,
    make_pdf,
    make_supplier,
    make_upload,
    ready_item,
)
from tests.publishing.pages.conftest import At, Visitor, now, text


@pytest.fixture
def selling_bakery(bakery: Business) -> Business:
    """Connected, with a customer and an income account beside the usual lists."""
    connection = make_connection(bakery)
    make_lists(connection)
    make_contact(connection, "Anchor Hotel", kind=Contact.Kind.CUSTOMER)
    make_entry(Account, connection, "Bread Sales", account_type="income")
    return bakery


def sale(business: Business, owner: User, **fields: object) -> Item:
    with acting_in(business.pk):
        hotel = Supplier.unscoped.get_or_create(
            business=business,
            side=Supplier.Side.CUSTOMER,
            key="anchorhotel",
            defaults={
                "name": "Anchor Hotel",
                "contact": Contact.unscoped.filter(name="Anchor Hotel").first(),
            },
        )[0]
    given: dict[str, object] = {
        "workspace": Item.Workspace.SALES,
        "supplier": hotel,
        "category": entry(Account, business, "Bread Sales"),
        "reference": "HB-2041",
        **fields,
    }
    return ready_item(business, owner, **given)


def test_each_inbox_holds_its_own_items_and_both_counts_are_told(
    at: At, alice: User, selling_bakery: Business
) -> None:
    cost, sold = (
        ready_item(selling_bakery, alice),
        sale(selling_bakery, alice),
    )
    visitor = at(alice, selling_bakery)

    costs = text(visitor.opens("costs_inbox"))
    sales = text(visitor.opens("sales_inbox"))

    assert f'id="item-{cost.pk}"' in costs
    assert f'id="item-{sold.pk}"' not in costs
    assert f'id="item-{sold.pk}"' in sales
    assert f'id="item-{cost.pk}"' not in sales
    assert "Sales inbox" in sales
    for page in (costs, sales):
        assert 'id="inbox-count-costs">1<' in page
        assert 'id="inbox-count-sales">1<' in page


def test_its_row_says_customer_and_sales(
    at: At, alice: User, selling_bakery: Business
) -> None:
    sale(selling_bakery, alice)

    page = text(at(alice, selling_bakery).opens("sales_inbox"))

    assert ">Customer</a>" in page
    assert '<td role="cell" class="col-to">Sales</td>' in page


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        (
            Connection.NewInvoices.DRAFT,
            "It becomes a draft invoice in Zoho Books, as the connection's setting says.",
        ),
        (
            Connection.NewInvoices.SENT,
            (
                "It becomes an invoice marked as sent in Zoho Books, as the connection's "
                "setting says."
            ),
        ),
    ],
)
def test_its_page_knows_what_the_setting_makes_of_it(
    at: At, alice: User, selling_bakery: Business, setting: str, said: str
) -> None:
    item = sale(selling_bakery, alice)
    with acting_in(selling_bakery.pk):
        Connection.unscoped.update(new_invoices=setting)
    visitor = at(alice, selling_bakery).in_sales

    page = unescape(text(visitor.opens("item", item.pk)))
    again = unescape(text(visitor.opens("item_state", item.pk)))
    seen = page.split("seen=")[1].split("&")[0]

    assert said in page
    assert said in again
    silent = visitor.opens("item_state", item.pk, seen=seen)
    assert silent.status_code == 204


def test_its_fields_stand_in_the_order_of_a_cost(
    at: At, alice: User, selling_bakery: Business
) -> None:
    visitor = at(alice, selling_bakery)

    def order(visitor: Visitor, item: Item) -> list[str]:
        page = text(visitor.opens("item", item.pk))
        return re.findall(r'id="field-(\w+)"', page)

    cost = order(visitor, ready_item(selling_bakery, alice))
    sold = order(visitor.in_sales, sale(selling_bakery, alice))

    both = set(cost) & set(sold)
    assert {"total", "currency", "category", "description"} <= both
    assert [name for name in sold if name in both] == [
        name for name in cost if name in both
    ]


@pytest.mark.parametrize("page", ["item", "item_history", "item_preview"])
def test_an_item_in_the_wrong_workspace_is_shown_at_its_own_address(
    at: At, alice: User, selling_bakery: Business, page: str
) -> None:
    item = sale(selling_bakery, alice)

    answer = at(alice, selling_bakery).opens(page, item.pk, q="anchor")

    assert answer.status_code == 302
    address = f"/b/{selling_bakery.slug}/sales/{item.pk}/"
    assert answer["Location"].startswith(address)
    assert answer["Location"].endswith("?q=anchor")


def test_nothing_is_changed_through_the_wrong_workspace(
    at: At, alice: User, selling_bakery: Business
) -> None:
    item = sale(selling_bakery, alice)
    visitor = at(alice, selling_bakery)

    for page in ("item_archive", "item_publish"):
        assert visitor.posts(page, item.pk).status_code == 404
    visitor.posts("items_archive", data={"item": item.pk, "confirmed": "1"})

    assert now(item).status == Item.Status.READY


def test_a_document_uploaded_to_sales_is_a_sales_item(
    at: At, alice: User, bakery: Business
) -> None:
    files = {"documents": make_upload(make_pdf(), "hb-2041.pdf")}

    at(alice, bakery).in_sales.posts("upload", data=files)

    with acting_in(bakery.pk):
        assert Item.unscoped.get().workspace == "sales"


def test_a_sales_invoice_is_typed_in_with_its_customer(
    at: At, alice: User, selling_bakery: Business
) -> None:
    visitor = at(alice, selling_bakery).in_sales
    form = text(visitor.opens("item_new"))
    assert "Customer" in form
    assert 'name="kind"' not in form
    said = {"supplier": "anchor hotel", "reference": "HB-1", "currency": "GBP"}

    visitor.posts("item_new", data=said)

    with acting_in(selling_bakery.pk):
        item = Item.unscoped.select_related("supplier__contact").get()
        assert (item.workspace, item.kind, item.reference) == (
            "sales",
            "invoice",
            "HB-1",
        )
        assert item.supplier is not None
        assert item.supplier.side == "customer"
        assert item.supplier.contact is not None


def test_its_page_asks_for_what_an_invoice_has(
    at: At, alice: User, selling_bakery: Business
) -> None:
    item = sale(selling_bakery, alice)

    page = text(at(alice, selling_bakery).in_sales.opens("item", item.pk))

    for there in ('id="field-mark_as_sent"', ">Customer</label>", "HB-2041"):
        assert there in page
    for field in ("kind", "paid", "payment_method", "customer"):
        assert f'id="field-{field}"' not in page


@pytest.mark.parametrize("field", ["paid", "kind", "payment_method", "customer"])
def test_what_an_invoice_has_not_cannot_be_set(
    at: At, alice: User, selling_bakery: Business, field: str
) -> None:
    item = sale(selling_bakery, alice)
    visitor = at(alice, selling_bakery).in_sales

    answer = visitor.posts("item_field", item.pk, field, data={"value": "on"})

    assert answer.status_code == 404


def test_a_cost_cannot_be_marked_as_sent(
    at: At, alice: User, selling_bakery: Business
) -> None:
    item = ready_item(selling_bakery, alice)
    visitor = at(alice, selling_bakery)

    answer = visitor.posts(
        "item_field", item.pk, "mark_as_sent", data={"value": "sent"}
    )

    assert answer.status_code == 404


@pytest.mark.parametrize(
    ("value", "kept"), [("sent", True), ("draft", False), ("", None)]
)
def test_a_person_says_whether_it_is_marked_as_sent(
    at: At, alice: User, selling_bakery: Business, value: str, *, kept: bool | None
) -> None:
    item = sale(selling_bakery, alice, mark_as_sent=True if kept is None else not kept)
    visitor = at(alice, selling_bakery).in_sales

    visitor.posts("item_field", item.pk, "mark_as_sent", data={"value": value})

    assert now(item).mark_as_sent is kept


def test_the_choice_names_what_the_connection_says(
    at: At, alice: User, selling_bakery: Business
) -> None:
    item = sale(selling_bakery, alice)
    visitor = at(alice, selling_bakery).in_sales
    assert "Draft, as the connection's setting says" in text(
        visitor.opens("item", item.pk)
    ).replace("&#x27;", "'")
    with acting_in(selling_bakery.pk):
        Connection.unscoped.update(new_invoices="sent")

    page = text(visitor.opens("item", item.pk)).replace("&#x27;", "'")

    assert "Marked as sent, as the connection's setting says" in page
    assert "We email nobody; Zoho's own reminders may." in page


def test_categories_are_income_for_sales_and_expenses_for_costs(
    at: At, alice: User, selling_bakery: Business
) -> None:
    visitor = at(alice, selling_bakery)

    sales = text(visitor.in_sales.opens("category_options"))
    costs = text(visitor.opens("category_options"))

    assert "Bread Sales" in sales
    assert "Office Supplies" not in sales
    assert "Office Supplies" in costs
    assert "Bread Sales" not in costs


def test_an_expense_account_is_not_taken_for_a_sale(
    at: At, alice: User, selling_bakery: Business
) -> None:
    item = sale(selling_bakery, alice, category=None)
    office = entry(Account, selling_bakery, "Office Supplies")

    answer = at(alice, selling_bakery).in_sales.posts(
        "item_field", item.pk, "category", data={"value": office.pk}, htmx=True
    )

    assert "This can no longer be chosen" in text(answer)
    assert now(item).category is None


def test_pickers_know_customers_and_suppliers_apart(
    at: At, alice: User, selling_bakery: Business
) -> None:
    make_supplier(selling_bakery, "Harbour Flowers")
    visitor = at(alice, selling_bakery)

    customers = text(visitor.in_sales.opens("supplier_options", q="a"))
    found = text(visitor.opens("supplier_options", q="a"))

    assert "Anchor Hotel" in customers
    assert "new customer" in customers
    assert "Acme Paper Ltd" not in customers
    assert "Harbour Flowers" not in customers
    assert "Acme Paper Ltd" in found
    assert "Anchor Hotel" not in found


def test_a_new_customer_is_created_or_picked(
    at: At, alice: User, selling_bakery: Business
) -> None:
    item = sale(selling_bakery, alice)
    visitor = at(alice, selling_bakery).in_sales
    visitor.posts("item_field", item.pk, "supplier", data={"value": "new:Wren"})
    page = text(visitor.opens("item", item.pk))
    assert "Wren is not in Zoho Books" in page
    assert "or it is this customer there" in page

    visitor.posts("supplier_decide", item.pk, data={"choice": "create"})

    assert now(item).status == Item.Status.READY
    supplier = now(item).supplier
    assert supplier is not None
    assert (supplier.side, supplier.name) == ("customer", "Wren")


def test_the_preview_shows_a_draft_invoice_with_its_own_number(
    at: At, alice: User, selling_bakery: Business
) -> None:
    item = sale(selling_bakery, alice)

    page = text(at(alice, selling_bakery).in_sales.opens("item_preview", item.pk))

    for words in (
        "A draft invoice",
        "Anchor Hotel",
        "HB-2041",
        "Bread Sales",
        "attached to the invoice",
    ):
        assert words in page


def test_a_selection_of_sales_is_confirmed_with_one_sum_per_currency(
    at: At, bob: User, selling_bakery: Business
) -> None:
    items = [sale(selling_bakery, bob, reference=f"HB-{n}") for n in range(2)]
    cost = ready_item(selling_bakery, bob)
    visitor = at(bob, selling_bakery).in_sales

    asked = text(visitor.posts("items_publish", data={"matching": "1"}))
    visitor.posts("items_publish", data={"matching": "1", "confirmed": "1"})

    assert "Publish 2 items, £240, to the books of Harbour Bakery" in asked
    assert [now(item).status for item in items] == ["publishing", "publishing"]
    assert now(cost).status == Item.Status.READY


def test_vera_sees_her_own_sales_only(
    at: At, alice: User, vera: User, selling_bakery: Business
) -> None:
    alices = sale(selling_bakery, alice)
    veras = sale(selling_bakery, vera, reference="HB-9")
    visitor = at(vera, selling_bakery).in_sales

    page = text(visitor.opens("sales_inbox"))

    assert f'id="item-{veras.pk}"' in page
    assert f'id="item-{alices.pk}"' not in page
    for name in ("item", "item_state", "item_preview", "item_history"):
        assert visitor.opens(name, alices.pk).status_code == 404
    assert visitor.posts("item_publish", veras.pk).status_code == 403


def test_the_bakerys_sales_do_not_exist_in_the_garage(
    at: At, anna: User, garage: Business, selling_bakery: Business, alice: User
) -> None:
    item = sale(selling_bakery, alice)
    visitor = at(anna, garage)

    for place in (visitor, visitor.in_sales):
        assert place.opens("item", item.pk).status_code == 404
        assert place.posts("item_archive", item.pk).status_code == 404


def test_a_customer_of_a_sale_is_no_supplier_of_a_cost(
    at: At, alice: User, selling_bakery: Business
) -> None:
    sold, cost = sale(selling_bakery, alice), make_item(selling_bakery, alice)

    answer = at(alice, selling_bakery).posts(
        "item_field",
        cost.pk,
        "supplier",
        data={"value": f"supplier:{sold.supplier_id}"},
        htmx=True,
    )

    assert "This can no longer be chosen" in text(answer)
    assert now(cost).supplier is None
