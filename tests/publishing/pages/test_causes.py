"""What failed, cause by cause, and publishing all of one cause again."""

import re
from datetime import timedelta
from decimal import Decimal
from html import unescape
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connection as database
from django.http import HttpResponse
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from connections.models import Account, Connection
from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in
from publishing.models import Item, Publication, PublishAttempt, Step
from tests.publishing.factories import entry, ready_item
from tests.publishing.pages.conftest import At, now, text
from tests.publishing.steps import begun


def failed_item(
    business: Business, by: User, problem: str, cause: str, **fields: Any
) -> Item:
    """Published by this person and refused by Zoho."""
    item = ready_item(business, by, **fields)
    publication = begun(item, by)
    with acting_in(business.pk):
        Publication.unscoped.filter(pk=publication.pk).update(
            state="failed",
            finished_at=timezone.now(),
            problem_code=problem,
            problem="Zoho Books did not accept what was sent.",
            cause=cause,
        )
        PublishAttempt.unscoped.create(
            business=business,
            publication=publication,
            step=publication.steps.get(kind=Step.Kind.RECORD),
            outcome="refused",
            message="The account is locked.",
        )
        Item.unscoped.filter(pk=item.pk).update(status="failed")
    return item


def refused_category(business: Business, by: User, **fields: Any) -> Item:
    category = entry(Account, business, "Office Supplies")
    cause = f"rejected.category.{category.pk}"
    return failed_item(business, by, "rejected:category", cause, **fields)


def statuses(*items: Item) -> list[str]:
    return [now(item).status for item in items]


class TestPanel:
    def test_what_the_list_says_above_goes_down_with_each_that_is_published_again(
        self, at: At, connected_bakery: Business, alice: User
    ) -> None:
        items = [
            refused_category(connected_bakery, alice, reference=each) for each in "12"
        ]
        visitor = at(alice, connected_bakery)
        assert "2 items could not be" in text(visitor.opens("costs_inbox"))

        said = [
            text(visitor.posts("item_publish", each.pk, data={"in": "row"}, htmx=True))
            for each in items
        ]

        assert 'id="failed" hx-swap-oob="true"><strong>1 item could not be' in said[0]
        assert 'id="failed" hx-swap-oob="true"></p>' in said[1]

    def test_causes_that_stand_open_go_down_as_well(
        self, at: At, connected_bakery: Business, alice: User
    ) -> None:
        items = [
            refused_category(connected_bakery, alice, reference=each) for each in "12"
        ]
        visitor = at(alice, connected_bakery)
        row = {"in": "row", "view": "status=failed"}

        said = [
            text(visitor.posts("item_publish", each.pk, data=row, htmx=True))
            for each in items
        ]

        assert '<section class="card causes" id="failed" hx-swap-oob="true"' in said[0]
        assert "1 item could not be published." in said[0]
        assert 'id="failed" hx-swap-oob="true"></p>' in said[1]

    @pytest.mark.parametrize("view", ["q=office", "kind=invoice"])
    def test_what_a_narrowed_list_says_above_goes_down_with_a_saved_row(
        self, at: At, connected_bakery: Business, alice: User, view: str
    ) -> None:
        items = [
            refused_category(connected_bakery, alice, reference=each) for each in "12"
        ]
        postage = entry(Account, connected_bakery, "Postage")

        said = at(alice, connected_bakery).posts(
            "item_field",
            items[0].pk,
            "category",
            data={"value": postage.pk, "in": "row", "view": view},
            htmx=True,
        )

        assert 'id="failed" hx-swap-oob="true"><strong>1 item could not be' in text(
            said
        )

    def test_each_cause_stands_there_once_with_its_count_and_words(
        self, at: At, connected_bakery: Business, alice: User
    ) -> None:
        refused_category(connected_bakery, alice, reference="1")
        refused_category(connected_bakery, alice, reference="2")
        failed_item(
            connected_bakery, alice, "forbidden", "forbidden.connection", reference="3"
        )

        page = text(at(alice, connected_bakery).opens("costs_inbox", status="failed"))

        assert "3 items could not be published." in page
        assert "2 items</a> Zoho Books did not accept what was sent." in page
        assert "<b>Office Supplies</b>" in page
        assert page.count("<q>The account is locked.</q>") >= 2
        assert "/lists/categories/" in page
        assert "Open Connections" in page
        assert page.count("Publish again<span") == 2

    def test_for_all_that_a_page_tells_of_causes_they_are_asked_once(
        self, at: At, connected_bakery: Business, alice: User
    ) -> None:
        refused_category(connected_bakery, alice)
        with CaptureQueriesContext(database) as asked:
            page = text(at(alice, connected_bakery).opens("costs_inbox"))
        assert "1 item could not be published." in page
        assert (
            sum(
                '"last_id"' in query["sql"] or "GROUP BY 1" in query["sql"]
                for query in asked
            )
            == 1
        )

    def test_other_tabs_say_it_in_one_line(
        self, at: At, connected_bakery: Business, alice: User
    ) -> None:
        refused_category(connected_bakery, alice)

        page = text(at(alice, connected_bakery).opens("costs_inbox"))

        assert "1 item could not be published." in page
        assert 'href="/b/harbour-bakery/costs/?status=failed"' in page
        assert "Publish again<span" not in page

    def test_where_nothing_failed_nothing_is_said(
        self, at: At, connected_bakery: Business, alice: User
    ) -> None:
        ready_item(connected_bakery, alice)

        page = text(at(alice, connected_bakery).opens("costs_inbox"))

        assert "could not be published" not in page

    def test_a_member_sees_the_failures_of_their_own_items_and_cannot_publish(
        self, at: At, connected_bakery: Business, alice: User, vera: User
    ) -> None:
        refused_category(connected_bakery, alice, reference="1")
        mine = refused_category(connected_bakery, alice, reference="2")
        with acting_in(connected_bakery.pk):
            Item.unscoped.filter(pk=mine.pk).update(owner=vera)

        page = text(at(vera, connected_bakery).opens("costs_inbox", status="failed"))

        assert "1 item could not be published." in page
        assert "Publish again<span" not in page
        assert "/lists/categories/" not in page

    def test_it_costs_no_query_more_for_more_items(
        self, at: At, connected_bakery: Business, alice: User
    ) -> None:
        visitor = at(alice, connected_bakery)
        refused_category(connected_bakery, alice)
        visitor.opens("costs_inbox", status="failed")
        with CaptureQueriesContext(database) as few:
            visitor.opens("costs_inbox", status="failed")
        for number in range(3):
            refused_category(connected_bakery, alice, reference=str(number))

        with CaptureQueriesContext(database) as many:
            visitor.opens("costs_inbox", status="failed")

        assert len(many) == len(few)


class TestPublishAgain:
    def test_it_asks_first_with_the_sum_of_that_cause(
        self, at: At, connected_bakery: Business, alice: User
    ) -> None:
        first = refused_category(connected_bakery, alice, reference="1")
        refused_category(connected_bakery, alice, reference="2")
        failed_item(
            connected_bakery,
            alice,
            "rejected",
            "rejected..90002",
            reference="3",
            total=Decimal("999.00"),
            tax_amount=None,
        )
        cause = f"rejected.category.{first.category_id}"

        page = text(
            at(alice, connected_bakery).posts(
                "items_publish",
                data={"view": f"status=failed&cause={cause}", "matching": "1"},
            )
        )

        assert "Publish 2 items, £240, to the books of Harbour Bakery" in page
        assert statuses(first) == ["failed"]

    def test_confirmed_it_sends_all_of_that_cause_and_no_other(
        self, at: At, connected_bakery: Business, bob: User
    ) -> None:
        first = refused_category(connected_bakery, bob, reference="1")
        second = refused_category(connected_bakery, bob, reference="2")
        other = failed_item(
            connected_bakery, bob, "rejected", "rejected..90002", reference="3"
        )

        answer = at(bob, connected_bakery).posts(
            "items_publish",
            data={
                "view": f"status=failed&cause=rejected.category.{first.category_id}",
                "matching": "1",
                "confirmed": "1",
            },
        )

        assert statuses(first, second, other) == ["publishing", "publishing", "failed"]
        assert answer["Location"] == "/b/harbour-bakery/costs/"

    def test_a_cause_means_itself_and_none_that_begins_like_it(
        self, at: At, connected_bakery: Business, alice: User
    ) -> None:
        refused_category(connected_bakery, alice, reference="SMALL-1")
        failed_item(
            connected_bakery, alice, "rejected", "rejected..90002", reference="SMALL-2"
        )
        failed_item(
            connected_bakery, alice, "rejected", "rejected..900021", reference="SMALL-3"
        )

        page = text(
            at(alice, connected_bakery).opens(
                "costs_inbox", status="failed", cause="rejected..90002"
            )
        )

        assert "SMALL-1" not in page
        assert "SMALL-2" in page
        assert "SMALL-3" not in page

    def test_whoever_may_not_publish_may_not_publish_again(
        self, at: At, connected_bakery: Business, alice: User, vera: User
    ) -> None:
        item = refused_category(connected_bakery, alice)

        answer = at(vera, connected_bakery).posts(
            "items_publish", data={"view": "status=failed", "matching": "1"}
        )

        assert answer.status_code == 403
        assert statuses(item) == ["failed"]

    @pytest.mark.parametrize("cause", ["rejected..-1", "", "gone_word.category"])
    def test_the_button_of_any_cause_means_its_own_items_alone(
        self, at: At, connected_bakery: Business, alice: User, cause: str
    ) -> None:
        refused_category(connected_bakery, alice, reference="1")
        failed_item(connected_bakery, alice, "rejected", cause, reference="2")
        visitor = at(alice, connected_bakery)
        views = views_in(visitor.opens("costs_inbox", status="failed"))

        asked = [
            text(visitor.posts("items_publish", data={"matching": "1", "view": view}))
            for view in views
        ]

        assert len(set(views)) == 2
        assert ["Publish 1 item, £120" in page for page in asked] == [True, True]

    @pytest.mark.parametrize("cause", ["password", "rejected..-2", "%", "_"])
    def test_of_a_cause_that_nothing_has_nothing_is_published(
        self, at: At, connected_bakery: Business, alice: User, cause: str
    ) -> None:
        item = refused_category(connected_bakery, alice)
        view = urlencode({"status": "failed", "cause": cause})

        at(alice, connected_bakery).posts(
            "items_publish", data={"matching": "1", "view": view, "confirmed": "1"}
        )

        assert statuses(item) == ["failed"]

    def test_its_list_is_empty_and_says_what_it_is_narrowed_to(
        self, at: At, connected_bakery: Business, alice: User
    ) -> None:
        refused_category(connected_bakery, alice, reference="SMALL-1")

        page = text(
            at(alice, connected_bakery).opens(
                "costs_inbox", status="failed", cause="password"
            )
        )

        assert "Failed: unknown" in page
        assert "SMALL-1" not in page
        assert "could not be published" not in page


def views_in(page: HttpResponse) -> list[str]:
    """What each button of the causes would publish again."""
    causes = page.content.decode().partition('class="causes__list"')[2]
    found = re.findall(r'name="view" value="([^"]*)"', causes.partition("</ul>")[0])
    return [unescape(view) for view in found]


class TestAfterReconnect:
    def test_what_failed_for_the_connections_sake_is_offered_in_one_go(
        self, at: At, connected_bakery: Business, alice: User
    ) -> None:
        items = [
            failed_item(
                connected_bakery, alice, code, f"{code}.connection", reference=n
            )
            for code, n in (("forbidden", "1"), ("disconnected", "2"))
        ]
        refused_category(connected_bakery, alice, reference="3")
        visitor = at(alice, connected_bakery)
        with acting_in(connected_bakery.pk):
            connection = Connection.unscoped.get()

        page = text(visitor.opens("connection", connection.pk))
        visitor.posts(
            "items_publish",
            data={"view": "cause=connection", "matching": "1", "confirmed": "1"},
        )

        assert "2 cost items were not published because of the connection" in page
        assert statuses(*items) == ["publishing", "publishing"]

    def test_it_is_offered_also_where_reconnecting_has_made_them_ready(
        self, at: At, connected_bakery: Business, alice: User
    ) -> None:
        item = failed_item(connected_bakery, alice, "forbidden", "forbidden.connection")
        with acting_in(connected_bakery.pk):
            Item.unscoped.filter(pk=item.pk).update(status="ready")
            connection = Connection.unscoped.get()

        page = text(at(alice, connected_bakery).opens("connection", connection.pk))

        assert "1 cost item was not published because of the connection" in page

    def test_a_broken_connection_offers_nothing(
        self, at: At, connected_bakery: Business, alice: User
    ) -> None:
        failed_item(connected_bakery, alice, "forbidden", "forbidden.connection")
        with acting_in(connected_bakery.pk):
            Connection.unscoped.update(
                state="needs_reconnecting", needs_since=timezone.now() - timedelta(1)
            )
            connection = Connection.unscoped.get()

        page = text(at(alice, connected_bakery).opens("connection", connection.pk))

        assert "because of the connection" not in page
