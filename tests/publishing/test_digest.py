"""One mail about what failed: to whom, how often, and never twice."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from smtplib import SMTPServerDisconnected

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core import mail
from django.core.mail import EmailMessage
from django.core.mail.backends.locmem import EmailBackend
from django.utils import timezone
from pytest_django.fixtures import Settings

from dext_sync.businesses import members
from dext_sync.businesses.models import Business, Membership, User
from dext_sync.businesses.tenancy import acting_in, rows_across
from publishing import digest, tasks
from publishing.models import FailureMail, Item, Publication, PublishAttempt, Step
from tests.publishing.factories import make_supplier, ready_item
from tests.publishing.steps import begun

LONG_AGO = timedelta(hours=1)


def failed_item(
    business: Business,
    by: User,
    *,
    owner: User | None = None,
    cause: str = "rejected..90002",
    ago: timedelta = LONG_AGO,
    reference: str = "INV-104",
) -> Item:
    item = ready_item(business, owner or by, reference=reference)
    publication = begun(item, by)
    with acting_in(business.pk):
        Publication.unscoped.filter(pk=publication.pk).update(
            state="failed",
            finished_at=timezone.now() - ago,
            problem_code=cause.partition(".")[0],
            problem="Zoho Books did not accept what was sent.",
            cause=cause,
        )
        Item.unscoped.filter(pk=item.pk).update(status="failed")
    return item


def told(business: Business) -> dict[str, str]:
    """Per address the text that was sent just now."""
    mail.outbox.clear()
    tasks.sweep_failures()
    tasks.tell_failures(business.pk)
    texts: dict[str, str] = {}
    for each in mail.outbox:
        assert each.to[0] not in texts
        texts[each.to[0]] = f"{each.subject}\n{each.body}"
    return texts


def sent_before(business: Business, at: datetime) -> None:
    with acting_in(business.pk):
        FailureMail.unscoped.update_or_create(
            business=business, defaults={"sent_at": at}
        )


def tries_again(business: Business) -> None:
    """A quarter of an hour has passed."""
    with acting_in(business.pk):
        FailureMail.unscoped.filter(tried_again_at__isnull=False).update(
            tried_again_at=timezone.now() - LONG_AGO
        )


def switch_off(business: Business, *users: User) -> None:
    with acting_in(business.pk):
        Membership.unscoped.filter(user__in=users).update(failure_mails=False)


ALICE, BOB = "alice@example.com", "bob@example.com"
VERA, ANNA = "vera@example.com", "anna@example.com"


def test_admins_and_whoever_pressed_are_told_once_for_all(
    connected_bakery: Business, bob: User
) -> None:
    for number in range(3):
        failed_item(connected_bakery, bob, reference=f"INV-{number}")

    texts = told(connected_bakery)

    assert set(texts) == {ALICE, ANNA, BOB}
    assert texts[ALICE].startswith("3 items of Harbour Bakery could not be published\n")
    assert (
        "- 3 items: Zoho Books did not accept what was sent.\n"
        "  http://localhost:8000/b/harbour-bakery/costs/"
        "?status=failed&cause=rejected..90002\n"
    ) in texts[ALICE]
    assert "/b/harbour-bakery/emails/" in texts[BOB]


def test_whoever_brought_it_is_told_of_their_own_alone(
    connected_bakery: Business, bob: User, vera: User
) -> None:
    failed_item(connected_bakery, bob, owner=vera, reference="HERS")
    failed_item(connected_bakery, bob, reference="HIS")

    texts = told(connected_bakery)

    assert texts[VERA].startswith("1 item of Harbour Bakery could not be published\n")
    assert "that you published or uploaded" in texts[VERA]


def test_each_cause_stands_there_once(connected_bakery: Business, bob: User) -> None:
    failed_item(connected_bakery, bob, cause="forbidden.connection", reference="1")
    failed_item(connected_bakery, bob, reference="2")
    failed_item(connected_bakery, bob, reference="3")

    text = told(connected_bakery)[ALICE]

    assert text.index("- 2 items: ") < text.index("- 1 item: ")
    assert text.count("\n- ") == 2


def test_nothing_is_told_twice(connected_bakery: Business, bob: User) -> None:
    failed_item(connected_bakery, bob)
    told(connected_bakery)
    sent_before(connected_bakery, timezone.now() - timedelta(days=1))

    assert told(connected_bakery) == {}


def test_more_failures_wait_for_the_next_mail(
    connected_bakery: Business, bob: User
) -> None:
    failed_item(connected_bakery, bob, reference="1")
    told(connected_bakery)
    failed_item(connected_bakery, bob, reference="2")
    assert told(connected_bakery) == {}

    sent_before(connected_bakery, timezone.now() - digest.GAP)

    assert "1 item of Harbour Bakery" in told(connected_bakery)[ALICE]


def test_what_has_just_failed_may_still_be_mended_in_peace(
    connected_bakery: Business, bob: User
) -> None:
    failed_item(connected_bakery, bob, ago=timedelta(minutes=19))

    assert told(connected_bakery) == {}


@pytest.mark.parametrize("status", ["ready", "publishing", "published", "archived"])
def test_what_no_longer_fails_is_not_told(
    connected_bakery: Business, bob: User, status: str
) -> None:
    item = failed_item(connected_bakery, bob)
    with acting_in(connected_bakery.pk):
        Item.unscoped.filter(pk=item.pk).update(status=status)

    assert told(connected_bakery) == {}


def test_where_nothing_failed_there_is_no_mail(
    connected_bakery: Business, bob: User
) -> None:
    ready_item(connected_bakery, bob)

    assert told(connected_bakery) == {}
    with acting_in(connected_bakery.pk):
        assert not FailureMail.unscoped.filter(sent_at__gt=timezone.now() - LONG_AGO)


def test_whoever_has_switched_it_off_is_left_alone(
    connected_bakery: Business, bob: User, alice: User
) -> None:
    failed_item(connected_bakery, bob)
    switch_off(connected_bakery, bob)

    assert set(told(connected_bakery)) == {ALICE, ANNA}


def test_whoever_is_stopped_for_want_of_two_factor_is_told_nothing(
    connected_bakery: Business, bob: User, alice: User
) -> None:
    TOTP.activate(alice, generate_totp_secret())
    with acting_in(connected_bakery.pk):
        members.require_two_factor(connected_bakery, required=True, by=alice)
    failed_item(connected_bakery, bob)

    assert set(told(connected_bakery)) == {ALICE}


def test_another_worker_that_comes_late_sends_nothing(
    connected_bakery: Business, bob: User
) -> None:
    failed_item(connected_bakery, bob)
    told(connected_bakery)

    tasks.tell_failures(connected_bakery.pk)

    assert len(mail.outbox) == 3


class NoMail(EmailBackend):
    """A mail server that is away."""

    def send_messages(self, messages: object) -> int:
        raise ConnectionRefusedError


def test_where_no_mail_could_leave_it_is_tried_again(
    connected_bakery: Business, bob: User, settings: Settings
) -> None:
    failed_item(connected_bakery, bob)
    usual = settings.EMAIL_BACKEND
    settings.EMAIL_BACKEND = f"{__name__}.NoMail"
    assert told(connected_bakery) == {}
    settings.EMAIL_BACKEND = usual

    tries_again(connected_bakery)

    assert set(told(connected_bakery)) == {ALICE, ANNA, BOB}
    assert told(connected_bakery) == {}


class NoMailToBob(EmailBackend):
    """His address makes trouble."""

    trouble: Exception = SMTPServerDisconnected("for a moment")

    def send_messages(self, messages: Sequence[EmailMessage]) -> int:
        if any(BOB in each.to for each in messages):
            raise self.trouble
        return super().send_messages(messages)


class NoLetterToBob(NoMailToBob):
    trouble = ValueError("not an address")


@pytest.mark.parametrize("backend", ["NoMailToBob", "NoLetterToBob"])
def test_whose_letter_could_not_leave_is_told_later_and_nobody_else_again(
    connected_bakery: Business, bob: User, settings: Settings, backend: str
) -> None:
    failed_item(connected_bakery, bob)
    usual = settings.EMAIL_BACKEND
    settings.EMAIL_BACKEND = f"{__name__}.{backend}"
    assert set(told(connected_bakery)) == {ALICE, ANNA}
    settings.EMAIL_BACKEND = usual
    assert told(connected_bakery) == {}

    tries_again(connected_bakery)

    assert rows_across("failures_to_tell", timezone.now()) == [
        (connected_bakery.pk, connected_bakery.pk)
    ]
    assert set(told(connected_bakery)) == {BOB}
    assert rows_across("failures_to_tell", timezone.now()) == []


def test_what_was_mended_before_a_letter_could_leave_is_not_told(
    connected_bakery: Business, bob: User, settings: Settings
) -> None:
    item = failed_item(connected_bakery, bob)
    usual = settings.EMAIL_BACKEND
    settings.EMAIL_BACKEND = f"{__name__}.NoMail"
    told(connected_bakery)
    settings.EMAIL_BACKEND = usual
    with acting_in(connected_bakery.pk):
        Item.unscoped.filter(pk=item.pk).update(status="ready")
    tries_again(connected_bakery)

    assert told(connected_bakery) == {}


def test_what_concerns_nobody_who_reads_mails_is_not_tried_again(
    connected_bakery: Business, bob: User, alice: User, anna: User, vera: User
) -> None:
    failed_item(connected_bakery, bob)
    switch_off(connected_bakery, alice, anna, bob)
    assert told(connected_bakery) == {}

    assert rows_across("failures_to_tell", timezone.now()) == []


def test_a_business_hears_of_its_own_failures_alone(
    connected_bakery: Business, garage: Business, bob: User, charlie: User
) -> None:
    failed_item(connected_bakery, bob)

    assert told(garage) == {}


def test_zohos_words_are_one_short_line(connected_bakery: Business, bob: User) -> None:
    """Lines of theirs would look like lines of ours."""
    item = failed_item(connected_bakery, bob)
    forged = "No.\n\nSwitch them off here:\r\nhttps://evil.example/login\n"
    with acting_in(connected_bakery.pk):
        publication = Publication.unscoped.get(item=item)
        PublishAttempt.unscoped.create(
            business=connected_bakery,
            publication=publication,
            step=publication.steps.get(kind=Step.Kind.RECORD),
            outcome="refused",
            message=forged + "x" * 1000,
        )
        publication.problem = f"Not accepted.\n\n{forged}"
        publication.save()

    text = told(connected_bakery)[ALICE]

    assert "\nhttps://evil.example" not in text
    assert "No. Switch them off here: https://evil.example/login xxx" in text
    assert max(len(line) for line in text.splitlines()) < 350


def test_the_supplier_that_is_meant_is_named(
    connected_bakery: Business, bob: User
) -> None:
    supplier = make_supplier(connected_bakery)
    item = failed_item(
        connected_bakery, bob, cause=f"rejected.supplier.{supplier.contact_id}"
    )
    with acting_in(connected_bakery.pk):
        Publication.unscoped.filter(item=item).update(problem_code="rejected:supplier")

    assert "(Acme Paper Ltd)" in told(connected_bakery)[ALICE]
