"""What a picker offers while a person types."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from dext_sync.businesses.roles import Need
from publishing.picking import MOST_OPTIONS, options, plain_words
from publishing.views.fields import place_of
from publishing.views.visible import WorkspaceRequest, connection_of, workspace_view


@workspace_view(Need.MEMBER)
@require_safe
def search(request: WorkspaceRequest, *, field: str) -> HttpResponse:
    words = plain_words(request.GET.get("q", ""))[:100]
    connection = connection_of(request)
    found = options(field, words, place_of(request, connection))
    return render(
        request,
        "publishing/_options.html",
        {
            "options": found,
            "words": words,
            "more": len(found) >= MOST_OPTIONS,
            "connection": connection,
        },
    )
