"""What no person types: answered like any other mistake, and never with an error page."""

from decimal import Decimal

import pytest

from dext_sync.businesses.models import Business, User
from publishing.models import Item
from publishing.views.listing import Listing
from tests.publishing.factories import make_item
from tests.publishing.pages.conftest import At, now, text

LONG = "9" * 5000


@pytest.fixture
def item(connected_bakery: Business, vera: User) -> Item:
    return make_item(connected_bakery, vera)


@pytest.mark.parametrize("words", ["\0", "a\0b", "1e-99999999", "1e-20000", LONG])
def test_a_search_for_nonsense_finds_nothing(
    at: At, vera: User, bakery: Business, item: Item, words: str
) -> None:
    visitor = at(vera, bakery)
    for page in ("costs_inbox", "costs_archive"):
        assert visitor.opens(page, q=words).status_code == 200
    for picker in ("supplier_options", "category_options"):
        assert visitor.opens(picker, q=words).status_code == 200
    assert visitor.opens("item", item.pk, q=words).status_code == 200


@pytest.mark.parametrize("number", ["0", "\0", LONG])
def test_the_lists_of_zoho_take_any_words_and_any_page(
    at: At, alice: User, connected_bakery: Business, number: str
) -> None:
    address = f"/b/{connected_bakery.slug}/lists/categories/"
    browser = at(alice, connected_bakery).client
    answer = browser.get(address, {"q": "\0", "page": number})
    assert answer.status_code == 200


def test_an_amount_is_still_found_by_its_digits(
    connected_bakery: Business, vera: User, at: At
) -> None:
    make_item(connected_bakery, vera, total=Decimal("1234.50"), reference="found-it")
    visitor = at(vera, connected_bakery)
    for words in ("1234.50", "£1,234.5"):
        assert "found-it" in text(visitor.opens("costs_inbox", q=words))


def test_a_space_takes_the_place_of_what_is_no_letter() -> None:
    assert Listing.of({"q": " a\0b "}, archive=False).search == "a b"


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("category", {"value": LONG}),
        ("category", {"value": "²"}),
        ("category", {"typed": "\0"}),
        ("category", {"typed": "a\0b"}),
        ("supplier", {"value": f"supplier:{LONG}"}),
        ("supplier", {"value": f"contact:{LONG}"}),
        ("currency", {"value": "\0"}),
        ("date", {"value": "\0"}),
        ("reference", {"value": "a\0b"}),
        ("total", {"value": LONG}),
        ("total", {"value": "1" + "," * 5000}),
        ("exchange_rate", {"value": "0.000000001"}),
        ("exchange_rate", {"value": "0.000000004"}),
        ("exchange_rate", {"value": "0"}),
        ("exchange_rate", {"value": "999999999.999999999"}),
    ],
)
def test_what_cannot_be_a_value_is_not_saved(
    at: At,
    vera: User,
    bakery: Business,
    item: Item,
    field: str,
    typed: dict[str, str],
) -> None:
    before = getattr(now(item), field)
    answer = at(vera, bakery).posts("item_field", item.pk, field, data=typed, htmx=True)
    assert answer.status_code == 200
    assert getattr(now(item), field) == before


def test_a_name_loses_what_is_no_letter(
    at: At, vera: User, bakery: Business, item: Item
) -> None:
    for typed in ({"typed": "Rope\0 Makers"}, {"value": "new:Rope\0 Makers"}):
        at(vera, bakery).posts("item_field", item.pk, "supplier", data=typed)
        assert str(now(item).supplier) == "Rope Makers"


def test_a_rate_is_kept_with_its_eight_places(
    at: At, vera: User, bakery: Business, item: Item
) -> None:
    visitor = at(vera, bakery)
    visitor.posts("item_field", item.pk, "exchange_rate", data={"value": "0.857123456"})
    assert now(item).exchange_rate == Decimal("0.85712346")
