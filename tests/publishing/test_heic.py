"""Photographs of iPhones: kept as the JPEG that every program and Zoho Books opens."""

import hashlib
import os
from io import BytesIO
from pathlib import Path
from struct import pack

import pillow_heif
import pytest
from PIL import Image
from pytest_django.fixtures import Settings

from dext_sync.businesses import audit
from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in
from publishing import documents, drawing
from publishing.models import Document, Item
from publishing.uploads import Accepted, Refused
from tests.publishing.factories import upload

RED, BLUE = (254, 0, 0), (0, 0, 254)


@pytest.fixture(scope="module", autouse=True)
def telephone() -> None:
    """Writing HEIC is something that only these tests do."""
    pillow_heif.register_heif_opener()


def make_heic(image: Image.Image | None = None, **saved: object) -> bytes:
    """Red on top, blue below, unless it is another picture."""
    out = BytesIO()
    (image or red_over_blue()).save(out, "HEIF", **{"quality": 90, **saved})
    return out.getvalue()


def red_over_blue(width: int = 64, height: int = 96) -> Image.Image:
    image = Image.new("RGB", (width, height), RED)
    image.paste(BLUE, (0, height // 2, width, height))
    return image


def kept(item: Item) -> tuple[Document, Image.Image]:
    with acting_in(item.business_id):
        assert item.document is not None
        return item.document, Image.open(BytesIO(documents.content_of(item.document)))


def colour(image: Image.Image, x: int, y: int) -> str:
    red, _green, blue = image.convert("RGB").crop((x, y, x + 1, y + 1)).tobytes()
    return "red" if red > blue else "blue"


def taken(business: Business, by: User, content: bytes, name: str) -> Item:
    answer = upload(business, by, content, name)
    assert isinstance(answer, Accepted)
    return answer.item


def refused(business: Business, by: User, content: bytes, name: str) -> str:
    answer = upload(business, by, content, name)
    assert isinstance(answer, Refused)
    with acting_in(business.pk):
        assert not Item.unscoped.exists()
        assert not Document.unscoped.exists()
    return answer.sentence


def test_a_photograph_is_kept_as_a_jpeg_and_its_history_says_so(
    bakery: Business, bob: User
) -> None:
    content = make_heic()

    item = taken(bakery, bob, content, "IMG_1234.HEIC")

    document, image = kept(item)
    assert (document.content_type, document.page_count) == ("image/jpeg", 1)
    assert (image.format, image.size) == ("JPEG", (64, 96))
    assert item.file_name == "IMG_1234.jpg"
    digest = hashlib.sha256(content).hexdigest()
    with acting_in(bakery.pk):
        told = [audit.own_sentence(entry) for entry in audit.about(bakery, item)]
    words = "had IMG_1234.HEIC converted from HEIC to JPEG; SHA-256 of the original:"
    assert told == [f"{words} {digest}", "uploaded IMG_1234.HEIC"]


def test_its_content_counts_and_not_its_name(bakery: Business, bob: User) -> None:
    item = taken(bakery, bob, make_heic(), "photo.pdf")

    document, _image = kept(item)
    assert document.content_type == "image/jpeg"
    assert item.file_name == "photo.jpg"


def test_it_lies_as_it_was_taken(bakery: Business, bob: User) -> None:
    exif = Image.Exif()
    exif[drawing.ORIENTATION] = 6  # to be turned clockwise by a quarter
    sideways = make_heic(red_over_blue(96, 64), exif=exif.tobytes())

    _document, image = kept(taken(bakery, bob, sideways, "sideways.heic"))

    assert image.size == (64, 96)
    assert drawing.ORIENTATION not in image.getexif()
    assert [colour(image, x, 48) for x in (60, 4)] == ["red", "blue"]


def test_nobody_learns_where_it_was_taken(bakery: Business, bob: User) -> None:
    exif = Image.Exif()
    exif.get_ifd(0x8825)[1] = "N"  # north of the equator
    exif[0x0110] = "iPhone 17"

    _document, image = kept(
        taken(bakery, bob, make_heic(exif=exif.tobytes()), "here.heic")
    )

    assert dict(image.getexif()) == {}


def test_the_same_photograph_twice_is_one_document(bakery: Business, bob: User) -> None:
    content = make_heic()

    first = taken(bakery, bob, content, "one.heic")
    second = upload(bakery, bob, content, "two.heic")

    assert isinstance(second, Accepted)
    assert second.first == first
    assert second.item.document_id == first.document_id


def test_one_with_too_many_pixels_is_refused(bakery: Business, bob: User) -> None:
    claims = make_heic().replace(pack(">II", 64, 96), pack(">II", 5200, 5000))

    sentence = refused(bakery, bob, claims, "huge.heic")

    assert sentence == "“huge.heic” has too many pixels: make the picture smaller."


def test_one_that_breaks_off_is_refused(bakery: Business, bob: User) -> None:
    sentence = refused(bakery, bob, make_heic()[:-40], "torn.heic")

    assert sentence == "“torn.heic” is damaged: it cannot be opened."


def test_one_that_would_be_too_large_as_a_jpeg_is_refused(
    bakery: Business, bob: User, settings: Settings
) -> None:
    noise = Image.frombytes("RGB", (200, 200), os.urandom(120_000))
    content = make_heic(noise, quality=10)
    settings.DOCUMENT_MAX_BYTES = len(content)

    sentence = refused(bakery, bob, content, "noise.heic")

    assert sentence == "“noise.heic” is too large as a JPEG: make the picture smaller."


def test_other_files_in_the_same_wrapping_are_refused(
    bakery: Business, bob: User
) -> None:
    film = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom" + bytes(300)

    assert refused(bakery, bob, film, "film.heic") == (
        "“film.heic” is not a PDF, PNG, JPEG or HEIC file, whatever its name says."
    )


def test_one_that_only_says_that_it_is_heic_is_damaged(
    bakery: Business, bob: User
) -> None:
    pretence = b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + bytes(300)

    assert refused(bakery, bob, pretence, "no.heic") == (
        "“no.heic” is damaged: it cannot be opened."
    )


def test_converting_leaves_nothing_behind_on_the_disk(
    bakery: Business, bob: User, documents_dir: Path
) -> None:
    document, _image = kept(taken(bakery, bob, make_heic(), "one.heic"))

    files = [path for path in documents_dir.rglob("*") if path.is_file()]
    assert files == [documents.path_of(document)]
