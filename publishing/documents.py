"""Where documents lie, and their pages as pictures.

One folder for web and workers: <DOCUMENTS_DIR>/<business>/<aa>/<sha256>, with the
pictures of its pages beside it under `pictures/`.
"""

import hashlib
import os
import tempfile
import time
from pathlib import Path

from django.conf import settings

from dext_sync.businesses.models import Business, User
from publishing import sandbox
from publishing.models import Document

WIDTHS = (320, 640, 960, 1280, 1920)
"""Pictures come in these widths only, so that nobody can fill the disk with others."""
MOST_PICTURES = 400
"""Kept per business; the oldest go first."""
UNTIL_TRIED_AGAIN = 24 * 60 * 60
"""Seconds in which a document that cost too much is not drawn again."""


class DocumentLost(Exception):
    """The row is there and its file is not, or is not what was stored."""


class NoSuchPage(Exception):
    pass


class Undrawable(Exception):
    """There is no picture of this page: drawing it costs more than a page may."""


def keep(
    business: Business,
    content: bytes,
    *,
    content_type: str,
    page_count: int,
    by: User | None,
) -> Document:
    """Store the bytes once per business; the same file again is the same document."""
    digest = hashlib.sha256(content).hexdigest()
    _write(_path(business.pk, digest), content)
    document, _new = Document.unscoped.get_or_create(
        business=business,
        sha256=digest,
        defaults={
            "content_type": content_type,
            "size": len(content),
            "page_count": page_count,
            "uploaded_by": by,
        },
    )
    return document


def path_of(document: Document) -> Path:
    return _path(document.business_id, document.sha256)


def content_of(document: Document) -> bytes:
    """The stored bytes; raises DocumentLost unless they are what was uploaded."""
    try:
        content = path_of(document).read_bytes()
    except OSError:
        raise DocumentLost from None
    if hashlib.sha256(content).hexdigest() != document.sha256:
        raise DocumentLost
    return content


def page_picture(document: Document, page: int, width: int) -> Path:
    """A PNG of the page (the first is 1), about as wide as asked, made once.

    Raises NoSuchPage, DocumentLost, Undrawable or sandbox.Busy.
    """
    if not 1 <= page <= document.page_count:
        raise NoSuchPage
    width = next((each for each in WIDTHS if each >= width), WIDTHS[-1])
    picture = _pictures(document) / f"{document.sha256}-{page}-{width}.png"
    if not picture.exists():
        if is_undrawable(document):
            raise Undrawable
        _write(picture, _drawn(document, page, width))
        _prune(picture.parent)
    return picture


def is_undrawable(document: Document) -> bool:
    """Whether drawing a page of it has cost too much not long ago."""
    try:
        marked_at = _mark(document).stat().st_mtime
    except FileNotFoundError:
        return False
    return time.time() - marked_at < UNTIL_TRIED_AGAIN


def _drawn(document: Document, page: int, width: int) -> bytes:
    content = content_of(document)
    try:
        return sandbox.draw(content, document.content_type, page, width)
    except (sandbox.TooMuchWork, sandbox.TooManyPixels, sandbox.Damaged):
        mark = _mark(document)
        mark.parent.mkdir(parents=True, exist_ok=True)
        mark.touch()
        raise Undrawable from None


def _mark(document: Document) -> Path:
    return _pictures(document) / f"{document.sha256}.undrawable"


def _pictures(document: Document) -> Path:
    return _folder(document.business_id) / "pictures"


def _path(business_id: int, digest: str) -> Path:
    return _folder(business_id) / digest[:2] / digest


def _folder(business_id: int) -> Path:
    return Path(settings.DOCUMENTS_DIR) / str(business_id)


def _write(path: Path, content: bytes) -> None:
    """All of it or nothing, also if the machine stops in the middle."""
    if path.exists() and path.stat().st_size == len(content):
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as draft:
        draft.write(content)
        draft.flush()
        os.fsync(draft.fileno())
    Path(draft.name).replace(path)
    _sync(path.parent)


def _sync(folder: Path) -> None:
    """The new name is on the disk too."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _prune(folder: Path) -> None:
    pictures = sorted(folder.glob("*.png"), key=_age)
    for picture in pictures[:-MOST_PICTURES]:
        picture.unlink(missing_ok=True)


def _age(picture: Path) -> float:
    try:
        return picture.stat().st_mtime
    except FileNotFoundError:
        return 0
