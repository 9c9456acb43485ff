"""The Inbox and the Archive, as a person filters, searches, sorts and pages them."""

import re
from datetime import date
from decimal import Decimal

import pytest

from connections.models import Account, Connection
from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in
from publishing.models import Item, Publication
from publishing.views import listing
from tests.publishing.factories import (
    entry,
    make_item,
    make_pdf,
    make_supplier,
    paid_receipt,
    ready_item,
    upload,
)
from tests.publishing.pages.conftest import At, now, text


def ids_in(page: str, *items: Item) -> list[Item]:
    """Those of the items that the page shows, in its order."""
    shown = [item for item in items if f'id="item-{item.pk}"' in page]
    return sorted(shown, key=lambda item: page.index(f'id="item-{item.pk}"'))


def test_an_empty_inbox_says_what_belongs_there_and_offers_to_connect(
    at: At, alice: User, bakery: Business
) -> None:
    page = text(at(alice, bakery).opens("costs_inbox"))
    assert "Bills and receipts belong here" in page
    assert "Connect to Zoho Books" in page
    assert "Drop documents here, or choose them" in page


def test_who_may_not_connect_is_not_asked_to(
    at: At, vera: User, bakery: Business
) -> None:
    page = text(at(vera, bakery).opens("costs_inbox"))
    assert "Bills and receipts belong here" in page
    assert "Connect to Zoho Books" not in page


def test_a_row_tells_what_the_item_is(
    at: At, alice: User, connected_bakery: Business
) -> None:
    item = ready_item(connected_bakery, alice, date=date(2025, 3, 4))
    page = text(at(alice, connected_bakery).opens("costs_inbox"))
    row = page[
        page.index(f'id="item-{item.pk}"') : page.index(
            "</tr>", page.index(f'id="item-{item.pk}"')
        )
    ]
    for words in (
        "Ready",
        "Alice",
        "4 Mar 25",
        "Acme Paper Ltd",
        "INV-104",
        "120.00",
        "20.00",
        "Purchases",
    ):
        assert words in row
    assert 'value="Office Supplies"' in row


def test_a_paid_receipt_goes_to_expenses(
    at: At, alice: User, connected_bakery: Business
) -> None:
    paid_receipt(connected_bakery, alice)
    assert "Expenses" in text(at(alice, connected_bakery).opens("costs_inbox"))


def test_a_foreign_amount_stands_with_its_currency(
    at: At, alice: User, connected_bakery: Business
) -> None:
    make_item(connected_bakery, alice, currency="EUR", total=Decimal(4200))
    page = text(at(alice, connected_bakery).opens("costs_inbox"))
    assert '<span class="row__currency">EUR</span> 4,200.00' in page


def test_to_review_lists_its_reasons(
    at: At, alice: User, connected_bakery: Business
) -> None:
    ready_item(connected_bakery, alice, total=None, tax_amount=None)
    page = text(at(alice, connected_bakery).opens("costs_inbox"))
    assert '<span class="why__line">The total is missing.</span>' in page


def test_tabs_count_and_filter(at: At, alice: User, connected_bakery: Business) -> None:
    ready = ready_item(connected_bakery, alice)
    unready = make_item(connected_bakery, alice)
    visitor = at(alice, connected_bakery)
    page = text(visitor.opens("costs_inbox"))
    assert 'To review <span class="tabs__count">1</span>' in page
    assert 'All <span class="tabs__count">2</span>' in page
    filtered = text(visitor.opens("costs_inbox", status="ready"))
    assert ids_in(filtered, ready, unready) == [ready]


@pytest.mark.parametrize(
    "words", ["acme", "inv-104", "PRINTER", "paper acme", "120.00", "£120", "office"]
)
def test_search_finds_by_what_one_remembers(
    at: At, alice: User, connected_bakery: Business, words: str
) -> None:
    found = ready_item(connected_bakery, alice)
    other = make_item(connected_bakery, alice)
    page = text(at(alice, connected_bakery).opens("costs_inbox", q=words))
    assert ids_in(page, found, other) == [found]


def test_a_search_without_results_offers_all_items(
    at: At, alice: User, connected_bakery: Business
) -> None:
    make_item(connected_bakery, alice)
    page = text(at(alice, connected_bakery).opens("costs_inbox", q="nowhere"))
    assert "Nothing fits this view" in page
    assert "Show all items" in page


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("total", [0, 2, 1]),
        ("-total", [1, 2, 0]),
        ("supplier", [0, 2, 1]),
        ("reference", [0, 1, 2]),
    ],
)
def test_a_column_sorts_both_ways(
    at: At, alice: User, connected_bakery: Business, sort: str, order: list[int]
) -> None:
    power = make_supplier(connected_bakery, "City Power")
    items = [
        make_item(connected_bakery, alice, reference="A"),
        ready_item(
            connected_bakery, alice, reference="B", total=Decimal(900), supplier=power
        ),
        ready_item(connected_bakery, alice, reference="C"),
    ]
    page = text(at(alice, connected_bakery).opens("costs_inbox", sort=sort))
    assert ids_in(page, *items) == [items[place] for place in order]


@pytest.mark.parametrize(
    "sort", ["-added", "total", "-supplier", "date", "owner", "-tax"]
)
def test_paging_shows_every_item_once_and_finds_back(
    at: At,
    alice: User,
    connected_bakery: Business,
    monkeypatch: pytest.MonkeyPatch,
    sort: str,
) -> None:
    monkeypatch.setattr(listing, "PAGE_SIZE", 3)
    items = [
        make_item(connected_bakery, alice, total=Decimal(number % 3))
        for number in range(8)
    ]
    visitor = at(alice, connected_bakery)
    pages, after = [], ""
    for _page in range(3):
        page = text(visitor.opens("costs_inbox", sort=sort, after=after))
        pages.append(ids_in(page, *items))
        after = str(pages[-1][-1].pk)
    assert sorted(item.pk for page in pages for item in page) == [i.pk for i in items]
    assert [len(page) for page in pages] == [3, 3, 2]
    back = text(visitor.opens("costs_inbox", sort=sort, before=pages[1][0].pk))
    assert ids_in(back, *items) == pages[0]


def test_an_address_with_nonsense_still_shows_the_inbox(
    at: At, alice: User, connected_bakery: Business
) -> None:
    item = make_item(connected_bakery, alice)
    page = text(
        at(alice, connected_bakery).opens(
            "costs_inbox", sort="password", status="x", after="²", before="1" * 40
        )
    )
    assert ids_in(page, item) == [item]


@pytest.mark.parametrize("nonsense", ["x", "-1", "9" * 30, "٣"])
def test_nonsense_for_an_id_finds_nothing_and_breaks_nothing(
    at: At, bob: User, connected_bakery: Business, nonsense: str
) -> None:
    visitor = at(bob, connected_bakery)
    assert visitor.opens("items_rows", item=nonsense).status_code == 200
    answer = visitor.posts("items_publish", data={"item": nonsense, "confirmed": "1"})
    assert answer.status_code == 302


def test_the_archive_holds_what_was_put_away(
    at: At, alice: User, connected_bakery: Business
) -> None:
    item = ready_item(connected_bakery, alice)
    visitor = at(alice, connected_bakery)
    visitor.posts("item_archive", item.pk)
    assert now(item).status == Item.Status.ARCHIVED
    assert ids_in(text(visitor.opens("costs_inbox")), item) == []
    assert ids_in(text(visitor.opens("costs_archive")), item) == [item]
    visitor.posts("item_unarchive", item.pk)
    assert now(item).status == Item.Status.READY
    assert ids_in(text(visitor.opens("costs_inbox")), item) == [item]


def test_an_item_on_its_way_cannot_be_archived(
    at: At, bob: User, connected_bakery: Business
) -> None:
    item = ready_item(connected_bakery, bob)
    visitor = at(bob, connected_bakery)
    visitor.posts("item_publish", item.pk)
    visitor.posts("item_archive", item.pk)
    assert now(item).status == Item.Status.PUBLISHING


def test_the_category_is_set_in_the_row(
    at: At, alice: User, connected_bakery: Business
) -> None:
    item = ready_item(connected_bakery, alice, category=None)
    postage = entry(Account, connected_bakery, "Postage")
    answer = at(alice, connected_bakery).posts(
        "item_field",
        item.pk,
        "category",
        data={"in": "row", "value": postage.pk},
        htmx=True,
    )
    assert now(item).category == postage
    assert f'<tr role="row" id="item-{item.pk}"' in text(answer)
    assert "Ready" in text(answer)


def test_without_javascript_the_row_comes_back_in_the_same_view(
    at: At, alice: User, connected_bakery: Business
) -> None:
    item = ready_item(connected_bakery, alice, category=None)
    answer = at(alice, connected_bakery).posts(
        "item_field",
        item.pk,
        "category",
        data={"in": "row", "typed": "postage", "view": "q=acme&status=to_review"},
    )
    assert answer["Location"] == (
        f"/b/{connected_bakery.slug}/costs/?status=to_review&q=acme#item-{item.pk}"
    )
    assert str(now(item).category) == "Postage"


def test_a_category_that_is_not_there_is_said_in_the_row(
    at: At, alice: User, connected_bakery: Business
) -> None:
    item = ready_item(connected_bakery, alice)
    answer = at(alice, connected_bakery).posts(
        "item_field",
        item.pk,
        "category",
        data={"in": "row", "typed": "Yachts"},
        htmx=True,
    )
    assert "Nothing is called “Yachts”." in text(answer)
    assert 'value="Yachts"' in text(answer)
    assert str(now(item).category) == "Office Supplies"


def test_the_row_publishes(at: At, bob: User, connected_bakery: Business) -> None:
    item = ready_item(connected_bakery, bob)
    answer = at(bob, connected_bakery).posts(
        "item_publish", item.pk, data={"in": "row"}, htmx=True
    )
    assert "Publishing…" in text(answer)
    assert f"item={item.pk}" in text(answer)
    with acting_in(connected_bakery.pk):
        assert Publication.unscoped.get().item_id == item.pk


def test_rows_that_move_are_asked_for_again_until_they_rest(
    at: At, bob: User, connected_bakery: Business
) -> None:
    item = ready_item(connected_bakery, bob)
    visitor = at(bob, connected_bakery)
    visitor.posts("item_publish", item.pk)
    page = text(visitor.opens("costs_inbox"))
    assert page.count('class="mover"') == 1
    with acting_in(connected_bakery.pk):
        Item.unscoped.filter(pk=item.pk).update(status=Item.Status.READY)
    rested = text(visitor.opens("items_rows", item=item.pk, seen="earlier"))
    assert f'id="item-{item.pk}"' in rested
    assert 'class="mover"' not in rested


def test_while_nothing_changed_there_is_no_answer(
    at: At, bob: User, connected_bakery: Business
) -> None:
    item = ready_item(connected_bakery, bob)
    visitor = at(bob, connected_bakery)
    visitor.posts("item_publish", item.pk)
    page = visitor.opens("costs_inbox").content.decode()
    address = (
        page.split('class="mover" hx-get="')[1].split('"')[0].replace("&amp;", "&")
    )
    assert visitor.client.get(address).status_code == 204


def test_a_document_missing_in_zoho_shows_in_its_row(
    at: At, alice: User, connected_bakery: Business
) -> None:
    item = ready_item(connected_bakery, alice)
    with acting_in(connected_bakery.pk):
        Item.unscoped.filter(pk=item.pk).update(document_missing=True)
    assert "Document missing" in text(at(alice, connected_bakery).opens("costs_inbox"))


def test_an_upload_without_supplier_goes_by_its_files_name(
    at: At, alice: User, connected_bakery: Business
) -> None:
    upload(connected_bakery, alice, make_pdf(), "scan 7.pdf")
    assert "scan 7.pdf" in text(at(alice, connected_bakery).opens("costs_inbox"))


def test_the_page_needs_few_questions_however_many_rows(
    at: At,
    alice: User,
    connected_bakery: Business,
    django_assert_max_num_queries: object,
) -> None:
    for number in range(12):
        ready_item(connected_bakery, alice, reference=f"INV-{number}")
    visitor = at(alice, connected_bakery)
    with django_assert_max_num_queries(16):  # type: ignore[operator]
        visitor.opens("costs_inbox")


def test_what_many_lack_costs_no_question_for_each(
    at: At,
    alice: User,
    connected_bakery: Business,
    django_assert_max_num_queries: object,
) -> None:
    for number in range(12):
        ready_item(
            connected_bakery,
            alice,
            reference=f"INV-{number}",
            total=Decimal("412.80"),
            tax_amount=Decimal("19.66"),
        )
    visitor = at(alice, connected_bakery)
    with django_assert_max_num_queries(24):  # type: ignore[operator]
        page = text(visitor.opens("costs_inbox"))
    assert page.count("20 % of 412.80 including tax is 68.80") == 12


def test_after_disconnecting_the_pickers_say_so(
    at: At, alice: User, connected_bakery: Business
) -> None:
    with acting_in(connected_bakery.pk):
        Connection.unscoped.update(state=Connection.State.DISCONNECTED)
    answer = at(alice, connected_bakery).opens("category_options", q="Post")
    assert "Connect to Zoho Books first" in text(answer)
    assert "Postage" not in text(answer)


def test_a_row_says_where_the_item_goes_as_it_will_be_published(
    at: At, bob: User, connected_bakery: Business
) -> None:
    make_item(connected_bakery, bob, publish_to="expenses")
    make_item(connected_bakery, bob)
    receipt = {"kind": "receipt", "paid": True}
    make_item(connected_bakery, bob, **receipt, publish_to="purchases")
    make_item(connected_bakery, bob, **receipt)

    page = text(at(bob, connected_bakery).opens("costs_inbox"))

    said = re.findall(r'class="col-to">(\w+)<', page)
    assert said == ["Expenses", "Purchases", "Purchases", "Expenses"]
