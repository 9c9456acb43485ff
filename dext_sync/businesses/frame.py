"""What the frame around every page needs: the business, its member, the others."""

from collections.abc import Callable
from functools import cache, partial
from typing import Any, Final

from django.http import HttpRequest

from dext_sync.businesses import support
from dext_sync.businesses.access import memberships_of
from dext_sync.businesses.models import Membership, User

# The first word that begins a page's name says which entry of the sidebar it is under.
SECTIONS = (
    ("automatic", "automatic"),
    ("merge_lists", "connections"),
    ("list", "lists"),
    ("entry", "lists"),
    ("connection", "connections"),
    ("zoho", "connections"),
    ("member", "members"),
    ("invitation_offered", "home"),
    ("invitation_", "members"),
    ("ownership", "members"),
    ("payment_method", "payment_methods"),
    ("activity", "activity"),
    ("business_profile", "business_profile"),
    ("business_new", "business_new"),
    ("clients", "clients"),
    ("reconnect_", "clients"),
    ("copy_", "clients"),
    ("home", "home"),
)

BESIDE: Final = 10
"""So many of the businesses that are open to support stand beside each page; the first
page has them all."""


def frame(request: HttpRequest) -> dict[str, Any]:
    """Context processor."""
    user = getattr(request, "user", None)
    if not isinstance(user, User):
        return {}
    return {
        "business": getattr(request, "business", None),
        "membership": getattr(request, "membership", None),
        "memberships": _memberships_of(request, user),
        "visits": partial(support.visits, user, at_most=BESIDE),
        "section": _section(request),
        "workspace": _workspace(request),
    }


def _memberships_of(request: HttpRequest, user: User) -> Callable[[], list[Membership]]:
    """Asked for once, and only where a template shows them."""

    @cache
    def asked() -> list[Membership]:
        known: list[Membership] | None = getattr(request, "memberships", None)
        return memberships_of(user) if known is None else known

    return asked


def _workspace(request: HttpRequest) -> str:
    """Costs or sales, on the pages that belong to one of them."""
    match = request.resolver_match
    return str(match.kwargs.get("workspace", "")) if match else ""


def _section(request: HttpRequest) -> str:
    page = request.resolver_match.url_name if request.resolver_match else None
    if side := request.resolver_match and request.resolver_match.kwargs.get("side"):
        return str(side)
    if page and page.startswith("category_rule"):
        return "category_rules"
    if workspace := _workspace(request):
        archive = f"{workspace}_archive"
        return archive if page == archive else f"{workspace}_inbox"
    for beginning, section in SECTIONS:
        if page and page.startswith(beginning):
            return section
    return ""
