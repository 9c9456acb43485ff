"""Times on pages: told in the business's zone, and never before they come."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.template import Context
from django.utils import timezone

from dext_sync.businesses.models import Business
from dext_sync.businesses.templatetags.moments import full_minute, moment, until

NOON = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "at", "told"),
    [
        ("Europe/London", datetime(2026, 11, 30, 12, 20, 23, tzinfo=UTC), ">12:21<"),
        ("Europe/London", datetime(2026, 11, 30, 12, 20, tzinfo=UTC), ">12:20<"),
        ("Asia/Kolkata", datetime(2026, 11, 30, 12, 20, 3, tzinfo=UTC), ">17:51<"),
        (
            "Asia/Kolkata",
            datetime(2026, 12, 1, 0, 0, 0, 30_605, tzinfo=UTC),
            ">1 Dec, 05:30<",
        ),
        (
            "Europe/London",
            datetime(2026, 11, 30, 23, 59, 59, 435, tzinfo=UTC),
            ">1 Dec, 00:00<",
        ),
    ],
)
@time_machine.travel(NOON, tick=False)
def test_what_goes_on_is_told_by_the_minute_in_which_it_has_begun(
    zone: str, at: datetime, told: str
) -> None:
    with timezone.override(ZoneInfo(zone)):
        assert told in until(Context(), at)


@pytest.mark.parametrize(
    ("country", "zone", "told"),
    [
        ("GB", "Europe/London", "30 Nov, 17:05"),
        ("US", "America/New_York", "Nov 30, 12:05\u202fPM"),
        ("IN", "Asia/Kolkata", "30 Nov, 10:35\u202fpm"),
        ("HR", "Europe/Zagreb", "30 Nov, 18:05"),
        ("BR", "America/Sao_Paulo", "30 Nov, 14:05"),
        ("AQ", "Antarctica/Troll", "30 Nov, 5:05\u202fpm"),
    ],
)
@time_machine.travel(NOON, tick=False)
def test_days_and_times_are_written_as_in_the_businesss_country(
    country: str, zone: str, told: str
) -> None:
    context = Context({"business": Business(country=country)})
    with timezone.override(ZoneInfo(zone)):
        shown = moment(context, datetime(2026, 11, 30, 17, 5, tzinfo=UTC))
    assert f">{told}<" in shown


def test_a_full_minute_stays() -> None:
    assert full_minute(NOON) == NOON
