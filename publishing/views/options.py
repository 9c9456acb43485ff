"""What a picker offers while a person types."""

from collections import Counter
from collections.abc import Iterable
from typing import Final

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from dext_sync.businesses.roles import Need
from publishing import suppliers
from publishing.picking import MOST_OPTIONS, Option, options, plain_words
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
            "more": _is_cut_off(found),
            "connection": connection,
        },
    )


def _is_cut_off(found: Iterable[Option]) -> bool:
    """Each group is of a list of its own."""
    counted = Counter(option.group for option in found)
    return any(count >= MOST_OPTIONS for count in counted.values())
