"""The Business profile: its lock date, told in the trail, and its time zone."""

from datetime import date

import time_machine

from dext_sync.businesses import audit, places
from dext_sync.businesses.models import AuditEntry, Business, User
from dext_sync.businesses.tenancy import acting_in, rows_across
from tests.conftest import Browse

PROFILE = {
    "name": "Harbour Bakery",
    "country": "GB",
    "currency": "GBP",
    "time_zone": "Europe/London",
    "tax_registered": "on",
}


def stored(business: Business) -> Business:
    with acting_in(business.pk):
        return Business.objects.get(pk=business.pk)


def saves(browse: Browse, user: User, business: Business, lock_date: str) -> str:
    address = f"/b/{business.slug}/profile/"
    answer = browse(user).post(
        address, {**PROFILE, "lock_date": lock_date}, follow=True
    )
    page: str = answer.content.decode()
    return page


def test_an_admin_locks_a_period_and_the_trail_says_so(
    bakery: Business, alice: User, browse: Browse
) -> None:
    page = saves(browse, alice, bakery, "2026-03-31")

    assert 'value="2026-03-31"' in page
    assert stored(bakery).lock_date == date(2026, 3, 31)
    with acting_in(bakery.pk):
        last = AuditEntry.unscoped.filter(action="business.changed").get()
    assert audit.sentence(last) == (
        "changed the business profile: Lock date: — → 31 March 2026"
    )


def test_its_items_are_looked_at_again(
    bakery: Business, alice: User, browse: Browse
) -> None:
    saves(browse, alice, bakery, "2026-03-31")

    assert rows_across("businesses_to_review", 10) == [(bakery.pk, bakery.pk)]


def test_a_profile_saved_as_it_was_asks_nobody_to_look_again(
    bakery: Business, alice: User, browse: Browse
) -> None:
    saves(browse, alice, bakery, "")

    assert rows_across("businesses_to_review", 10) == []


@time_machine.travel("2026-11-22T12:00:00Z")
def test_a_day_to_come_is_no_lock_date(
    bakery: Business, alice: User, browse: Browse
) -> None:
    page = saves(browse, alice, bakery, "2026-11-23")

    assert "The lock date lies in the future." in page
    assert stored(bakery).lock_date is None


def test_whoever_only_keeps_the_books_sets_no_lock(
    bakery: Business, bob: User, browse: Browse
) -> None:
    answer = browse(bob).post(
        f"/b/{bakery.slug}/profile/", {**PROFILE, "lock_date": "2026-03-31"}
    )

    assert answer.status_code == 403
    assert stored(bakery).lock_date is None


CHOSEN = {
    "Asia/Calcutta": "Asia/Kolkata",
    "Atlantic/Jan_Mayen": "Atlantic/Jan_Mayen",
    "UTC": "UTC",
}
"""Businesses' zones, and what each is called today."""


def test_a_zone_is_offered_under_the_name_it_has_today() -> None:
    offered = {name for _place, zones in places.time_zones() for name, _words in zones}

    assert {"Asia/Kolkata", "Australia/Lord_Howe", "Europe/Kyiv"} <= offered
    assert not {"Asia/Calcutta", "Australia/LHI", "Australia/North"} & offered


def test_whoever_chose_a_zone_keeps_it(
    bakery: Business, alice: User, browse: Browse
) -> None:
    for chosen, today in CHOSEN.items():
        with acting_in(bakery.pk):
            Business.objects.filter(pk=bakery.pk).update(time_zone=chosen)

        page = browse(alice).get(f"/b/{bakery.slug}/profile/").text

        assert f'<option value="{today}" selected>' in page
