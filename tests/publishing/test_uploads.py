"""Which files become items, and what is said about the others."""

import struct
import zlib
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from pytest_django.fixtures import Settings

from dext_sync.businesses import audit
from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in
from publishing import documents, drawing
from publishing.models import Document, Item
from publishing.uploads import Accepted, Refused, safe_name
from tests.publishing.factories import make_pdf, make_png, upload


def refused(business: Business, by: User, content: bytes, name: str) -> str:
    """The sentence; and nothing was kept."""
    answer = upload(business, by, content, name)
    assert isinstance(answer, Refused)
    with acting_in(business.pk):
        assert not Item.unscoped.exists()
        assert not Document.unscoped.exists()
    return answer.sentence


def accepted(business: Business, by: User, content: bytes, name: str) -> Item:
    answer = upload(business, by, content, name)
    assert isinstance(answer, Accepted)
    return answer.item


def document_of(item: Item) -> Document:
    with acting_in(item.business_id):
        document = item.document
    assert document is not None
    return document


class TestAccepted:
    def test_a_pdf_becomes_an_item_of_its_uploader(
        self, bakery: Business, vera: User, documents_dir: Path
    ) -> None:
        content = make_pdf(pages=3)

        item = accepted(bakery, vera, content, "Invoice 104.PDF")

        document = document_of(item)
        assert item.owner == vera
        assert item.status == "to_review"
        assert item.currency == "GBP"
        assert item.file_name == "Invoice 104.pdf"
        assert document.content_type == "application/pdf"
        assert document.page_count == 3
        digest = document.sha256
        kept = documents_dir / str(bakery.pk) / digest[:2] / digest
        assert kept.read_bytes() == content

    @pytest.mark.parametrize("kind", ["PNG", "JPEG"])
    def test_a_picture_is_known_by_its_content(
        self, bakery: Business, bob: User, kind: str
    ) -> None:
        out = BytesIO()
        Image.new("RGB", (40, 60), "white").save(out, kind)

        item = accepted(bakery, bob, out.getvalue(), "receipt.pdf")

        assert document_of(item).content_type == f"image/{kind.lower()}"
        assert item.file_name == f"receipt.{'png' if kind == 'PNG' else 'jpg'}"

    def test_the_same_file_again_is_a_second_item_of_one_document(
        self, bakery: Business, bob: User, documents_dir: Path
    ) -> None:
        first = upload(bakery, bob, make_pdf(), "one.pdf")
        second = upload(bakery, bob, make_pdf(), "two.pdf")

        assert isinstance(first, Accepted)
        assert isinstance(second, Accepted)
        assert (first.first, second.first) == (None, first.item)
        assert second.first == first.item
        with acting_in(bakery.pk):
            told = [
                audit.sentence(entry)
                for entry in audit.about(bakery, second.item)
                if entry.action == "item.same_file"
            ]
        assert told == [f"uploaded the same file as that of {first.item}"]
        assert first.item != second.item
        assert document_of(first.item) == document_of(second.item)

    def test_without_a_number_it_is_called_by_its_file(
        self, bakery: Business, bob: User
    ) -> None:
        accepted = upload(bakery, bob, make_pdf(), "scan-17.pdf")

        assert isinstance(accepted, Accepted)
        assert str(accepted.item) == "Invoice scan-17.pdf"

    def test_two_businesses_never_share_a_file(
        self, bakery: Business, garage: Business, bob: User, charlie: User
    ) -> None:
        ours = document_of(accepted(bakery, bob, make_pdf(), "a.pdf"))
        theirs = document_of(accepted(garage, charlie, make_pdf(), "a.pdf"))

        assert ours.sha256 == theirs.sha256
        assert documents.path_of(ours) != documents.path_of(theirs)


class TestRefused:
    def test_another_type_whatever_its_name_says(
        self, bakery: Business, bob: User
    ) -> None:
        words = (
            "“run.pdf” is not a PDF, PNG, JPEG or HEIC file, whatever its name says."
        )

        assert refused(bakery, bob, b"MZ" + bytes(200), "run.pdf") == words
        assert refused(bakery, bob, b"hello", "run.pdf") == words
        gif = BytesIO()
        Image.new("P", (4, 4)).save(gif, "GIF")
        assert refused(bakery, bob, gif.getvalue(), "run.pdf") == words

    def test_an_empty_file(self, bakery: Business, bob: User) -> None:
        assert refused(bakery, bob, b"", "none.pdf") == "“none.pdf” is empty."

    def test_one_that_is_too_large(
        self, bakery: Business, bob: User, settings: Settings
    ) -> None:
        settings.DOCUMENT_MAX_BYTES = 2048

        assert refused(bakery, bob, make_pdf() + bytes(2048), "big.pdf") == (
            "“big.pdf” is too large: at most 2 KB are taken."
        )

    def test_one_with_too_many_pages(
        self, bakery: Business, bob: User, settings: Settings
    ) -> None:
        settings.DOCUMENT_MAX_PAGES = 2

        assert refused(bakery, bob, make_pdf(pages=3), "long.pdf") == (
            "“long.pdf” has 3 pages: at most 2 are taken."
        )

    def test_a_damaged_pdf(self, bakery: Business, bob: User) -> None:
        assert refused(bakery, bob, b"%PDF-1.7\n" + bytes(300), "torn.pdf") == (
            "“torn.pdf” is damaged: it cannot be opened as a PDF."
        )

    def test_a_pdf_with_a_password(self, bakery: Business, bob: User) -> None:
        assert refused(bakery, bob, locked_pdf(), "secret.pdf") == (
            "“secret.pdf” is locked with a password: save it without one."
        )

    def test_a_picture_that_breaks_off(self, bakery: Business, bob: User) -> None:
        assert refused(bakery, bob, make_png(300, 300)[:-40], "half.png") == (
            "“half.png” is damaged: it cannot be opened."
        )

    @pytest.mark.parametrize("side", [5_100, 7_100, 20_000, 60_000])
    def test_a_picture_that_would_fill_the_memory(
        self, bakery: Business, bob: User, side: int
    ) -> None:
        assert refused(bakery, bob, bomb(side), "bomb.png") == (
            "“bomb.png” has too many pixels: make the picture smaller."
        )


class TestPictures:
    def test_a_page_is_drawn_once_in_the_next_larger_width(
        self, bakery: Business, bob: User
    ) -> None:
        document = document_of(accepted(bakery, bob, make_pdf(pages=2), "a.pdf"))

        picture = documents.page_picture(document, 2, 600)
        drawn_at = picture.stat().st_mtime_ns
        again = documents.page_picture(document, 2, 640)

        with Image.open(picture) as image:
            assert image.format == "PNG"
            assert image.width == 640
        assert again == picture
        assert again.stat().st_mtime_ns == drawn_at

    def test_a_page_that_is_not_there(self, bakery: Business, bob: User) -> None:
        document = document_of(accepted(bakery, bob, make_pdf(), "a.pdf"))

        for page in (0, 2, -1):
            with pytest.raises(documents.NoSuchPage):
                documents.page_picture(document, page, 640)

    def test_a_very_tall_page_does_not_fill_the_memory(self) -> None:
        scale = drawing.picture_scale(10, 14_400_000, 1920)

        assert 10 * 14_400_000 * scale**2 <= drawing.MOST_PIXELS * 1.001

    def test_a_file_that_was_lost_or_changed_is_not_handed_out(
        self, bakery: Business, bob: User
    ) -> None:
        document = document_of(accepted(bakery, bob, make_pdf(), "a.pdf"))

        documents.path_of(document).write_bytes(b"something else")
        with pytest.raises(documents.DocumentLost):
            documents.content_of(document)
        documents.path_of(document).unlink()
        with pytest.raises(documents.DocumentLost):
            documents.page_picture(document, 1, 640)

    def test_the_oldest_pictures_go_when_there_are_too_many(
        self, bakery: Business, bob: User, documents_dir: Path
    ) -> None:
        document = document_of(accepted(bakery, bob, make_pdf(), "a.pdf"))
        folder = documents_dir / str(bakery.pk) / "pictures"
        folder.mkdir(parents=True)
        for number in range(documents.MOST_PICTURES + 5):
            (folder / f"old-{number}.png").touch()

        newest = documents.page_picture(document, 1, 320)

        assert newest.exists()
        assert len(list(folder.glob("*.png"))) == documents.MOST_PICTURES


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../etc/passwd", "passwd.pdf"),
        ("C:\\Users\\bob\\bill.pdf", "bill.pdf"),
        ("a\x00b\nc.pdf", "a b c.pdf"),
        ("", "document.pdf"),
        ("...", "document.pdf"),
        ("invoice.exe", "invoice.exe.pdf"),
        ("Rechnung März.PDF", "Rechnung März.pdf"),
        ("{0.__class__}.pdf", "0.__class__.pdf"),
        ("x" * 300 + ".pdf", "x" * 116 + ".pdf"),
        ("\u202efdp.exe", "fdp.exe.pdf"),
        # As browsers write a quote and line breaks in the name of a part.
        ("bill %22May%22.pdf", 'bill "May".pdf'),
        ('bill "May".pdf', 'bill "May".pdf'),
        ("bill%0D%0AMay 5%25.pdf", "bill May 5%25.pdf"),
    ],
)
def test_names_are_made_safe(name: str, safe: str) -> None:
    assert safe_name(name, "application/pdf") == safe


def bomb(side: int) -> bytes:
    """A PNG of a few bytes that says it has side × side pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        check = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)

    head = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    pixels = zlib.compress(bytes(1000))
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", pixels)
        + chunk(b"IEND", b"")
    )


def locked_pdf() -> bytes:
    """Encrypted, with a password that nobody knows: the check value fits none."""
    objects = (
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 300] >>",
        f"<< /Filter /Standard /V 1 /R 2 /O <{'11' * 32}> /U <{'22' * 32}> /P -4 >>",
    )
    body, places = "%PDF-1.4\n", []
    for number, words in enumerate(objects, 1):
        places.append(len(body))
        body += f"{number} 0 obj\n{words}\nendobj\n"
    rows = "".join(f"{place:010} 00000 n \n" for place in places)
    head = f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n"
    trailer = (
        f"trailer << /Size {len(objects) + 1} /Root 1 0 R /Encrypt 4 0 R"
        f" /ID [<{'33' * 16}> <{'33' * 16}>] >>\nstartxref\n{len(body)}\n%%EOF\n"
    )
    return (body + head + rows + trailer).encode()
