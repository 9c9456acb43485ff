"""What Publish would send, said before; and items that are typed in."""

from decimal import Decimal

from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in
from publishing.models import Item
from tests.publishing.factories import (
    make_supplier,
    paid_receipt,
    ready_item,
)
from tests.publishing.pages.conftest import At, text


def test_preview_says_in_words_what_would_be_written(
    at: At, bob: User, bakery: Business, item: Item
) -> None:
    page = text(at(bob, bakery).opens("item_preview", item.pk))
    for words in (
        "An open bill",
        "<dd>Acme Paper Ltd</dd>",
        "<dd>INV-104</dd>",
        "<dd>20 Nov 2026</dd>",
        "<dd>20 Dec 2026</dd>",
        "<dd>Office Supplies</dd>",
        "<dt>Tax, Standard Rate</dt><dd>£20.00</dd>",
        "<dd>£100.00</dd>",
        '<dd class="preview__total">£120.00</dd>',
        "attached to the bill",
    ):
        assert words in page
    assert "No document" not in page
    assert "A new supplier" not in page


def test_preview_of_a_paid_receipt_is_an_expense(
    at: At, bob: User, connected_bakery: Business
) -> None:
    receipt = paid_receipt(connected_bakery, bob)
    page = text(at(bob, connected_bakery).opens("item_preview", receipt.pk))
    assert "An expense" in page
    assert "<dt>Paid through</dt><dd>Company Card</dd>" in page
    assert "as its receipt" in page


def test_preview_says_that_there_is_no_document(
    at: At, bob: User, connected_bakery: Business
) -> None:
    item = ready_item(connected_bakery, bob, document=None)
    page = text(at(bob, connected_bakery).opens("item_preview", item.pk))
    assert "No document: nothing is attached" in page


def test_preview_names_the_supplier_that_would_be_created(
    at: At, bob: User, connected_bakery: Business
) -> None:
    rope = make_supplier(connected_bakery, "Rope Makers", agreed_by=bob)
    item = ready_item(connected_bakery, bob, supplier=rope)
    page = text(at(bob, connected_bakery).opens("item_preview", item.pk))
    assert "A new supplier" in page
    assert "<dd>Rope Makers</dd>" in page


def test_preview_of_a_receipt_without_number_says_what_its_number_will_be(
    at: At, bob: User, connected_bakery: Business
) -> None:
    item = ready_item(connected_bakery, bob, kind="receipt", reference="")
    visitor = at(bob, connected_bakery)
    said = "a mark of ours, DS-…, because the receipt has no number"
    assert said in text(visitor.opens("item_preview", item.pk))
    assert "(DS-…) will be its number" in text(visitor.opens("item", item.pk))


def test_preview_of_what_is_not_ready_says_what_is_missing(
    at: At, bob: User, connected_bakery: Business
) -> None:
    item = ready_item(connected_bakery, bob, reference="")
    page = text(at(bob, connected_bakery).opens("item_preview", item.pk))
    assert "Before this item can be published" in page
    assert "An invoice needs its number" in page


# Typing in


def test_typing_in_makes_an_item_and_opens_it(
    at: At, bob: User, connected_bakery: Business
) -> None:
    answer = at(bob, connected_bakery).posts(
        "item_new",
        data={
            "kind": "invoice",
            "supplier": "acme paper ltd",
            "date": "2026-11-20",
            "reference": "T-1",
            "total": "99.90",
            "currency": "GBP",
        },
    )
    with acting_in(connected_bakery.pk):
        item = Item.unscoped.select_related("supplier").get()
    assert answer["Location"] == f"/b/{connected_bakery.slug}/costs/{item.pk}/"
    assert (item.owner_id, item.total, str(item.supplier)) == (
        bob.pk,
        Decimal("99.90"),
        "Acme Paper Ltd",
    )
    assert item.sources["total"]["from"] == "person"


def test_typing_in_nonsense_keeps_it_and_says_why(
    at: At, bob: User, connected_bakery: Business
) -> None:
    answer = at(bob, connected_bakery).posts(
        "item_new",
        data={"kind": "invoice", "supplier": "", "total": "much", "currency": "GBP"},
    )
    assert answer.status_code == 422
    assert 'value="much"' in text(answer)
    with acting_in(connected_bakery.pk):
        assert Item.unscoped.count() == 0
