"""A refresh whose first question, what the organisation is called, Zoho does not answer."""

import pytest
from django.utils import timezone

from connections import lists
from connections.models import Connection, RefreshRun
from dext_sync.businesses.tenancy import acting_in
from tests.publishing.zoho import Zoho

pytestmark = pytest.mark.django_db

ORGANISATION = "/organizations/20081234501"


def refreshed(connection: Connection) -> RefreshRun:
    with acting_in(connection.business_id):
        run = lists.start(connection, None)
        lists.refresh(run.pk)
        run.refresh_from_db()
        return run


def state_of(run: RefreshRun, kind: str) -> str:
    with acting_in(run.business_id):
        return str(run.lists.get(kind=kind).state)


@pytest.mark.parametrize("fault", ["forbidden", "no_such_url"])
def test_a_refusal_of_the_organisation_keeps_no_list_from_being_read(
    connection: Connection, zoho: Zoho, fault: str
) -> None:
    zoho.fails(fault, path=ORGANISATION, times=9)

    run = refreshed(connection)

    assert (run.finished_at is not None, run.problem) == (True, "")
    assert state_of(run, "suppliers") == "done"
    with acting_in(connection.business_id):
        connection.refresh_from_db()
    assert connection.organisation_name == "Harbour Bakery Ltd"


def test_an_organisation_that_zoho_fails_at_is_given_up_after_some_tries(
    connection: Connection, zoho: Zoho
) -> None:
    zoho.fails("error_500", path=ORGANISATION, times=99)

    for _try in range(lists.MOST_TRIES - 1):
        waiting = refreshed(connection)
        assert waiting.finished_at is None
        with acting_in(connection.business_id):
            RefreshRun.unscoped.update(due_at=timezone.now())
    run = refreshed(connection)

    assert (run.finished_at is not None, run.problem) == (True, "")
    assert state_of(run, "suppliers") == "done"


def test_a_user_who_has_left_the_organisation_breaks_the_connection_as_before(
    connection: Connection, zoho: Zoho
) -> None:
    zoho.fails("organisation_off", path=ORGANISATION)

    refreshed(connection)

    with acting_in(connection.business_id):
        connection.refresh_from_db()
    assert connection.state == Connection.State.NEEDS_RECONNECTING
