"""A list narrowed by its address, and the columns that each person chooses."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from connections.models import Account
from dext_sync.businesses.models import Business, Membership, User
from dext_sync.businesses.tenancy import acting_in
from publishing.models import ColumnChoice, Item
from publishing.views.filters import Filters
from publishing.views.listing import Listing
from tests.publishing.factories import entry, make_item, make_supplier, ready_item
from tests.publishing.pages.conftest import At, text


def shows(page: str, item: Item) -> bool:
    return f'id="item-{item.pk}"' in page


# The address


def test_an_address_is_read_and_written_alike() -> None:
    asked = {
        "kind": "receipt",
        "supplier": "7",
        "category": "8",
        "owner": "9",
        "since": "2026-01-31",
        "until": "2026-02-28",
        "least": "10",
        "most": "99.5",
        "currency": "EUR",
        "cause": "rejected",
    }

    assert Filters.of(asked).asked() == asked
    assert (
        Listing.of(asked, archive=False).query().startswith("kind=receipt&supplier=7")
    )


@pytest.mark.parametrize(
    "nonsense",
    [
        {"kind": "yacht"},
        {"supplier": "²"},
        {"owner": "9" * 40},
        {"since": "2026-02-30"},
        {"until": "0000-00-00"},
        {"least": "1e99"},
        {"most": "NaN"},
        {"currency": "eur"},
    ],
)
def test_what_an_address_cannot_mean_is_left_aside(nonsense: dict[str, str]) -> None:
    assert Filters.of(nonsense) == Filters()


@pytest.mark.parametrize("cause", ["password", "rejected..-1", "rejected.²"])
def test_a_cause_is_asked_for_as_it_is_spelled(cause: str) -> None:
    """Left aside it would mean everything that failed."""
    assert Filters.of({"cause": cause}).asked() == {"cause": cause}


@pytest.mark.parametrize("cause", ["\0", "x" * 121])
def test_a_cause_that_cannot_be_is_one_that_nothing_has(cause: str) -> None:
    assert Filters.of({"cause": cause}).asked() == {"cause": "unknown"}


# The list


@pytest.mark.parametrize(
    "asked",
    [
        {"kind": "receipt"},
        {"since": "2026-11-20", "until": "2026-11-20"},
        {"least": "500", "most": "500"},
        {"currency": "EUR"},
    ],
)
def test_each_filter_leaves_what_fits(
    at: At, alice: User, connected_bakery: Business, asked: dict[str, Any]
) -> None:
    fits = make_item(
        connected_bakery,
        alice,
        kind=Item.Kind.RECEIPT,
        date=date(2026, 11, 20),
        total=Decimal(500),
        currency="EUR",
    )
    other = make_item(
        connected_bakery, alice, date=date(2026, 11, 21), total=Decimal(501)
    )

    page = text(at(alice, connected_bakery).opens("costs_inbox", **asked))

    assert (shows(page, fits), shows(page, other)) == (True, False)
    assert 'All <span class="tabs__count">1</span>' in page


def test_supplier_category_and_owner_are_rows(
    at: At, alice: User, bob: User, connected_bakery: Business
) -> None:
    fits, other = ready_item(connected_bakery, bob), make_item(connected_bakery, alice)
    visitor = at(alice, connected_bakery)
    asked = (
        {"supplier": fits.supplier_id},
        {"category": fits.category_id},
        {"owner": bob.pk},
    )

    pages = [text(visitor.opens("costs_inbox", **each)) for each in asked]

    assert [(shows(page, fits), shows(page, other)) for page in pages] == (
        [(True, False)] * 3
    )
    for page, chip in zip(
        pages,
        ("Supplier: Acme Paper Ltd", "Category: Office Supplies", "Owner: Bob"),
        strict=True,
    ):
        assert f'<span class="chip__words">{chip}</span>' in page


def test_a_chip_takes_its_filter_away_and_keeps_the_rest(
    at: At, alice: User, connected_bakery: Business
) -> None:
    make_item(connected_bakery, alice)

    page = text(
        at(alice, connected_bakery).opens(
            "costs_inbox", currency="GBP", least="1", q="x", sort="total"
        )
    )

    path = f"/b/{connected_bakery.slug}/costs/"
    assert f'href="{path}?q=x&amp;least=1&amp;sort=total"' in page
    assert f'href="{path}?q=x&amp;currency=GBP&amp;sort=total"' in page


def test_a_selection_of_all_matching_is_of_what_the_filter_leaves(
    at: At, alice: User, connected_bakery: Business
) -> None:
    fits = make_item(connected_bakery, alice, currency="EUR")
    other = make_item(connected_bakery, alice)

    at(alice, connected_bakery).posts(
        "items_archive",
        data={"matching": "1", "view": "currency=EUR", "confirmed": "1"},
    )

    with acting_in(connected_bakery.pk):
        assert Item.unscoped.get(pk=fits.pk).status == Item.Status.ARCHIVED
        assert Item.unscoped.get(pk=other.pk).status == Item.Status.TO_REVIEW


# The form


def narrowed(at: At, user: User, business: Business, **said: Any) -> Any:
    return at(user, business).opens("costs_inbox", filter="1", **said)


def test_what_is_typed_becomes_a_short_address(
    at: At, alice: User, connected_bakery: Business
) -> None:
    supplier = make_supplier(connected_bakery)
    category = entry(Account, connected_bakery, "Postage")

    answer = narrowed(
        at,
        alice,
        connected_bakery,
        supplier="",
        supplier_typed="acme",
        category=category.pk,
        category_typed="Postage",
        least="1,000.50",
        kind="",
        q="paper",
    )

    assert answer["Location"] == (
        f"/b/{connected_bakery.slug}/costs/"
        f"?q=paper&supplier={supplier.pk}&category={category.pk}&least=1000.50"
    )


@pytest.mark.parametrize(
    ("said", "complaint"),
    [
        ({"supplier_typed": "Nobody"}, "Nothing is called “Nobody”."),
        ({"least": "many"}, "Enter an amount, for example 1234.50."),
        ({"since": "yesterday"}, "Enter a valid date."),
        (
            {"since": "2026-02-01", "until": "2026-01-01"},
            "This lies before the beginning.",
        ),
    ],
)
def test_what_cannot_be_meant_is_said_at_its_field_and_stays(
    at: At,
    alice: User,
    connected_bakery: Business,
    said: dict[str, str],
    complaint: str,
) -> None:
    make_item(connected_bakery, alice)

    answer = narrowed(at, alice, connected_bakery, **said)

    assert answer.status_code == 200
    assert complaint in text(answer)
    assert '<details class="filters" open>' in text(answer)
    assert f'value="{next(iter(said.values()))}"' in text(answer)


def test_pickers_that_nobody_touched_say_nothing(
    at: At, alice: User, connected_bakery: Business
) -> None:
    make_item(connected_bakery, alice)

    page = text(at(alice, connected_bakery).opens("costs_inbox"))

    assert '<input type="hidden" name="supplier" value="">' in page
    assert '<input type="hidden" name="category" value="">' in page


def test_vera_is_not_offered_owners(
    at: At, vera: User, connected_bakery: Business
) -> None:
    make_item(connected_bakery, vera)

    page = text(at(vera, connected_bakery).opens("costs_inbox"))

    assert 'name="owner"' not in page


def test_a_supplier_of_another_business_has_no_name_here(
    at: At, charlie: User, garage: Business, connected_bakery: Business
) -> None:
    make_item(garage, charlie)
    theirs = make_supplier(connected_bakery)

    page = text(at(charlie, garage).opens("costs_inbox", supplier=theirs.pk))

    assert "Supplier: unknown" in page
    assert "Acme Paper" not in page


# Columns


def head(page: str) -> str:
    return page[page.index("<thead") : page.index("</thead>")]


def test_a_person_chooses_the_columns_of_a_workspace(
    at: At, alice: User, bob: User, connected_bakery: Business
) -> None:
    for owner in (alice, bob):
        ready_item(connected_bakery, owner)
    visitor = at(alice, connected_bakery)

    answer = visitor.posts(
        "items_columns", data={"column": ["added", "total"], "view": "q=acme"}
    )

    assert answer["Location"] == f"/b/{connected_bakery.slug}/costs/?q=acme"
    again = text(at(alice, connected_bakery).opens("costs_inbox"))
    assert [name in head(again) for name in ("Added", "Total", "Supplier")] == [
        True
    ] * 3
    assert [name in head(again) for name in ("Status", "Owner", "Tax")] == [False] * 3
    assert "Owner" in head(text(at(bob, connected_bakery).opens("costs_inbox")))
    with acting_in(connected_bakery.pk):
        assert ColumnChoice.unscoped.get().columns == ["supplier", "total", "added"]


def test_columns_that_do_not_exist_are_not_kept(
    at: At, alice: User, connected_bakery: Business
) -> None:
    at(alice, connected_bakery).posts("items_columns", data={"column": ["password"]})

    with acting_in(connected_bakery.pk):
        assert ColumnChoice.unscoped.get().columns == ["supplier"]


def test_the_choice_stays_in_its_business(
    at: At, anna: User, alice: User, garage: Business, connected_bakery: Business
) -> None:
    ready_item(connected_bakery, alice)
    make_item(garage, anna)
    at(anna, garage).posts("items_columns", data={"column": ["total"]})

    page = text(at(anna, connected_bakery).opens("costs_inbox"))

    assert "Owner" in head(page)


def test_the_page_asks_equally_much_however_narrow_it_is(
    at: At,
    alice: User,
    connected_bakery: Business,
    django_assert_max_num_queries: Any,
) -> None:
    items = [
        ready_item(connected_bakery, alice, reference=f"INV-{number}")
        for number in range(6)
    ]
    with acting_in(connected_bakery.pk):
        Membership.unscoped.filter(user=alice).update(sees_all_documents=True)
    visitor = at(alice, connected_bakery)
    with django_assert_max_num_queries(19):
        visitor.opens(
            "costs_inbox",
            supplier=items[0].supplier_id,
            category=items[0].category_id,
            owner=alice.pk,
            least="1",
            since="2026-01-01",
            cause="rejected",
        )
