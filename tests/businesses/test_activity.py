"""Activity: what it shows, in which order, at which time of day."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from dext_sync.businesses import audit
from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in
from dext_sync.businesses.views.activity import KINDS, PAGE
from tests.conftest import Browse
from tests.publishing.factories import make_item

NOON = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)


def happen(business: Business, times: int) -> None:
    with acting_in(business.pk):
        for number in range(times):
            with time_machine.travel(NOON + timedelta(minutes=number), tick=False):
                audit.record(business, "item.uploaded", subject_name=f"paper-{number}")


def papers(page: str) -> list[int]:
    return [int(number) for number in re.findall(r"uploaded paper-(\d+)", page)]


def test_times_are_those_of_the_business_and_say_their_zone(
    bakery: Business, alice: User, browse: Browse
) -> None:
    happen(bakery, 1)
    page = browse(alice).get(f"/b/{bakery.slug}/activity/").content.decode()
    assert 'datetime="2026-07-01T13:00:00+01:00"' in page
    assert 'title="1 July 2026, 13:00:00 BST (Europe/London)"' in page


def test_pages_follow_each_other_although_more_happens_meanwhile(
    bakery: Business, alice: User, browse: Browse
) -> None:
    happen(bakery, 120)
    client = browse(alice)
    address = f"/b/{bakery.slug}/activity/"
    seen: list[int] = []
    query = "?kind=items"
    while query:
        page = client.get(address + query).content.decode()
        seen += papers(page)
        with acting_in(bakery.pk):
            audit.record(bakery, "item.uploaded", subject_name="paper-999")
        found = re.search(r'rel="next" href="([^"]+)"', page)
        query = found.group(1).replace("&amp;", "&") if found else ""
    assert seen == list(range(119, -1, -1))


def test_a_kind_shows_alone(bakery: Business, alice: User, browse: Browse) -> None:
    happen(bakery, 1)
    client = browse(alice)
    address = f"/b/{bakery.slug}/activity/"
    assert papers(client.get(f"{address}?kind=items").content.decode()) == [0]
    assert papers(client.get(f"{address}?kind=people").content.decode()) == []


@pytest.mark.parametrize("action", audit.SENTENCES)
def test_whatever_happens_is_of_one_kind(action: str) -> None:
    of_kinds = [
        kind for kind, (_words, those) in KINDS.items() if action.startswith(those)
    ]
    assert len(of_kinds) == 1


def test_of_one_moment_each_line_is_on_one_page(
    bakery: Business, alice: User, browse: Browse
) -> None:
    with acting_in(bakery.pk), time_machine.travel(NOON, tick=False):
        for number in range(PAGE + 10):
            audit.record(bakery, "item.uploaded", subject_name=f"paper-{number}")
    client = browse(alice)
    first = client.get(f"/b/{bakery.slug}/activity/?kind=items").content.decode()
    found = re.search(r'rel="next" href="([^"]+)"', first)
    assert found is not None
    older = found.group(1).replace("&amp;", "&")
    second = client.get(f"/b/{bakery.slug}/activity/{older}").content.decode()

    assert len(papers(first)) == PAGE
    assert sorted(papers(first) + papers(second)) == list(range(PAGE + 10))


NUMBER = "00000000-0000-4000-8000-000000000000"


@pytest.mark.parametrize(
    "key",
    [
        "yesterday_x",
        f"2026-07-01T12:00:00_{NUMBER}",
        f"2026-07-01_{NUMBER}",
        f"0001-01-01T00:00:00+23:59_{NUMBER}",
        f"9999-12-31T23:59:59-23:59_{NUMBER}",
        "2026-07-01T12:00:00+00:00_\0",
    ],
)
def test_a_made_up_page_key_shows_the_newest(
    key: str, bakery: Business, alice: User, browse: Browse
) -> None:
    happen(bakery, 1)
    page = browse(alice).get(f"/b/{bakery.slug}/activity/", {"before": key})
    assert papers(page.content.decode()) == [0]


def test_a_line_leads_to_the_item_it_is_about(
    bakery: Business, alice: User, browse: Browse
) -> None:
    item = make_item(bakery, alice, reference="INV-<104>")
    with acting_in(bakery.pk):
        audit.record(
            bakery,
            "item.changed",
            actor=alice,
            subject=item,
            field="tax rate",
            before="—",
            after="Zero <Rate>",
        )
    page = browse(alice).get(f"/b/{bakery.slug}/activity/?kind=items").text
    assert (
        f'changed tax rate of <a href="/b/harbour-bakery/costs/{item.pk}/">'
        "Invoice INV-&lt;104&gt;</a> from — to Zero &lt;Rate&gt;"
    ) in page


def test_what_no_page_shows_any_more_is_no_link(
    bakery: Business, alice: User, browse: Browse
) -> None:
    item = make_item(bakery, alice)
    with acting_in(bakery.pk):
        audit.record(bakery, "item.deleted", actor=alice, subject=item)
    page = browse(alice).get(f"/b/{bakery.slug}/activity/?kind=items").text
    assert f"deleted {item}" in page
    assert f"/costs/{item.pk}/" not in page
