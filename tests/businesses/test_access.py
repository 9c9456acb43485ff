"""Every page of the site, opened by everybody."""

from collections.abc import Callable, Iterator

import pytest
from django.http import HttpResponse, HttpResponseBase
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from dext_sync.businesses.models import Business, User
from dext_sync.businesses.roles import Need
from tests.businesses.access_table import TABLE, Open, Row
from tests.businesses.membership import signed_in_with_password
from tests.conftest import Browse

DOORS = [name for name, row in TABLE.items() if isinstance(row.to, Need)]
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


def test_each_door_asks_for_what_the_table_says() -> None:
    found = named_pages()
    asked = {name: getattr(found[name].callback, "need", None) for name in DOORS}
    assert asked == {name: TABLE[name].to for name in DOORS}


def test_pages_without_a_door_belong_to_no_business() -> None:
    found = named_pages()
    assert [
        name
        for name in FOR_PEOPLE + FOR_ANYONE
        if hasattr(found[name].callback, "need")
        or "slug" in found[name].pattern.converters
    ] == []


def test_the_owner_is_let_in_everywhere_and_nobody_on_the_way_keeps_a_page(
    alice: User, bakery: Business, browse: Browse
) -> None:
    """Pages that say themselves how they are kept say at least private."""
    answers = visit_all(browse(alice), DOORS, bakery)

    def is_private(answer: HttpResponseBase, row: Row) -> bool:
        return "private" in answer.get("Cache-Control", "")

    assert wrong(answers, is_let_in) == {}
    assert wrong(answers, is_private) == {}


def test_10_9_a_standard_user_gets_403_where_a_right_is_asked_for(
    vera: User, bakery: Business, browse: Browse
) -> None:
    answers = visit_all(browse(vera), DOORS, bakery)

    def is_right(answer: HttpResponseBase, row: Row) -> bool:
        if row.to is Need.MEMBER:
            return is_let_in(answer, row)
        return answer.status_code == 403

    assert wrong(answers, is_right) == {}


def test_10_9_a_standard_user_who_may_publish_is_still_no_admin(
    bob: User, bakery: Business, browse: Browse
) -> None:
    answers = visit_all(browse(bob), DOORS, bakery)

    def is_right(answer: HttpResponseBase, row: Row) -> bool:
        if row.to is Need.MANAGE:
            return answer.status_code == 403
        return is_let_in(answer, row)

    assert wrong(answers, is_right) == {}


def test_a_stranger_gets_404_everywhere(
    charlie: User, bakery: Business, browse: Browse
) -> None:
    answers = visit_all(browse(charlie), DOORS, bakery)

    def is_right(answer: HttpResponseBase, _row: Row) -> bool:
        assert isinstance(answer, HttpResponse)
        return answer.status_code == 404 and b"Harbour" not in answer.content

    assert wrong(answers, is_right) == {}


def test_a_stranger_does_not_learn_how_a_page_wants_to_be_asked(
    charlie: User, bakery: Business, browse: Browse
) -> None:
    client = browse(charlie)

    answers: Answers = {name: client.get(address_of(name, bakery)) for name in DOORS}

    assert wrong(answers, lambda answer, _row: answer.status_code == 404) == {}


def test_whoever_is_signed_out_is_asked_to_sign_in(
    bakery: Business, client: Client
) -> None:
    answers = visit_all(client, DOORS + FOR_PEOPLE, bakery)

    def is_right(answer: HttpResponseBase, _row: Row) -> bool:
        return answer.status_code == 302 and leads_to_sign_in(answer)

    assert wrong(answers, is_right) == {}


def test_the_front_door_needs_no_sign_in(bakery: Business, client: Client) -> None:
    answers = visit_all(client, FOR_ANYONE, bakery)

    def is_right(answer: HttpResponseBase, _row: Row) -> bool:
        # 400, 401 and 410: a link that leads nowhere says so to anyone.
        return answer.status_code in (200, 302, 400, 401, 410)

    assert wrong(answers, is_right) == {}


Answers = dict[str, HttpResponseBase]


def visit_all(client: Client, names: list[str], business: Business) -> Answers:
    return {name: visit(client, name, business) for name in names}


def wrong(
    answers: Answers, is_right: Callable[[HttpResponseBase, Row], bool]
) -> dict[str, int]:
    """The pages that answered otherwise, with what they answered."""
    return {
        name: answer.status_code
        for name, answer in answers.items()
        if not is_right(answer, TABLE[name])
    }


def visit(client: Client, name: str, business: Business) -> HttpResponseBase:
    """With GET; a page that only takes POST is asked so, with nothing in it."""
    address = address_of(name, business)
    answer: HttpResponseBase = client.get(address)
    if answer.status_code == 405:
        answer = client.post(address)
    return answer


def address_of(name: str, business: Business) -> str:
    row = TABLE[name]
    slug = {"slug": business.slug} if isinstance(row.to, Need) else {}
    return reverse(name, kwargs={**slug, **row.place, **row.ids})


def is_let_in(answer: HttpResponseBase, row: Row) -> bool:
    if row.ids or row.finds_nothing:
        return answer.status_code == 404
    if answer.status_code == 302:
        return not leads_to_sign_in(answer)
    # 400 and 422: a form that was sent without anything in it.
    return answer.status_code in (200, 400, 422)


def leads_to_sign_in(answer: HttpResponseBase) -> bool:
    return answer["Location"].startswith(reverse("account_login"))


# What a browser or a proxy keeps.


@pytest.mark.parametrize("who", ["alice", "vera"])
def test_pages_with_peoples_names_are_not_stored(
    who: str, alice: User, vera: User, bakery: Business, browse: Browse
) -> None:
    """Also what is said in the frame of the business to whom it is refused."""
    client = browse({"alice": alice, "vera": vera}[who])
    for page in ("users/", "users/987654321/", "activity/", "costs/"):
        answer = client.get(f"/b/{bakery.slug}/{page}")
        assert answer["Cache-Control"] == "private, no-store", page


def test_a_persons_own_pages_are_not_stored(alice: User, bakery: Business) -> None:
    """Their addresses, codes and businesses: the next one at that screen is another."""
    client = signed_in_with_password(alice)
    answers: Answers = {
        name: client.get(address_of(name, bakery)) for name in FOR_PEOPLE
    }

    def is_right(answer: HttpResponseBase, _row: Row) -> bool:
        return "no-store" in answer.get("Cache-Control", "")

    assert wrong(answers, is_right) == {}
