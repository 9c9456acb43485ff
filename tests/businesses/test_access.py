"""Every page of the site, opened by everybody."""

from collections.abc import Iterator

import pytest
from django.http import HttpResponse, HttpResponseBase
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from dext_sync.businesses.models import Business, User
from dext_sync.businesses.roles import Need
from tests.businesses.access_table import TABLE, Open, Row
from tests.conftest import Browse

OF_A_BUSINESS = [name for name, row in TABLE.items() if isinstance(row.to, Need)]
FOR_PEOPLE = [name for name, row in TABLE.items() if row.to is Open.PERSON]
FOR_ANYONE = [name for name, row in TABLE.items() if row.to is Open.ANYONE]


def pages(found: URLResolver) -> Iterator[URLPattern]:
    for entry in found.url_patterns:
        if isinstance(entry, URLResolver):
            yield from pages(entry)
        else:
            yield entry


def named_pages() -> dict[str, URLPattern]:
    return {str(page.name): page for page in pages(get_resolver())}


def test_every_page_has_a_row_in_the_access_table() -> None:
    assert set(named_pages()) == set(TABLE)


def test_every_page_has_a_name() -> None:
    assert [page for page in pages(get_resolver()) if not page.name] == []


@pytest.mark.parametrize("name", OF_A_BUSINESS)
def test_the_door_asks_for_what_the_table_says(name: str) -> None:
    door = named_pages()[name].callback
    assert getattr(door, "need", None) is TABLE[name].to


@pytest.mark.parametrize("name", FOR_PEOPLE + FOR_ANYONE)
def test_pages_without_a_door_belong_to_no_business(name: str) -> None:
    page = named_pages()[name]
    assert not hasattr(page.callback, "need")
    assert "slug" not in page.pattern.converters


@pytest.mark.parametrize("name", OF_A_BUSINESS)
def test_the_owner_is_let_in(
    name: str, alice: User, bakery: Business, browse: Browse
) -> None:
    answer = visit(browse(alice), name, bakery)
    assert is_let_in(answer, TABLE[name]), answer.status_code


@pytest.mark.parametrize("name", OF_A_BUSINESS)
def test_a_standard_user_gets_403_where_an_admin_is_asked_for(
    name: str, vera: User, bakery: Business, browse: Browse
) -> None:
    answer = visit(browse(vera), name, bakery)
    if TABLE[name].to is Need.MEMBER:
        assert is_let_in(answer, TABLE[name]), answer.status_code
    else:
        assert answer.status_code == 403


@pytest.mark.parametrize("name", OF_A_BUSINESS)
def test_a_standard_user_who_may_publish_is_still_no_admin(
    name: str, bob: User, bakery: Business, browse: Browse
) -> None:
    answer = visit(browse(bob), name, bakery)
    if TABLE[name].to is Need.MANAGE:
        assert answer.status_code == 403
    else:
        assert is_let_in(answer, TABLE[name]), answer.status_code


@pytest.mark.parametrize("name", OF_A_BUSINESS)
def test_a_stranger_gets_404(
    name: str, charlie: User, bakery: Business, browse: Browse
) -> None:
    answer = visit(browse(charlie), name, bakery)
    assert answer.status_code == 404
    assert isinstance(answer, HttpResponse)
    assert "Harbour" not in answer.content.decode()


@pytest.mark.parametrize("name", OF_A_BUSINESS + FOR_PEOPLE)
def test_whoever_is_signed_out_is_asked_to_sign_in(
    name: str, bakery: Business, client: Client
) -> None:
    answer = visit(client, name, bakery)
    assert answer.status_code == 302
    assert answer["Location"].startswith(reverse("account_login"))


@pytest.mark.parametrize("name", FOR_ANYONE)
def test_the_front_door_needs_no_sign_in(
    name: str, bakery: Business, client: Client
) -> None:
    answer = visit(client, name, bakery)
    # 400 and 410: a link that leads nowhere says so to anyone.
    assert answer.status_code in (200, 302, 400, 410)


def visit(client: Client, name: str, business: Business) -> HttpResponseBase:
    """With GET; a page that only takes POST is asked so, with nothing in it."""
    row = TABLE[name]
    slug = {"slug": business.slug} if isinstance(row.to, Need) else {}
    address = reverse(name, kwargs={**slug, **row.ids})
    answer: HttpResponseBase = client.get(address)
    if answer.status_code == 405:
        answer = client.post(address)
    return answer


def is_let_in(answer: HttpResponseBase, row: Row) -> bool:
    if row.ids or row.finds_nothing:
        return answer.status_code == 404
    if answer.status_code == 302:
        return not answer["Location"].startswith(reverse("account_login"))
    # 400 and 422: a form that was sent without anything in it.
    return answer.status_code in (200, 400, 422)
