"""Uploading documents, and meeting them again beside the form."""

from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.conf import settings as configured
from django.http import HttpResponse
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from PIL import Image
from pytest_django.fixtures import Settings

from dext_sync.businesses import members
from dext_sync.businesses.models import Business, Membership, User
from dext_sync.businesses.tenancy import acting_in
from publishing import drawing
from publishing.models import Document, Item
from tests.conftest import browser_of
from tests.publishing.factories import (
    make_heavy_pdf,
    make_item,
    make_pdf,
    make_png,
    make_upload,
    upload,
)
from tests.publishing.pages.conftest import At, text


@pytest.fixture
def content() -> bytes:
    return make_pdf(pages=3)


@pytest.fixture
def item(bakery: Business, vera: User, content: bytes) -> Item:
    upload(bakery, vera, content, "bill §7.pdf")
    with acting_in(bakery.pk):
        return Item.unscoped.get()


def test_several_documents_become_items_of_their_uploader(
    at: At, vera: User, bakery: Business
) -> None:
    files = [make_upload(make_pdf(), "a.pdf"), make_upload(make_png(), "b.png")]
    answer = at(vera, bakery).posts("upload", data={"documents": files})
    assert answer["Location"] == f"/b/{bakery.slug}/costs/"
    with acting_in(bakery.pk):
        owners = list(Item.unscoped.values_list("owner", flat=True))
    assert owners == [vera.pk, vera.pk]


def test_each_file_gets_its_own_answer(at: At, vera: User, bakery: Business) -> None:
    files = [make_upload(make_pdf(), "good.pdf"), make_upload(b"MZ...", "bad.pdf")]
    answer = at(vera, bakery).posts("upload", data={"documents": files})
    assert answer.status_code == 422
    assert "good.pdf</a>" in text(answer)
    assert "“bad.pdf” is not a PDF, PNG, JPEG or HEIC file" in text(answer)
    with acting_in(bakery.pk):
        assert Item.unscoped.count() == 1


def test_the_script_is_told_how_many_there_are_by_now(
    at: At, vera: User, bakery: Business, content: bytes
) -> None:
    visitor = at(vera, bakery)

    def sends(content: bytes, name: str, before: object) -> str:
        data = {"documents": make_upload(content, name), "before": before}
        return text(visitor.posts("upload", data=data, htmx=True))

    first = sends(content, "good.pdf", 0)
    assert "good.pdf</a> added" in first
    assert first.count("<li") == 1
    again = sends(content, "same.pdf", 1)
    assert "2 documents added" in again
    assert "This file is here already" in again
    refused = sends(b"MZ...", "bad.pdf", 2)
    assert "“bad.pdf” is not a PDF" in refused
    assert "added" not in refused
    assert "good.pdf</a> added" in sends(make_pdf(), "good.pdf", "²")


def test_the_drop_zone_says_its_limits(
    at: At, vera: User, bakery: Business, settings: Settings
) -> None:
    visitor = at(vera, bakery)
    words = "PDF, PNG, JPEG or HEIC, up to 10 MB and 50 pages each"
    assert words in text(visitor.opens("costs_inbox"))

    settings.DOCUMENT_MAX_BYTES = 5 * 512 * 1024
    settings.DOCUMENT_MAX_PAGES = 9

    assert "up to 2.5 MB and 9 pages each" in text(visitor.opens("sales_inbox"))


def test_an_upload_without_files_asks_for_one(
    at: At, vera: User, bakery: Business
) -> None:
    visitor = at(vera, bakery)
    visitor.posts("upload")
    assert "Choose at least one document first." in text(visitor.opens("costs_inbox"))


def test_pages_are_pictures_for_their_reader_alone(
    at: At, vera: User, bakery: Business, item: Item
) -> None:
    answer = at(vera, bakery).opens("document_page", item.pk, 2, width=640)
    assert answer["Content-Type"] == "image/png"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Cache-Control"] == "private, no-cache"
    with Image.open(BytesIO(answer.content)) as picture:
        assert picture.width == 640
        assert picture.height > picture.width


def test_a_turned_page_lies_on_its_side(
    at: At, vera: User, bakery: Business, item: Item
) -> None:
    answer = at(vera, bakery).opens("document_page", item.pk, 1, width=640, turn=90)
    with Image.open(BytesIO(answer.content)) as picture:
        assert picture.height == 640


def test_a_picture_that_the_browser_has_is_not_sent_again(
    at: At, vera: User, bakery: Business, item: Item
) -> None:
    visitor = at(vera, bakery)
    tag = visitor.opens("document_page", item.pk, 1)["ETag"]
    address = f"/b/{bakery.slug}/costs/{item.pk}/document/pages/1/"
    again = visitor.client.get(address, headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("page", [0, 4])
def test_a_page_that_does_not_exist(
    at: At, vera: User, bakery: Business, item: Item, page: int
) -> None:
    assert at(vera, bakery).opens("document_page", item.pk, page).status_code == 404


def test_nonsense_about_size_and_turn_is_left_aside(
    at: At, vera: User, bakery: Business, item: Item
) -> None:
    answer = at(vera, bakery).opens("document_page", item.pk, 1, width="9999", turn="7")
    with Image.open(BytesIO(answer.content)) as picture:
        assert picture.width == 1280


def test_the_file_is_downloaded_as_it_was_uploaded(
    at: At, vera: User, bakery: Business, item: Item, content: bytes
) -> None:
    answer = at(vera, bakery).opens("document_file", item.pk)
    assert answer.content == content
    assert answer["Content-Type"] == "application/pdf"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Cache-Control"] == "private, no-store"
    assert answer["Content-Disposition"].startswith("attachment;")


def test_a_quote_in_a_name_stays_one(
    at: At, vera: User, bakery: Business, content: bytes
) -> None:
    visitor = at(vera, bakery)
    sent = make_upload(content, "bill %22May%22.pdf")
    answer = visitor.posts("upload", data={"documents": sent}, htmx=True)
    assert "bill &quot;May&quot;.pdf</a> added" in text(answer)
    with acting_in(bakery.pk):
        item = Item.unscoped.get()
    file = visitor.opens("document_file", item.pk)
    assert r'filename="bill \"May\".pdf"' in file["Content-Disposition"]


def test_a_type_that_we_never_took_is_not_served(
    at: At, vera: User, bakery: Business, item: Item
) -> None:
    with acting_in(bakery.pk):
        Document.unscoped.update(content_type="text/html")
    assert at(vera, bakery).opens("document_file", item.pk).status_code == 404


def test_a_lost_file_is_not_found_and_breaks_no_page(
    at: At, vera: User, bakery: Business, item: Item
) -> None:
    for file in configured.DOCUMENTS_DIR.rglob("*"):
        if file.is_file():
            file.unlink()
    visitor = at(vera, bakery)
    assert visitor.opens("document_file", item.pk).status_code == 404
    assert visitor.opens("document_page", item.pk, 1).status_code == 404
    assert visitor.opens("item", item.pk).status_code == 200


def test_an_item_without_document_has_none_to_show(
    at: At, vera: User, bakery: Business
) -> None:
    item = make_item(bakery, vera)
    visitor = at(vera, bakery)
    assert visitor.opens("document_file", item.pk).status_code == 404
    page = text(visitor.opens("item", item.pk))
    assert "data-viewer" not in page


def test_the_viewer_zooms_and_turns_by_links(
    at: At, vera: User, bakery: Business, item: Item
) -> None:
    page = text(at(vera, bakery).opens("item", item.pk, zoom=200, turn=90))
    assert 'data-zoom="200" data-turn="90"' in page
    assert 'href="?zoom=300&amp;turn=90"' in page
    assert 'href="?zoom=200&amp;turn=180"' in page
    assert page.count('class="viewer__sheet"') == 3


def test_a_page_that_cannot_be_drawn_says_so(
    at: At, vera: User, bakery: Business, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload(bakery, vera, make_heavy_pdf(), "heavy.pdf")
    monkeypatch.setattr(drawing, "MOST_SECONDS", 0.5)
    with acting_in(bakery.pk):
        item = Item.unscoped.get()
    visitor = at(vera, bakery)
    words = "Pages of this document cannot be shown here"
    assert words not in text(visitor.opens("item", item.pk))

    answer = visitor.opens("document_page", item.pk, 1)

    assert answer["Content-Type"] == "image/svg+xml"
    assert answer["Cache-Control"] == "private, no-store"
    assert "This page cannot be shown here: download the document." in text(answer)
    assert words in text(visitor.opens("item", item.pk))


TOO_MUCH = "nothing was taken: send at most 20 documents together."


def test_more_files_than_one_form_may_have(
    at: At, vera: User, bakery: Business
) -> None:
    files = [make_upload(make_png(), f"{number}.png") for number in range(21)]
    for htmx, status in ((False, 422), (True, 200)):
        answer = at(vera, bakery).posts("upload", data={"documents": files}, htmx=htmx)
        assert answer.status_code == status
        assert TOO_MUCH in text(answer)
    with acting_in(bakery.pk):
        assert not Item.unscoped.exists()


@pytest.mark.parametrize("length", [configured.UPLOAD_MAX_BYTES + 1, 10**19])
def test_a_form_that_is_too_long_is_not_even_read(
    at: At, vera: User, bakery: Business, length: int
) -> None:
    answer = at(vera, bakery).client.post(
        f"/b/{bakery.slug}/costs/upload/",
        {"documents": make_upload(make_png(), "a.png")},
        CONTENT_LENGTH=str(length),
    )
    assert answer.status_code == 422
    assert TOO_MUCH in answer.content.decode()
    with acting_in(bakery.pk):
        assert not Item.unscoped.exists()


def test_an_upload_from_another_site_is_refused(vera: User, bakery: Business) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(vera)
    answer = client.post(
        f"/b/{bakery.slug}/costs/upload/",
        {"documents": make_upload(make_png(), "a.png")},
    )
    assert answer.status_code == 403
    with acting_in(bakery.pk):
        assert not Item.unscoped.exists()


class Arriving(BytesIO):
    """A form on its way; something happens before it is here."""

    def __init__(self, body: bytes, meanwhile: Callable[[], object]) -> None:
        super().__init__(body)
        self.meanwhile = meanwhile

    def read(self, size: int | None = -1) -> bytes:
        self.meanwhile()
        return super().read(size)


def test_whoever_is_removed_while_their_form_arrives_leaves_nothing(
    alice: User, vera: User, bakery: Business
) -> None:
    with acting_in(bakery.pk):
        member = Membership.unscoped.get(user=vera)

    answer = sends_slowly(vera, bakery, lambda: members.remove(member, by=alice))

    assert answer.status_code == 404
    with acting_in(bakery.pk):
        assert not Document.unscoped.exists()
        assert not Item.unscoped.exists()


def sends_slowly(
    person: User, business: Business, meanwhile: Callable[[], object]
) -> HttpResponse:
    body = encode_multipart(BOUNDARY, {"documents": make_upload(make_png(), "a.png")})
    answer: Any = browser_of(person).request(
        REQUEST_METHOD="POST",
        PATH_INFO=f"/b/{business.slug}/costs/upload/",
        CONTENT_TYPE=MULTIPART_CONTENT,
        CONTENT_LENGTH=str(len(body)),
        **{"wsgi.input": Arriving(body, meanwhile)},
    )
    assert isinstance(answer, HttpResponse)
    return answer


def test_whoever_is_stopped_while_their_form_arrives_leaves_nothing(
    alice: User, vera: User, bakery: Business
) -> None:
    TOTP.activate(alice, generate_totp_secret())

    answer = sends_slowly(
        vera,
        bakery,
        lambda: members.require_two_factor(bakery, required=True, by=alice),
    )

    assert answer.status_code == 403
    assert "Harbour Bakery requires two-factor sign-in" in answer.content.decode()
    with acting_in(bakery.pk):
        assert not Document.unscoped.exists()
        assert not Item.unscoped.exists()


def test_a_document_may_be_longer_than_any_other_form(
    at: At, vera: User, bakery: Business
) -> None:
    padding = b"x" * (configured.FORM_MAX_BYTES + 1)
    document = make_upload(make_pdf("a") + padding, "a.pdf")

    answer = at(vera, bakery).posts("upload", data={"documents": document})

    assert answer.status_code == 302
    with acting_in(bakery.pk):
        assert Item.unscoped.count() == 1
