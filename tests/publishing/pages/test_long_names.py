"""Names longer than Zoho Books takes them: said so, and never cut without a word."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in
from publishing.models import Item, Supplier
from tests.publishing.pages.conftest import At, now, text
from tests.publishing.pages.test_pickers import labels

LONGEST = "Mill " + "x" * 195
TOO_LONG = LONGEST + "y"
TOLD = "Zoho Books takes names of at most 200 letters"


@pytest.mark.parametrize("sent", [{"typed": TOO_LONG}, {"value": f"new:{TOO_LONG}"}])
def test_a_longer_one_is_refused_in_words_and_stays_in_the_field(
    at: At, bob: User, bakery: Business, item: Item, sent: dict[str, str]
) -> None:
    before = now(item).supplier

    answer = at(bob, bakery).posts(
        "item_field", item.pk, "supplier", data={"typed": TOO_LONG, **sent}, htmx=True
    )

    assert TOLD in text(answer)
    assert TOO_LONG in answer.content.decode()
    assert now(item).supplier == before


def test_the_longest_is_offered_and_taken_whole(
    at: At, bob: User, bakery: Business, item: Item
) -> None:
    visitor = at(bob, bakery)
    offered = visitor.opens("supplier_options", q=LONGEST)
    assert labels(offered) == [LONGEST]

    visitor.posts("item_field", item.pk, "supplier", data={"value": f"new:{LONGEST}"})

    supplier = now(item).supplier
    assert supplier is not None
    assert supplier.name == LONGEST


def test_a_longer_one_is_not_offered_as_a_new_one(
    at: At, bob: User, bakery: Business, item: Item
) -> None:
    offered = at(bob, bakery).opens("supplier_options", q=TOO_LONG)

    assert labels(offered) == []


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (f"{TOO_LONG},7,", TOLD),
        (f"Acme,7,{'d' * 401}", "description: Enter at most 400 letters."),
    ],
)
def test_in_a_file_of_rules_it_is_a_mistake_of_its_row(
    at: At, alice: User, connected_bakery: Business, row: str, told: str
) -> None:
    content = f"name,due days,description\n{row}\n"
    file = SimpleUploadedFile("rules.csv", content.encode())

    answer = at(alice, connected_bakery).posts(
        "suppliers_file", "suppliers", data={"file": file}
    )

    assert told in text(answer)
    with acting_in(connected_bakery.pk):
        assert not Supplier.unscoped.filter(name__startswith="Mill").exists()
