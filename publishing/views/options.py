"""What a picker offers while a person types."""

from typing import Final

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from dext_sync.businesses.roles import Need
from publishing import suppliers
from publishing.picking import MOST_OPTIONS, options, plain_words
from publishing.views.fields import place_of
from publishing.views.visible import WorkspaceRequest, connection_of, workspace_view

MOST_LETTERS: Final = suppliers.LONGEST_NAME + 1
"""As many as it takes to see that a name is too long."""


@workspace_view(Need.MEMBER)
@require_safe
def search(request: WorkspaceRequest, *, field: str) -> HttpResponse:
    words = plain_words(request.GET.get("q", ""))[:MOST_LETTERS]
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
