"""Pages with the Connect form: what they show, and where that form may lead."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from django.http import HttpResponse

from connections import registration
from connections.forms import RegionForm
from connections.models import Connection
from dext_sync.businesses.access import BusinessRequest, PersonRequest

P = ParamSpec("P")
R = TypeVar("R", bound=PersonRequest)


def leads_to_zoho(
    view: Callable[Concatenate[R, P], HttpResponse],
) -> Callable[Concatenate[R, P], HttpResponse]:
    """The browser lets a form of this page be redirected to Zoho's sign-in."""

    @wraps(view)
    def with_hosts(request: R, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        response: Any = view(request, *args, **kwargs)
        response._csp_update = {"form-action": registration.accounts_hosts()}  # noqa: SLF001  (django-csp's own way)
        answer: HttpResponse = response
        return answer

    return with_hosts


def region_form(request: BusinessRequest, connection: Connection | None) -> RegionForm:
    """Where the person signed in last time, or where a business like this one would."""
    return RegionForm(
        request.POST or None,
        business=request.business,
        preferred=connection.region if connection else "",
    )
