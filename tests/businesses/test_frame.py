"""The frame around the pages, and the pages that say what went wrong."""

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import include, path

from dext_sync.businesses.models import Business, User
from tests.conftest import Browse
from tests.factories import PASSWORD


def explode(request: HttpRequest) -> HttpResponse:
    raise ZeroDivisionError


urlpatterns = [path("explode/", explode), path("", include("dext_sync.urls"))]
handler403 = "dext_sync.businesses.views.frame.permission_denied"
handler404 = "dext_sync.businesses.views.frame.page_not_found"
handler500 = "dext_sync.businesses.views.frame.server_error"


def test_a_page_that_is_not_for_the_role_stays_in_the_business(
    bakery: Business, vera: User, browse: Browse
) -> None:
    answer = browse(vera).get(f"/b/{bakery.slug}/users/")
    page = answer.content.decode()
    assert answer.status_code == 403
    assert "This page is not for your role" in page
    assert "Back to Harbour Bakery" in page
    assert 'href="/b/harbour-bakery/costs/"' in page


def test_a_missing_page_has_a_way_on(alice: User, browse: Browse) -> None:
    answer = browse(alice).get("/nothing/here/")
    assert answer.status_code == 404
    assert "To the first page" in answer.content.decode()


def test_a_missing_page_for_whoever_is_signed_out(db: None, client: Client) -> None:
    answer = client.get("/nothing/here/")
    assert answer.status_code == 404
    assert "There is nothing at this address" in answer.content.decode()


@pytest.mark.urls(__name__)
def test_a_fault_of_ours_has_its_page_and_a_way_on(
    bakery: Business, alice: User
) -> None:
    client = Client(raise_request_exception=False)
    client.force_login(alice)
    answer = client.get("/explode/")
    page = answer.content.decode()
    assert answer.status_code == 500
    assert "Something broke on our side" in page
    assert "ZeroDivisionError" not in page
    assert 'id="sidebar"' in page


def test_a_page_that_was_open_too_long_is_offered_again(
    bakery: Business, alice: User
) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    answer = client.post(f"/b/{bakery.slug}/profile/", {"name": "X"})
    page = answer.content.decode()
    assert answer.status_code == 403
    assert "This page was open for too long" in page
    assert f'href="/b/{bakery.slug}/profile/"' in page


def test_the_sidebar_shows_settings_only_to_those_who_manage(
    bakery: Business, alice: User, vera: User, browse: Browse
) -> None:
    address = f"/b/{bakery.slug}/emails/"
    settings = f'href="/b/{bakery.slug}/users/"'
    assert settings in browse(alice).get(address).content.decode()
    assert settings not in browse(vera).get(address).content.decode()


def test_the_switcher_lists_a_persons_businesses_and_roles(
    bakery: Business, garage: Business, anna: User, browse: Browse
) -> None:
    page = browse(anna).get(f"/b/{bakery.slug}/emails/").content.decode()
    assert 'href="/b/garage-charlie/"' in page
    assert page.count("Accountant") >= 3


def test_no_page_has_scripts_or_styles_in_it(
    bakery: Business, alice: User, browse: Browse
) -> None:
    for address in ("/you/", f"/b/{bakery.slug}/users/", "/accounts/2fa/"):
        answer = browse(alice).get(address)
        page = answer.content.decode()
        assert "<style" not in page
        assert " style=" not in page
        assert "<script>" not in page
        assert "unsafe" not in answer["Content-Security-Policy"]


def test_a_wrong_password_is_said_above_the_form_and_the_address_kept(
    alice: User, client: Client
) -> None:
    page = client.post(
        "/accounts/login/", {"login": alice.email, "password": f"{PASSWORD}!"}
    ).content.decode()
    assert 'role="alert"' in page
    assert 'value="alice@example.com"' in page


def test_a_fragment_asked_for_without_a_session_sends_the_whole_page_to_sign_in(
    bakery: Business, client: Client
) -> None:
    page = f"http://testserver/b/{bakery.slug}/activity/"
    answer = client.get(
        page, headers={"hx-request": "true", "hx-current-url": f"{page}?kind=member"}
    )
    assert answer.headers["HX-Redirect"] == (
        f"/accounts/login/?next=%2Fb%2F{bakery.slug}%2Factivity%2F%3Fkind%3Dmember"
    )
    assert b"Sign in" not in answer.content


def test_what_was_typed_without_a_session_stays_where_it_was_typed(
    bakery: Business, client: Client
) -> None:
    answer = client.post(
        f"/b/{bakery.slug}/profile/", {"name": "New"}, headers={"hx-request": "true"}
    )
    assert answer.status_code == 401
    assert "HX-Redirect" not in answer.headers


@pytest.mark.parametrize(
    ("address", "heading"),
    [
        ("email/", "Your email addresses"),
        ("password/change/", "Change your password"),
        ("logout/", "Sign out"),
        ("2fa/", "Two-factor sign-in"),
        ("2fa/webauthn/", "Passkeys and security keys"),
    ],
)
def test_an_account_page_has_one_heading_and_it_comes_first(
    address: str, heading: str, alice: User, browse: Browse
) -> None:
    page = browse(alice).get(f"/accounts/{address}").text

    assert page.count("<h1") == 1
    assert f'<h1 class="page__title">{heading}</h1>' in page
    assert page.index("</h1>") < page.index("messages") < page.index("breadcrumb")
