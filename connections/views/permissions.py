"""My Zoho permissions: a person's own page, outside of any business."""

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from connections import permissions, registration, tasks
from connections.permissions import Permission
from dext_sync.businesses.access import PersonRequest
from dext_sync.celery import enqueue


@login_required
@never_cache
@require_safe
def mine(request: PersonRequest) -> HttpResponse:
    rows = [
        (permission, registration.host_of(permission.grant.region))
        for permission in permissions.permissions_of(request.user)
    ]
    return TemplateResponse(request, "connections/permissions.html", {"rows": rows})


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@reauthentication_required(allow_get=True)  # type: ignore[untyped-decorator]
def withdraw(request: PersonRequest, grant_id: int) -> HttpResponse:
    """Asks first, on a page of its own; then for the password."""
    permission = permissions.permission_of(request.user, grant_id)
    if permission is None:
        raise Http404
    if request.method == "POST":
        return _withdrawn(request, permission)
    return TemplateResponse(
        request,
        "connections/withdraw.html",
        {
            "permission": permission,
            "host": registration.host_of(permission.grant.region),
        },
    )


def _withdrawn(request: PersonRequest, permission: Permission) -> HttpResponse:
    users = permissions.withdraw(permission.grant, request.user)
    for business_id, connection_id in users:
        enqueue(tasks.tell_broken, business_id, connection_id)
    messages.success(
        request,
        ngettext(
            "The permission is withdrawn. %(count)s connection needs reconnecting.",
            "The permission is withdrawn. %(count)s connections need reconnecting.",
            len(users),
        )
        % {"count": len(users)},
    )
    return redirect("zoho_permissions")
