"""A person's trip to Zoho and back, in a browser without JavaScript."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from connections import consents, lists, wizard
from connections.models import Connection, Consent
from connections.zoho.oauth import SCOPES
from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in
from tests.publishing.zoho import ALICE, Zoho
from tests.zoho_standin.remote import Remote


@dataclass(frozen=True)
class Trip:
    """One person's browser on the pages of one business."""

    client: Client
    person: User
    business: Business
    zoho: Zoho

    def opens(self, name: str, /, *ids: object, **query: Any) -> HttpResponse:
        answer: Any = self.client.get(self.address(name, *ids), query)
        return _whole(answer)

    def posts(self, name: str, /, *ids: object, **data: Any) -> HttpResponse:
        answer: Any = self.client.post(self.address(name, *ids), data)
        return _whole(answer)

    def address(self, page: str, *ids: object) -> str:
        return reverse(page, args=[self.business.slug, *ids])

    def sets_out(self, region: str = "eu") -> str:
        """Presses Connect software; the address at Zoho."""
        return self.posts("connection_start", region=region)["Location"]

    def answers(self, url: str, email: str = ALICE, *, accept: bool = True) -> str:
        """Signs in at Zoho and decides; the callback's address with its answer."""
        origin = f"{urlsplit(url).scheme}://{urlsplit(url).netloc}"
        back = urlsplit(Remote(origin).authorise(url, email, accept=accept))
        return f"{back.path}?{back.query}"

    def follows(self, address: str) -> HttpResponse:
        answer: Any = self.client.get(address, follow=True)
        return _whole(answer)

    def gives_permission(self, region: str = "eu", email: str = ALICE) -> Consent:
        """Out, Accept, and back to the organisations."""
        self.follows(self.answers(self.sets_out(region), email))
        return self.consent

    def chooses(self, name: str) -> HttpResponse:
        """Presses Next with this organisation; the page that comes."""
        organisation = self.zoho.standin.organisation(name).organisation_id
        answer = self.posts(
            "connection_organisation", self.consent.pk, organisation=organisation
        )
        return self.follows(answer["Location"]) if answer.status_code == 302 else answer

    def takes_over(self, name: str) -> HttpResponse:
        """Asks for an organisation that is taken, and says yes; the page that comes."""
        organisation = self.zoho.standin.organisation(name).organisation_id
        answer = self.posts("connection_take_over", self.consent.pk, organisation)
        return self.follows(answer["Location"]) if answer.status_code == 302 else answer

    def finishes(self) -> HttpResponse:
        return self.posts("connection_finish", self.consent.pk)

    def connects(self, name: str, email: str = ALICE) -> Connection:
        """The whole way, page by page."""
        self.gives_permission(email=email)
        self.chooses(name)
        self.finishes()
        return self._connected()

    def has_connected(self, name: str, email: str = ALICE) -> Connection:
        """As after `connects`, without its pages: for tests of what comes then. In the
        place of another organisation, this person has agreed to the change."""
        organisation = self.zoho.standin.organisation(name).organisation_id
        with acting_in(self.business.pk, self.person.pk):
            consent = self._consented(email)
            wizard.choose(consent, organisation)
            if wizard.stays(consent):
                wizard.agree_to_change(consent)
            finished = wizard.finish(consent, self.person)
            assert isinstance(finished, wizard.Finished)
            lists.start(finished.connection, by=self.person)
        return self._connected()

    def _consented(self, email: str) -> Consent:
        session_key = self.client.session.session_key
        assert session_key is not None
        mine = (self.business, self.person, session_key)
        purpose = Consent.Purpose.CONNECT
        _consent, state, _url = consents.set_out(*mine, "eu", purpose)
        standin = self.zoho.standin
        code = standin.agreed(email, list(SCOPES), settings.ZOHO_CALLBACK_URL)
        centre = standin.user(email).centre
        return consents.came_back(*mine, consents.Answer(state, code, location=centre))

    def _connected(self) -> Connection:
        connection = self.connection
        assert connection is not None
        return connection

    @property
    def consent(self) -> Consent:
        with acting_in(self.business.pk):
            return Consent.objects.for_business(self.business).latest("pk")

    @property
    def connection(self) -> Connection | None:
        with acting_in(self.business.pk):
            rows = Connection.objects.for_business(self.business)
            return rows.select_related("grant", "connected_by").first()


def _whole(answer: Any) -> HttpResponse:
    assert isinstance(answer, HttpResponse)
    return answer


def text(page: HttpResponse) -> str:
    return page.content.decode()
