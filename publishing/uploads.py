"""A file that somebody uploads becomes an item, or is refused in one clear sentence."""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TypeVar

import puremagic
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import QuerySet
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from dext_sync.businesses import audit
from dext_sync.businesses.models import Business, User
from publishing import coding, documents, sandbox
from publishing.drawing import HEIC, JPEG, PDF
from publishing.models import Document, Item

ENDINGS = {
    PDF: (".pdf",),
    "image/png": (".png",),
    JPEG: (".jpg", ".jpeg"),
}
# What telephones photograph in, and Zoho Books does not take: kept as a JPEG.
HEIC_ENDINGS = (".heic", ".heif", ".hif")
HEIC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis"})
LONGEST_NAME = 120

T = TypeVar("T")


@dataclass(frozen=True)
class Accepted:
    """`first`: an older item with the same file that its uploader may see."""

    item: Item
    first: Item | None = None


@dataclass(frozen=True)
class Refused:
    """Why, in a sentence that names the file."""

    sentence: str


@dataclass(frozen=True)
class Examined:
    """`content` is what is kept; `converted_from` the SHA-256 of what was uploaded,
    if that is something else."""

    content: bytes = field(repr=False)
    content_type: str
    page_count: int
    converted_from: str = ""


class Unfit(Exception):
    """What is wrong, as a pattern with a place for the {file}."""


def accept(
    business: Business,
    upload: "UploadedFile[bytes]",
    *,
    by: User,
    visible: QuerySet[Item],
    workspace: Item.Workspace = Item.Workspace.COSTS,
) -> Accepted | Refused:
    """Keep the file and make an item of it, or say why not.

    visible: the items that this person may see, and so may be told of.
    """
    shown = safe_name(upload.name or "", "")
    try:
        examined = examine(_read(upload))
    except Unfit as unfit:
        return Refused(str(unfit).format(file=shown))
    name = safe_name(upload.name or "", examined.content_type)
    with transaction.atomic():
        document = _kept(business, examined, by)
        first = visible.filter(document=document).order_by("pk").first()
        item = _item(business, document, name, by, workspace, called=shown)
        if examined.converted_from:
            _record_conversion(item, examined.converted_from, by, called=shown)
        if first is not None:
            audit.record(
                business, "item.same_file", actor=by, subject=item, first=str(first)
            )
        return Accepted(item, first)


def _record_conversion(item: Item, digest: str, by: User, *, called: str) -> None:
    audit.record(
        item.business,
        "item.converted",
        actor=by,
        subject=item,
        subject_name=called,
        sha256=digest,
    )


def _kept(business: Business, examined: Examined, by: User) -> Document:
    return documents.keep(
        business,
        examined.content,
        content_type=examined.content_type,
        page_count=examined.page_count,
        by=by,
    )


def _item(
    business: Business,
    document: Document,
    name: str,
    by: User,
    workspace: Item.Workspace,
    *,
    called: str,
) -> Item:
    """called: the file's name as the person has it, which the history keeps."""
    item = Item.unscoped.create(
        business=business,
        workspace=workspace,
        owner=by,
        document=document,
        file_name=name,
        currency=business.currency,
    )
    audit.record(business, "item.uploaded", actor=by, subject=item, subject_name=called)
    return coding.review(item)


def _read(upload: "UploadedFile[bytes]") -> bytes:
    most = settings.DOCUMENT_MAX_BYTES
    if upload.size is not None and upload.size > most:
        raise _too_large()
    content: bytes = upload.read(most + 1)
    if len(content) > most:
        raise _too_large()
    if not content:
        raise Unfit(_("“{file}” is empty."))
    return content


def _too_large() -> Unfit:
    sentence = _("“{file}” is too large: at most {size} are taken.")
    return Unfit(sentence.replace("{size}", largest()))


def largest() -> str:
    """How large a document may be, as one says it: “10 MB”."""
    size = filesizeformat(settings.DOCUMENT_MAX_BYTES).replace("\xa0", " ")
    return re.sub(r"[.,]0 ", " ", size)


def examine(content: bytes) -> Examined:
    """What the content really is, and how many pages it has. Raises Unfit."""
    if _is_heic(content):
        return _converted(content)
    content_type = sniffed(content)
    if content_type is None:
        raise Unfit(
            _("“{file}” is not a PDF, PNG, JPEG or HEIC file, whatever its name says.")
        )
    found = _opened(sandbox.examine, content, content_type)
    _check_pages(found.pages)
    if not found.has_size:
        raise Unfit(_("“{file}” has a page without size."))
    return Examined(content, content_type, found.pages)


def _is_heic(content: bytes) -> bool:
    """By the brands in its first box: ftyp, the major one, a version, others."""
    size = int.from_bytes(content[:4])
    if content[4:8] != b"ftyp" or not 16 <= size <= 256:
        return False
    box = content[8:size]
    brands = {box[at : at + 4] for at in (0, *range(8, len(box), 4))}
    return bool(brands & HEIC_BRANDS)


def _converted(content: bytes) -> Examined:
    picture = _opened(sandbox.convert, content, HEIC)
    if len(picture) > settings.DOCUMENT_MAX_BYTES:
        raise Unfit(_("“{file}” is too large as a JPEG: make the picture smaller."))
    return Examined(picture, JPEG, 1, hashlib.sha256(content).hexdigest())


def sniffed(content: bytes) -> str | None:
    """The type by content, if it is one that we take."""
    try:
        found = puremagic.magic_string(content)
    except (puremagic.PureError, ValueError):
        return None
    return next((each.mime_type for each in found if each.mime_type in ENDINGS), None)


def _opened(look: Callable[[bytes, str], T], content: bytes, content_type: str) -> T:
    try:
        return look(content, content_type)
    except sandbox.Locked:
        sentence = _("“{file}” is locked with a password: save it without one.")
    except sandbox.TooManyPixels:
        sentence = _("“{file}” has too many pixels: make the picture smaller.")
    except sandbox.TooMuchWork:
        sentence = _("“{file}” takes too long to open: save it anew, or as a picture.")
    except sandbox.Busy:
        sentence = _("“{file}” could not be looked at just now: try it again.")
    except sandbox.Damaged:
        sentence = (
            _("“{file}” is damaged: it cannot be opened as a PDF.")
            if content_type == PDF
            else _("“{file}” is damaged: it cannot be opened.")
        )
    raise Unfit(sentence)


def _check_pages(pages: int) -> None:
    most = settings.DOCUMENT_MAX_PAGES
    if pages > most:
        sentence = _("“{file}” has {pages} pages: at most {most} are taken.")
        raise Unfit(
            sentence.replace("{pages}", str(pages)).replace("{most}", str(most))
        )
    if pages == 0:
        raise Unfit(_("“{file}” has no pages."))


def safe_name(name: str, content_type: str) -> str:
    """The file's own name, without folders and control characters, with its ending."""
    base = PurePosixPath(_as_called(name).replace("\\", "/")).name
    plain = re.sub(r"[\x00-\x1f\x7f<>:/|?*{}\u202a-\u202e\u2066-\u2069]+", " ", base)
    plain = " ".join(plain.split()).strip(". ")
    stem, ending = PurePosixPath(plain or "document"), ""
    if content_type:
        fitting = ENDINGS[content_type]
        own = stem.suffix.lower()
        ending = own if own in fitting else fitting[0]
        stem = stem.with_suffix("") if own in _KNOWN_ENDINGS else stem
    return f"{str(stem)[: LONGEST_NAME - len(ending)].rstrip()}{ending}"


def _as_called(name: str) -> str:
    """The name that its person sees: browsers write three characters otherwise in a form
    (html.spec.whatwg.org, “multipart/form-data encoding algorithm”)."""
    return name.replace("%22", '"').replace("%0D", "\r").replace("%0A", "\n")


_KNOWN_ENDINGS = {
    *HEIC_ENDINGS,
    *(ending for endings in ENDINGS.values() for ending in endings),
}
