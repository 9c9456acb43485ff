"""Another organisation: agreed to, finished, and its lists put in the place of the
former ones."""

import re
from typing import Any

import pytest
from django.core.mail import EmailMessage
from django.http import HttpResponse
from django.utils import timezone

from connections import general
from connections import tasks as connection_tasks
from connections.models import (
    Account,
    Connection,
    Contact,
    ListEntry,
    Project,
    TaxRate,
)
from dext_sync.businesses.models import AuditEntry, Business, User
from dext_sync.businesses.tenancy import acting_in, rows_across
from publishing import merging, ruling, tasks, word_rules
from publishing.models import CategoryRule, Item, Supplier, SupplierRule
from tests.conftest import Browse
from tests.connections.trips import Trip, text
from tests.factories import PASSWORD
from tests.publishing.factories import make_entry, make_supplier, ready_item
from tests.publishing.pages.conftest import Visitor
from tests.publishing.steps import begun, item_now, now, publish, review, work
from tests.publishing.zoho import BAKERY, Zoho, mirror

ANNA = "anna@ledgerly.example"
PRACTICE = "Ledgerly Practice"


@pytest.fixture
def trip(browse: Browse, anna: User, bakery: Business, zoho: Zoho) -> Trip:
    """Anna's browser; the bakery is connected and its lists are here."""
    trip = Trip(browse(anna), anna, bakery, zoho)
    connection = trip.has_connected(BAKERY, ANNA)
    mirror(connection, zoho.organisation)
    with acting_in(bakery.pk):
        connection.refreshes.update(finished_at=timezone.now())
    return trip


def reads_lists(connection: Connection) -> None:
    connection_tasks.refresh_lists(connection.business_id, connection.pk)


def heeds_news(business: Business) -> None:
    for business_id, event_id in rows_across("connection_events_open", 50):
        tasks.heed_event(business_id, event_id)
    tasks.review_items(business.pk)


def connection_of(trip: Trip) -> Connection:
    found = trip.connection
    assert found is not None
    return found


def agrees(trip: Trip) -> None:
    """To Zoho and back, another organisation, Change organisation."""
    trip.client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    trip.gives_permission(email=ANNA)
    trip.chooses(PRACTICE)
    trip.posts("connection_change", trip.consent.pk)


def changes(trip: Trip) -> Connection:
    """The whole way, page by page, until the new lists are here."""
    agrees(trip)
    trip.finishes()
    return settled(trip)


def has_changed(trip: Trip) -> Connection:
    """As after `changes`, without its pages: for tests of what comes then."""
    trip.has_connected(PRACTICE, ANNA)
    return settled(trip)


def settled(trip: Trip) -> Connection:
    connection = connection_of(trip)
    assert connection.organisation_name == PRACTICE
    reads_lists(connection)
    heeds_news(trip.business)
    return connection


def of_now(trip: Trip, model: type[ListEntry], name: str) -> Any:
    """The entry of this name in the organisation that is connected now."""
    with acting_in(trip.business.pk):
        organisation = connection_of(trip).organisation_id
        return model.unscoped.get(name=name, organisation_id=organisation)


def mine(business: Business, model: Any, **which: Any) -> Any:
    with acting_in(business.pk):
        return model.unscoped.get(**which)


class TestChanging:
    def test_the_page_of_the_other_organisation_offers_it(self, trip: Trip) -> None:
        trip.gives_permission(email=ANNA)

        page = text(trip.chooses(PRACTICE))

        assert "Keep the old one" in page
        assert "Change organisation" in page

    def test_the_password_is_asked_again(self, trip: Trip) -> None:
        trip.gives_permission(email=ANNA)
        trip.chooses(PRACTICE)

        answer = trip.posts("connection_change", trip.consent.pk)

        assert answer["Location"].startswith("/accounts/reauthenticate/")
        assert trip.consent.changes_from == ""

    def test_10_4_without_agreeing_finish_changes_nothing(self, trip: Trip) -> None:
        trip.gives_permission(email=ANNA)
        trip.chooses(PRACTICE)

        trip.finishes()

        assert connection_of(trip).organisation_name == BAKERY

    def test_agreeing_alone_changes_nothing(self, trip: Trip) -> None:
        agrees(trip)

        assert connection_of(trip).organisation_name == BAKERY

    def test_choosing_again_takes_the_agreement_back(self, trip: Trip) -> None:
        agrees(trip)
        trip.chooses(PRACTICE)

        trip.finishes()

        assert connection_of(trip).organisation_name == BAKERY

    def test_finish_keeps_the_connection_its_settings_and_the_old_lists(
        self, trip: Trip
    ) -> None:
        before = connection_of(trip)
        with acting_in(trip.business.pk):
            general.change(
                before, "warns_of_new_suppliers", value=False, by=trip.person
            )
            old = Account.unscoped.filter(organisation_id=before.organisation_id)
            count = old.count()

        after = changes(trip)

        assert after.pk == before.pk
        assert not after.warns_of_new_suppliers
        with acting_in(trip.business.pk):
            assert old.count() == count > 0
            assert old.filter(removed_at=None).count() == count
            entry = AuditEntry.unscoped.get(action="connection.organisation_changed")
        assert entry.data == {"before": BAKERY}

    def test_its_admins_get_a_mail(
        self, committed_db: None, trip: Trip, mailoutbox: list[EmailMessage]
    ) -> None:
        mailoutbox.clear()

        changes(trip)

        assert sorted(letter.to[0] for letter in mailoutbox) == [
            "alice@example.com",
            "anna@example.com",
        ]
        assert "is connected to another organisation" in mailoutbox[0].subject

    def test_it_waits_while_something_that_was_sent_is_not_certain(
        self, trip: Trip, bob: User, zoho: Zoho
    ) -> None:
        item = ready_item(trip.business, bob)
        zoho.fails("answer_lost", method="POST", path="/bills")
        publish(item, bob)

        agrees(trip)
        answer = trip.follows(trip.finishes()["Location"])

        assert "still being checked" in text(answer)
        assert connection_of(trip).organisation_name == BAKERY

    def test_what_waited_to_be_sent_goes_to_neither(
        self, trip: Trip, bob: User, zoho: Zoho
    ) -> None:
        item = ready_item(trip.business, bob)
        publication = begun(item, bob)

        changes(trip)
        work(publication)

        assert now(publication).problem_code == "organisation_changed"
        assert zoho.bills == []
        practice = zoho.standin.organisation(PRACTICE)
        assert zoho.standin.state(practice.organisation_id)["bills"] == {}

    def test_the_menu_and_its_page_say_what_it_is(self, trip: Trip) -> None:
        page = text(trip.opens("connection", connection_of(trip).pk))
        steps = text(trip.opens("connection_steps", change=1))

        assert "Change organisation" in page
        assert f"takes the place of {BAKERY}" in steps


class TestMerging:
    @pytest.fixture
    def acme(self, trip: Trip) -> Supplier:
        """With a rule, a category rule beside it, and a default tax."""
        business = trip.business
        acme = make_supplier(business)
        postage = of_now(trip, Account, "Postage")
        with acting_in(business.pk):
            ruling.set_supplier_rule(acme, {"category": postage}, by=trip.person)
            word_rules.add(
                business, "costs", "stamps", postage, searched_in="both", by=trip.person
            )
            rate = TaxRate.unscoped.get(name="Standard Rate")
            general.change(connection_of(trip), "cost_tax", rate, by=trip.person)
        return acme

    def preview(self, trip: Trip) -> dict[str, str]:
        """What the page proposes, as the form would send it."""
        with acting_in(trip.business.pk):
            found = merging.in_use(connection_of(trip))
            proposals = {
                f"{each.kind.slug}-{use.entry.pk}": use.match
                for each in found
                for use in each.uses
            }
            labels = {
                entry.pk: f"{entry.name} · {entry.code}" if entry.code else entry.name
                for each in found
                for entry in each.offered
            }
        return {
            name: labels[match.id] if match else "" for name, match in proposals.items()
        }

    def merges(self, trip: Trip, **choices: str) -> HttpResponse:
        """Looks at what changes, and presses Merge lists."""
        shown = text(trip.posts("merge_lists", **choices))
        found = re.search(r'name="shown" value="(\w+)"', shown)
        assert found is not None
        return trip.posts("merge_lists", merge="1", shown=found[1], **choices)

    def test_open_items_are_to_review_until_then(
        self, trip: Trip, acme: Supplier, bob: User
    ) -> None:
        item = ready_item(trip.business, bob, supplier=acme)

        has_changed(trip)

        assert item_now(item).status == Item.Status.TO_REVIEW
        assert "category_gone" in item_now(item).reasons

    def test_whoever_presses_publish_before_they_are_reviewed_is_told_so(
        self, trip: Trip, acme: Supplier, bob: User
    ) -> None:
        item = ready_item(trip.business, bob, supplier=acme)
        trip.has_connected(PRACTICE, ANNA)
        reads_lists(connection_of(trip))

        visitor = Visitor(trip.client, trip.business)
        answer = text(visitor.posts("item_publish", item.pk, htmx=True))

        assert "Not published. The category is of the organisation before:" in answer
        assert "is no longer active in Zoho Books" not in answer

    def test_the_page_counts_what_each_choice_touches_and_changes_nothing(
        self, trip: Trip, acme: Supplier, bob: User
    ) -> None:
        item = ready_item(trip.business, bob, supplier=acme)
        has_changed(trip)
        banner = text(trip.opens("connections"))
        assert "still use entries of the organisation before" in banner

        page = text(trip.opens("merge_lists"))
        counted = text(trip.posts("merge_lists", **self.preview(trip)))

        assert "1 open item" in page
        assert "2 rules" in page
        assert "1 open item, 1 default" in page
        assert "found by its" in page
        told = (
            "Nothing is changed yet. “Merge lists” will change 1 open item, 2 rules, "
        )
        assert f"{told}1 default, 1 supplier or customer." in counted
        assert item_now(item).status == Item.Status.TO_REVIEW

    def test_merging_puts_the_new_entries_everywhere_at_once(
        self, trip: Trip, acme: Supplier, bob: User
    ) -> None:
        item = ready_item(trip.business, bob, supplier=acme)
        has_changed(trip)

        answer = self.merges(trip, **self.preview(trip))
        tasks.review_items(trip.business.pk)

        assert answer["Location"].endswith("/connections/")
        told = "Lists merged: 1 open item, 2 rules, 1 default, 1 supplier or customer."
        assert told in text(trip.opens("connections"))
        postage = of_now(trip, Account, "Postage")
        assert mine(trip.business, SupplierRule).category_id == postage.pk
        assert mine(trip.business, CategoryRule).category_id == postage.pk
        rate = of_now(trip, TaxRate, "Standard Rate")
        assert connection_of(trip).cost_tax_id == rate.pk
        contact = of_now(trip, Contact, "Acme Paper Ltd")
        assert mine(trip.business, Supplier, pk=acme.pk).contact_id == contact.pk
        fresh = item_now(item)
        assert fresh.category_id == of_now(trip, Account, "Office Supplies").pk
        assert fresh.tax_rate_id == rate.pk
        assert fresh.status == Item.Status.READY
        with acting_in(trip.business.pk):
            assert not merging.is_due(connection_of(trip))

    def test_published_and_archived_items_keep_what_they_were(
        self, trip: Trip, acme: Supplier, bob: User
    ) -> None:
        item = ready_item(trip.business, bob, supplier=acme)
        publish(item, bob)
        before = item_now(item).category_id
        has_changed(trip)

        self.merges(trip, **self.preview(trip))

        assert item_now(item).category_id == before
        assert item_now(item).status == Item.Status.PUBLISHED

    def test_what_has_no_match_is_left_until_a_person_chooses(
        self, trip: Trip, acme: Supplier, bob: User
    ) -> None:
        jubilee = make_entry(Project, connection_of(trip), "Jubilee")
        item = ready_item(trip.business, bob, supplier=acme, project=jubilee)
        has_changed(trip)

        answer = self.merges(trip, **self.preview(trip))
        review(trip.business)

        assert answer["Location"].endswith("/merge-lists/")
        assert item_now(item).project_id == jubilee.pk
        assert item_now(item).reasons == ["project_gone"]

        sent = {f"projects-{jubilee.pk}": "Website"}
        self.merges(trip, **sent)
        review(trip.business)
        assert item_now(item).project_id == of_now(trip, Project, "Website").pk
        assert item_now(item).status == Item.Status.READY

    def test_what_is_in_no_list_is_refused_whole(
        self, trip: Trip, acme: Supplier, bob: User
    ) -> None:
        item = ready_item(trip.business, bob, supplier=acme)
        before = item_now(item).category_id
        has_changed(trip)
        wrong = dict.fromkeys(list(self.preview(trip))[:1], "Nonsense")

        answer = self.merges(trip, **self.preview(trip) | wrong)

        assert answer.status_code == 422
        assert "Nothing was changed" in text(answer)
        assert item_now(item).category_id == before

    def test_an_entry_of_elsewhere_raises_and_changes_nothing(
        self, trip: Trip, acme: Supplier
    ) -> None:
        has_changed(trip)
        old = mine(trip.business, SupplierRule).category_id

        with acting_in(trip.business.pk), pytest.raises(merging.Changed):
            merging.merge(
                connection_of(trip), {("categories", old): old}, by=trip.person
            )

        assert mine(trip.business, SupplierRule).category_id == old

    def test_before_the_new_lists_are_here_it_waits(
        self, trip: Trip, acme: Supplier
    ) -> None:
        agrees(trip)
        trip.finishes()

        page = text(trip.opens("merge_lists"))

        assert f"The lists of {PRACTICE} are being read." in page

    def test_after_disconnecting_another_one_is_merged_as_well(
        self, trip: Trip, acme: Supplier, bob: User
    ) -> None:
        trip.client.post("/accounts/reauthenticate/", {"password": PASSWORD})
        trip.posts("connection_disconnect", connection_of(trip).pk)
        trip.connects(PRACTICE, ANNA)
        reads_lists(connection_of(trip))

        assert "Merge lists" in text(trip.opens("connections"))
        self.merges(trip, **self.preview(trip))

        postage = of_now(trip, Account, "Postage")
        assert mine(trip.business, SupplierRule).category_id == postage.pk
