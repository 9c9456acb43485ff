"""What a business sends by email, as each member wants it."""

import re

from django.core import mail as outgoing

from dext_sync.businesses import mail
from dext_sync.businesses.models import Business, Membership, User
from dext_sync.businesses.tenancy import acting_in
from dext_sync.local import bootstrap
from tests.conftest import Browse


def wants(business: Business, user: User) -> bool:
    with acting_in(business.pk):
        return Membership.unscoped.get(user=user).failure_mails


def test_a_member_switches_mails_about_failures_off_for_themselves(
    bakery: Business, bob: User, vera: User, browse: Browse
) -> None:
    page = browse(bob).post(f"/b/{bakery.slug}/emails/", {}, follow=True)

    assert "Your choice is saved." in page.content.decode()
    assert not wants(bakery, bob)
    assert wants(bakery, vera)


def test_and_on_again(bakery: Business, bob: User, browse: Browse) -> None:
    client = browse(bob)
    client.post(f"/b/{bakery.slug}/emails/", {})

    client.post(f"/b/{bakery.slug}/emails/", {"failure_mails": "on"})

    assert wants(bakery, bob)


def test_the_persons_own_page_leads_there(
    bakery: Business, bob: User, browse: Browse
) -> None:
    page = browse(bob).get("/you/").content.decode()

    assert f'href="/b/{bakery.slug}/emails/"' in page


def test_who_was_deactivated_is_written_to_no_more(
    bakery: Business, alice: User, anna: User
) -> None:
    User.objects.filter(pk=anna.pk).update(is_active=False)

    with acting_in(bakery.pk):
        mail.to_admins(bakery, "connection_disconnected", by=alice)

    assert [each.to for each in outgoing.outbox] == [["alice@example.com"]]


def test_after_the_greeting_a_sentence_begins() -> None:
    letters = (bootstrap.ROOT / "templates" / "emails").glob("*_body.txt")

    after = {each.name: each.read_text().split("Hello,", 1)[1] for each in letters}

    assert [name for name, words in after.items() if re.match(r"\s+[a-z]", words)] == []
