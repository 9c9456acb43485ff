"""Clients: one row for each business of a person, outside of any of them.

One business after the other is asked, each inside its own unit of work.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.timezone import override
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from connections import standing, together
from connections.models import Connection
from connections.standing import Standing
from connections.together import Partner
from dext_sync.businesses.access import PersonRequest, let_in, memberships_of
from dext_sync.businesses.models import Membership
from dext_sync.businesses.roles import Role
from dext_sync.businesses.tenancy import acting_in
from publishing import counting
from publishing.counting import Count
from publishing.models import Item, items_seen_by
from publishing.picking import plain_words
from publishing.views.listing import INBOX_TABS

COLUMNS: Final[Mapping[str, str | Promise]] = {
    "failed": _("Failed"),
    "to_review": _("To review"),
    "ready": _("Ready"),
    "publishing": _("Being sent"),
}
"""Tabs of the Inbox, in the order in which they ask for somebody."""
CALM: Final = len(COLUMNS) + 1


@dataclass(frozen=True)
class Client:
    """A business as this member may see it; waiting: by tab, then by workspace. Of one
    that requires two-factor sign-in of them first, nothing but the name."""

    membership: Membership
    standing: Standing = field(default_factory=Standing)
    waiting: Mapping[str, Mapping[str, Count]] | None = None

    @property
    def name(self) -> str:
        return self.membership.business.name

    @property
    def needs_reconnecting(self) -> bool:
        connection = self.standing.connection
        return (
            connection is not None
            and connection.state == Connection.State.NEEDS_RECONNECTING
        )

    @property
    def urgency(self) -> int:
        """0 is a connection that this member can mend; then what waits, column by
        column."""
        if self.waiting is None:
            return CALM
        if self.needs_reconnecting and self.membership.manages:
            return 0
        asking = (
            place
            for place, tab in enumerate(COLUMNS, start=1)
            if any(self.waiting[tab].values())
        )
        return next(asking, CALM)


@dataclass(frozen=True)
class Cell:
    """How many wait in a column; links: the count in each workspace and its address."""

    label: str | Promise
    links: tuple[tuple[str, Count, str], ...]
    is_alarm: bool


@login_required
@never_cache
@require_safe
def clients(request: PersonRequest) -> HttpResponse:
    memberships = memberships_of(request.user)
    if not _has_clients(memberships):
        return redirect("home")
    search = plain_words(request.GET.get("q", ""))[:100]
    mine = let_in(memberships)
    found = [_client(each) if each in mine else Client(each) for each in memberships]
    shown = [each for each in found if search.casefold() in each.name.casefold()]
    shown.sort(key=lambda each: (each.urgency, each.name.casefold()))
    return render(
        request,
        "publishing/clients.html",
        {
            "search": search,
            "rows": [_row(request, each) for each in shown],
            "columns": COLUMNS.values(),
            "groups": together.groups(_partners(found)),
        },
    )


def _has_clients(memberships: list[Membership]) -> bool:
    return len(memberships) > 1 or any(
        each.role == Role.ACCOUNTANT for each in memberships
    )


def _client(membership: Membership) -> Client:
    with acting_in(membership.business_id):
        return Client(
            membership, standing.of(membership.business), _waiting(membership)
        )


def _partners(found: list[Client]) -> list[Partner]:
    """Those whose connection this person may mend."""
    return [
        Partner(each.membership.business, each.standing.connection)
        for each in found
        if each.membership.manages and each.standing.connection is not None
    ]


def _waiting(membership: Membership) -> Mapping[str, Mapping[str, Count]]:
    seen = items_seen_by(membership).filter(archived_at=None)
    found = counting.exactly(seen, "workspace", "status")
    if found is None:
        return {tab: _of_many(seen, tab) for tab in COLUMNS}
    return {
        tab: {
            workspace: Count(
                sum(found.get((workspace, status), 0) for status in INBOX_TABS[tab])
            )
            for workspace in Item.Workspace.values
        }
        for tab in COLUMNS
    }


def _of_many(seen: QuerySet[Item], tab: str) -> Mapping[str, Count]:
    those = seen.filter(status__in=INBOX_TABS[tab])
    return counting.per(those, "workspace", Item.Workspace.values)


def _row(request: HttpRequest, client: Client) -> str:
    """Its times are those of the business's zone."""
    business = client.membership.business
    with override(business.zone):
        return render_to_string(
            "publishing/_client.html",
            {
                "client": client,
                "business": business,
                "manages": client.membership.manages,
                "connection": client.standing.connection,
                "cells": _cells(client),
                "closed_columns": len(COLUMNS) + 3,
            },
            request,
        )


def _cells(client: Client) -> list[Cell]:
    waiting = client.waiting or {}
    return [_cell(client, tab, counted) for tab, counted in waiting.items()]


def _cell(client: Client, tab: str, counted: Mapping[str, Count]) -> Cell:
    links = tuple(
        (workspace, count, _inbox(client, workspace, tab))
        for workspace, count in counted.items()
        if count
    )
    return Cell(COLUMNS[tab], links, is_alarm=tab == "failed")


def _inbox(client: Client, workspace: str, tab: str) -> str:
    slug = client.membership.business.slug
    return f"{reverse(f'{workspace}_inbox', args=[slug])}?status={tab}"
