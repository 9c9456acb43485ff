"""Documents that would stop everybody: each is opened alone, with an end to it."""

import ast
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pytest
from PIL import Image

from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in
from publishing import documents, drawing, sandbox
from publishing.drawing import PDF
from publishing.models import Document
from publishing.uploads import Accepted, Refused
from tests.publishing.factories import make_heavy_pdf, make_pdf, make_png, upload


@pytest.fixture
def heavy(bakery: Business, vera: User) -> Document:
    """Its only page would take days to draw."""
    assert isinstance(upload(bakery, vera, make_heavy_pdf(), "heavy.pdf"), Accepted)
    with acting_in(bakery.pk):
        return Document.unscoped.get()


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> "SimpleQueue[subprocess.Popen[bytes]]":
    """The programs, one after the other."""
    programs: SimpleQueue[subprocess.Popen[bytes]] = SimpleQueue()

    class Noted(subprocess.Popen[bytes]):
        def __init__(self, *words: Any, **options: Any) -> None:
            super().__init__(*words, **options)
            programs.put(self)

    monkeypatch.setattr(subprocess, "Popen", Noted)
    return programs


def test_a_page_without_end_is_given_up_and_not_tried_again(
    heavy: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drawing, "MOST_SECONDS", 0.5)
    with pytest.raises(documents.Undrawable):
        documents.page_picture(heavy, 1, 640)

    monkeypatch.delattr(sandbox, "draw")
    with pytest.raises(documents.Undrawable):
        documents.page_picture(heavy, 1, 1280)


def test_meanwhile_others_open_and_draw_theirs(
    heavy: Document, garage: Business, begun: "SimpleQueue[subprocess.Popen[bytes]]"
) -> None:
    done = threading.Event()

    def draw() -> None:
        with pytest.raises(documents.Undrawable):
            documents.page_picture(heavy, 1, 640)
        done.set()

    drawer = threading.Thread(target=draw)
    drawer.start()
    without_end = begun.get(timeout=60)
    with acting_in(garage.pk):
        found = sandbox.examine(make_pdf("innocent"), PDF)
    early = not done.is_set()
    without_end.kill()
    drawer.join()

    assert found == sandbox.Examined(1, has_size=True)
    assert early


def test_who_would_wait_too_long_is_told_so(
    monkeypatch: pytest.MonkeyPatch, bakery: Business, bob: User
) -> None:
    monkeypatch.setattr(sandbox, "MOST_WAIT", 0.01)
    with held_by(11), held_by(12):
        answer = upload(bakery, bob, make_pdf(), "mine.pdf")

    assert answer == Refused(
        "“mine.pdf” could not be looked at just now: try it again."
    )


def test_one_business_never_holds_every_place(
    monkeypatch: pytest.MonkeyPatch,
    bakery: Business,
    garage: Business,
    bob: User,
    charlie: User,
) -> None:
    monkeypatch.setattr(sandbox, "MOST_WAIT", 0.01)
    with held_by(bakery.pk):
        second = upload(bakery, bob, make_pdf(), "second.pdf")
        others = upload(garage, charlie, make_pdf(), "others.pdf")

    assert second == Refused(
        "“second.pdf” could not be looked at just now: try it again."
    )
    assert isinstance(others, Accepted)


def test_a_place_that_is_given_back_goes_to_who_waits_for_it(
    bakery: Business, bob: User
) -> None:
    place = held_by(bakery.pk)
    place.__enter__()
    waiting = threading.Timer(0, place.__exit__, (None, None, None))
    waiting.start()

    assert isinstance(upload(bakery, bob, make_pdf(), "next.pdf"), Accepted)
    waiting.join()


@contextmanager
def held_by(business_id: int) -> Iterator[None]:
    """Somebody there is drawing."""
    opened, over = threading.Event(), threading.Event()

    def draw() -> None:
        with sandbox.place_of(business_id):
            opened.set()
            over.wait()

    drawer = threading.Thread(target=draw)
    drawer.start()
    opened.wait()
    try:
        yield
    finally:
        over.set()
        drawer.join()


def test_what_cannot_be_opened_within_the_limit_is_refused(
    monkeypatch: pytest.MonkeyPatch, bakery: Business, bob: User
) -> None:
    monkeypatch.setattr(drawing, "MOST_SECONDS", 0.001)

    answer = upload(bakery, bob, make_pdf(), "slow.pdf")

    assert answer == Refused(
        "“slow.pdf” takes too long to open: save it anew, or as a picture."
    )


def test_the_program_starts_without_django_and_without_us() -> None:
    tree = ast.parse(Path(drawing.__file__).read_text())
    imported = {
        name.split(".")[0]
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert imported == {"resource", "sys", "io", "pypdfium2", "PIL", "pillow_heif"}


def test_a_picture_lying_on_its_side_is_drawn_upright_and_as_wide_as_asked() -> None:
    out = BytesIO()
    exif = Image.Exif()
    exif[drawing.ORIENTATION] = 6
    Image.new("RGB", (3000, 2000), "red").save(out, "JPEG", exif=exif)

    picture = sandbox.draw(out.getvalue(), "image/jpeg", 1, 640)

    with Image.open(BytesIO(picture)) as image:
        assert (image.format, image.size) == ("PNG", (640, 960))


def test_a_png_is_opened_as_nothing_but_a_png() -> None:
    with pytest.raises(sandbox.Damaged):
        sandbox.examine(make_png(), "image/jpeg")
