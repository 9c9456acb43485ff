"""What is over of people's sign-ins is forgotten by itself."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone

from dext_sync.businesses.models import User
from dext_sync.businesses.tasks import sweep_sessions
from dext_sync.celery import app
from tests.factories import make_session

pytestmark = pytest.mark.django_db


def test_a_sign_in_that_is_over_goes_and_the_others_stay(
    alice: User, bob: User
) -> None:
    over, still_on = make_session(alice), make_session(bob)
    ended = timezone.now() - timedelta(seconds=1)
    Session.objects.filter(session_key=over).update(expire_date=ended)

    sweep_sessions()

    assert list(Session.objects.values_list("session_key", flat=True)) == [still_on]


def test_every_task_of_the_timetable_is_known() -> None:
    app.loader.import_default_modules()

    named = {entry["task"] for entry in app.conf.beat_schedule.values()}
    assert named <= set(app.tasks)
    assert sweep_sessions.name in named
