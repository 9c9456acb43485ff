"""Nobody meets an item that is not theirs to see, on any page, picture or button."""

import datetime as dt

import pytest

from connections.models import Account
from dext_sync.businesses.models import Business, Membership, User
from dext_sync.businesses.tenancy import acting_in
from publishing.models import Item, Publication
from tests.publishing.factories import (
    TODAY,
    entry,
    make_item,
    make_method,
    make_pdf,
    make_upload,
    ready_item,
)
from tests.publishing.pages.conftest import At, now, text
from tests.publishing.twins import questions_about

READS = ["item", "item_state", "item_preview", "item_history", "document_file"]
WRITES = ["item_archive", "item_unarchive", "supplier_decide"]


@pytest.fixture
def alices(connected_bakery: Business, alice: User) -> Item:
    return ready_item(connected_bakery, alice)


@pytest.fixture
def veras(connected_bakery: Business, vera: User) -> Item:
    return ready_item(connected_bakery, vera, reference="VERA-1")


@pytest.mark.parametrize("page", READS)
def test_vera_opens_her_own_item(
    at: At, vera: User, bakery: Business, veras: Item, page: str
) -> None:
    assert at(vera, bakery).opens(page, veras.pk).status_code == 200


@pytest.mark.parametrize("page", READS)
def test_another_persons_item_does_not_exist_for_vera(
    at: At, vera: User, bakery: Business, alices: Item, page: str
) -> None:
    assert at(vera, bakery).opens(page, alices.pk).status_code == 404


def test_nor_do_the_pictures_of_its_document(
    at: At, vera: User, bakery: Business, alices: Item
) -> None:
    assert at(vera, bakery).opens("document_page", alices.pk, 1).status_code == 404


@pytest.mark.parametrize("page", WRITES)
def test_nor_do_its_buttons(
    at: At, vera: User, bakery: Business, alices: Item, page: str
) -> None:
    assert at(vera, bakery).posts(page, alices.pk).status_code == 404
    assert now(alices).status == Item.Status.READY


def test_nor_do_its_fields(at: At, vera: User, bakery: Business, alices: Item) -> None:
    answer = at(vera, bakery).posts(
        "item_field", alices.pk, "reference", data={"value": "MINE"}
    )
    assert answer.status_code == 404
    assert now(alices).reference == "INV-104"


def test_her_inbox_holds_her_own_items_only(
    at: At, vera: User, bakery: Business, alices: Item, veras: Item
) -> None:
    page = text(at(vera, bakery).opens("costs_inbox"))
    assert f'id="item-{veras.pk}"' in page
    assert f'id="item-{alices.pk}"' not in page


def test_with_access_to_all_documents_she_sees_everything(
    at: At, vera: User, bakery: Business, alices: Item
) -> None:
    with acting_in(bakery.pk):
        Membership.unscoped.filter(user=vera).update(sees_all_documents=True)
    assert at(vera, bakery).opens("item", alices.pk).status_code == 200


def test_a_selection_cannot_name_what_she_does_not_see(
    at: At, vera: User, bakery: Business, alices: Item
) -> None:
    at(vera, bakery).posts(
        "items_archive", data={"item": [alices.pk], "confirmed": "1"}
    )
    assert now(alices).status == Item.Status.READY


def test_a_selection_of_all_matching_is_of_her_own(
    at: At, vera: User, bakery: Business, alices: Item, veras: Item
) -> None:
    at(vera, bakery).posts("items_archive", data={"matching": "1", "confirmed": "1"})
    assert now(alices).status == Item.Status.READY
    assert now(veras).status == Item.Status.ARCHIVED


def test_rows_are_not_told_to_who_may_not_see_them(
    at: At, vera: User, bakery: Business, alices: Item
) -> None:
    page = text(at(vera, bakery).opens("items_rows", item=alices.pk))
    assert f'id="item-{alices.pk}"' not in page


def test_vera_may_edit_her_own_item(
    at: At, vera: User, bakery: Business, veras: Item
) -> None:
    at(vera, bakery).posts("item_field", veras.pk, "reference", data={"value": "V-2"})
    assert now(veras).reference == "V-2"


@pytest.mark.parametrize("page", ["item_publish", "item_attach_again"])
def test_vera_may_not_publish(
    at: At, vera: User, bakery: Business, veras: Item, page: str
) -> None:
    assert at(vera, bakery).posts(page, veras.pk).status_code == 403
    nothing_was_sent(bakery)


def test_vera_may_not_publish_a_selection_either(
    at: At, vera: User, bakery: Business, veras: Item
) -> None:
    answer = at(vera, bakery).posts(
        "items_publish", data={"item": [veras.pk], "confirmed": "1"}
    )
    assert answer.status_code == 403
    nothing_was_sent(bakery)


def test_her_pages_offer_no_publish_button(
    at: At, vera: User, bakery: Business, veras: Item
) -> None:
    visitor = at(vera, bakery)
    assert f"/costs/{veras.pk}/publish/" not in text(visitor.opens("costs_inbox"))
    page = text(visitor.opens("item", veras.pk))
    assert f"/costs/{veras.pk}/publish/" not in page
    assert "You may edit this item, not publish it" in page


@pytest.mark.parametrize("page", READS)
def test_a_stranger_finds_nothing(
    at: At, charlie: User, bakery: Business, alices: Item, page: str
) -> None:
    assert at(charlie, bakery).opens(page, alices.pk).status_code == 404


@pytest.mark.parametrize("page", READS)
def test_the_bakerys_ids_open_nothing_in_the_garage(
    at: At, anna: User, garage: Business, alices: Item, page: str
) -> None:
    assert at(anna, garage).opens(page, alices.pk).status_code == 404


def test_the_garage_cannot_publish_the_bakerys_item(
    at: At, charlie: User, bakery: Business, garage: Business, alices: Item
) -> None:
    visitor = at(charlie, garage)
    assert visitor.posts("item_publish", alices.pk).status_code == 404
    visitor.posts("items_publish", data={"item": [alices.pk], "confirmed": "1"})
    nothing_was_sent(bakery)


def test_an_entry_of_another_businesss_lists_is_not_taken(
    at: At, charlie: User, garage: Business, connected_bakery: Business
) -> None:
    item = make_item(garage, charlie)
    postage = entry(Account, connected_bakery, "Postage")
    answer = at(charlie, garage).posts(
        "item_field", item.pk, "category", data={"value": postage.pk}, htmx=True
    )
    assert "This can no longer be chosen" in text(answer)
    assert now(item).category is None


def test_a_payment_method_of_another_business_does_not_exist(
    at: At, charlie: User, garage: Business, connected_bakery: Business
) -> None:
    method = make_method(connected_bakery)
    visitor = at(charlie, garage)
    assert visitor.opens("payment_method_change", method.pk).status_code == 404
    assert visitor.posts("payment_method_remove", method.pk).status_code == 404
    with acting_in(connected_bakery.pk):
        method.refresh_from_db()
    assert method.removed_at is None


def nothing_was_sent(business: Business) -> None:
    with acting_in(business.pk):
        assert Publication.unscoped.count() == 0


# The same bytes uploaded by two: each knows the file by the name they gave it.

SECRET = "Redundancy package for Vera"


def upload_as(at: At, person: User, bakery: Business, name: str) -> str:
    files = {"documents": make_upload(make_pdf("the same"), name)}
    return text(at(person, bakery).posts("upload", data=files, htmx=True))


def item_of(person: User, bakery: Business) -> Item:
    with acting_in(bakery.pk):
        return Item.unscoped.get(owner=person)


def test_the_name_that_another_gave_the_same_file_stays_theirs(
    at: At, alice: User, vera: User, bakery: Business
) -> None:
    upload_as(at, alice, bakery, f"{SECRET}.pdf")
    upload_as(at, vera, bakery, "mine.pdf")
    visitor, item = at(vera, bakery), item_of(vera, bakery)

    file = visitor.opens("document_file", item.pk)
    assert file["Content-Disposition"] == 'attachment; filename="mine.pdf"'
    for answer in (visitor.opens("item", item.pk), visitor.opens("costs_inbox")):
        assert SECRET not in text(answer)
        assert "mine.pdf" in text(answer)
    assert "mine.pdf" not in text(visitor.opens("costs_inbox", q="Redundancy"))
    assert "mine.pdf" in text(visitor.opens("costs_inbox", q="mine"))
    whole = at(alice, bakery).opens("item", item_of(alice, bakery).pk)
    assert f"{SECRET}.pdf" in text(whole)


def test_who_sees_everything_is_told_that_the_file_is_here(
    at: At, alice: User, vera: User, bakery: Business
) -> None:
    here = "This file is here already"

    assert here not in upload_as(at, vera, bakery, "mine.pdf")
    assert here in upload_as(at, alice, bakery, "hers.pdf")


def test_who_sees_her_own_is_told_of_her_own_files_only(
    at: At, alice: User, vera: User, bakery: Business
) -> None:
    here = "This file is here already"

    assert here not in upload_as(at, alice, bakery, "hers.pdf")
    assert here not in upload_as(at, vera, bakery, "mine.pdf")
    assert here in upload_as(at, vera, bakery, "mine again.pdf")


# Two that may be the same, of which the history of the one speaks of the other.


def answered_for(at: At, alice: User, bakery: Business, item: Item) -> None:
    """Alice, who sees both, says that they are different."""
    questions = [each.pk for each in questions_about(item)]
    data = {"question": questions, "answer": "different"}
    at(alice, bakery).posts("item_duplicate", item.pk, data=data)


def test_the_history_of_her_item_tells_her_nothing_of_anothers(
    at: At, alice: User, vera: User, bakery: Business, connected_bakery: Business
) -> None:
    alices = ready_item(
        bakery, alice, reference="Q/77", date=TODAY - dt.timedelta(days=9)
    )
    veras = ready_item(bakery, vera, reference="q-77")
    answered_for(at, alice, bakery, veras)

    page = text(at(vera, bakery).opens("item_history", veras.pk))

    assert f"said: Invoice q-77 is different from item {alices.pk}" in page
    assert "Q/77" not in page
    assert "11 Nov 2026" not in page
    assert f"/costs/{alices.pk}/" not in page
    page = text(at(alice, bakery).opens("item_history", veras.pk))
    assert "Invoice Q/77, Acme Paper Ltd, 11 Nov 2026</a>" in page


def test_of_two_of_her_own_the_history_names_the_other(
    at: At, alice: User, vera: User, bakery: Business, connected_bakery: Business
) -> None:
    first = ready_item(bakery, vera, reference="Q/77")
    second = ready_item(bakery, vera, reference="q-77")
    answered_for(at, alice, bakery, second)

    page = text(at(vera, bakery).opens("item_history", second.pk))

    name = "Invoice Q/77, Acme Paper Ltd, 20 Nov 2026"
    assert f' href="/b/harbour-bakery/costs/{first.pk}/">{name}</a>' in page


def test_what_a_document_says_is_no_markup_in_the_history_of_another(
    at: At, alice: User, bakery: Business, connected_bakery: Business
) -> None:
    ready_item(bakery, alice, reference="<b>77</b>")
    second = ready_item(bakery, alice, reference="b77b")
    answered_for(at, alice, bakery, second)

    page = text(at(alice, bakery).opens("item_history", second.pk))

    assert "Invoice &lt;b&gt;77&lt;/b&gt;, Acme Paper Ltd" in page
    assert "<b>77</b>" not in page


def test_an_item_that_is_gone_is_named_by_its_number(
    at: At, alice: User, bakery: Business, connected_bakery: Business
) -> None:
    first = ready_item(bakery, alice, reference="Q/77")
    second = ready_item(bakery, alice, reference="q-77")
    answered_for(at, alice, bakery, second)
    with acting_in(bakery.pk):
        Item.unscoped.filter(pk=first.pk).delete()

    page = text(at(alice, bakery).opens("item_history", second.pk))

    assert f"said: Invoice q-77 is different from item {first.pk}" in page
