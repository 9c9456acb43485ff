"""An item's document: its pages as pictures, and the file itself."""

from io import BytesIO

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified
from django.utils.cache import patch_cache_control
from django.utils.html import escape
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from PIL import Image

from dext_sync.businesses.roles import Need
from publishing import documents, sandbox
from publishing.models import Document, Item
from publishing.views.visible import WorkspaceRequest, item_or_404, workspace_view

# What uploads let in; nothing else is ever served, whatever a row says.
SERVED = frozenset({"application/pdf", "image/png", "image/jpeg"})
WIDTHS = (640, 1280, 1920)
UNSHOWN = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 160">'
    '<rect width="640" height="160" fill="#fff"/>'
    '<text x="320" y="86" text-anchor="middle" font-family="sans-serif"'
    ' font-size="18" fill="#333">{words}</text></svg>'
)
TURNS = {
    90: Image.Transpose.ROTATE_270,
    180: Image.Transpose.ROTATE_180,
    270: Image.Transpose.ROTATE_90,
}


@workspace_view(Need.MEMBER)
@require_safe
def file(request: WorkspaceRequest, item_id: int) -> HttpResponse:
    item = item_or_404(request, item_id)
    document = _document(item)
    if document.content_type not in SERVED:
        raise Http404
    try:
        content = documents.content_of(document)
    except documents.DocumentLost:
        raise Http404 from None
    response = HttpResponse(content, content_type=document.content_type)
    response["Content-Disposition"] = content_disposition_header(
        as_attachment=True, filename=item.file_name
    )
    response["X-Content-Type-Options"] = "nosniff"
    patch_cache_control(response, private=True, no_store=True)
    return response


@workspace_view(Need.MEMBER)
@require_safe
def page(request: WorkspaceRequest, item_id: int, page: int) -> HttpResponse:
    """A picture of one page. The browser may keep it, and asks each time if it may."""
    document = _document(item_or_404(request, item_id))
    if not 1 <= page <= document.page_count:
        raise Http404
    width, turn = _width(request), _turn(request)
    tag = f'"{document.sha256[:32]}-{page}-{width}-{turn}"'
    if request.headers.get("If-None-Match") == tag:
        return _kept(HttpResponseNotModified(), tag)
    try:
        picture = documents.page_picture(document, page, width).read_bytes()
    except documents.DocumentLost:
        raise Http404 from None
    except documents.Undrawable:
        return _unshown()
    except sandbox.Busy:
        return HttpResponse(status=503, headers={"Retry-After": "10"})
    return _kept(HttpResponse(_turned(picture, turn), content_type="image/png"), tag)


def _document(item: Item) -> Document:
    if item.document is None:
        raise Http404
    return item.document


def _width(request: HttpRequest) -> int:
    asked = request.GET.get("width", "")
    return next((width for width in WIDTHS if str(width) == asked), WIDTHS[1])


def _turn(request: HttpRequest) -> int:
    asked = request.GET.get("turn", "")
    return next((turn for turn in TURNS if str(turn) == asked), 0)


def _turned(picture: bytes, turn: int) -> bytes:
    if turn not in TURNS:
        return picture
    turned = BytesIO()
    with Image.open(BytesIO(picture)) as image:
        image.transpose(TURNS[turn]).save(turned, "PNG")
    return turned.getvalue()


def _unshown() -> HttpResponse:
    """A picture all the same: what an <img> can say is a picture."""
    words = escape(_("This page cannot be shown here: download the document."))
    drawing = UNSHOWN.format(words=words)
    response = HttpResponse(drawing, content_type="image/svg+xml")
    response["X-Content-Type-Options"] = "nosniff"
    patch_cache_control(response, private=True, no_store=True)
    return response


def _kept(response: HttpResponse, tag: str) -> HttpResponse:
    response["ETag"] = tag
    response["X-Content-Type-Options"] = "nosniff"
    patch_cache_control(response, private=True, no_cache=True)
    return response
