"""Forms whose second answer would be a page that is gone: a double click sends one."""

from django.test import Client

from dext_sync.businesses.models import Business, User
from tests.businesses.membership import invite, member_url, signed_in_with_password
from tests.conftest import Browse
from tests.factories import make_user


def is_sent_once(client: Client, address: str) -> bool:
    main = client.get(address).text.split('id="main"')[-1]
    return 'method="post" data-once>' in main


def test_leaving_and_removing(
    bakery: Business, alice: User, vera: User, browse: Browse
) -> None:
    assert is_sent_once(browse(vera), f"/you/leave/{bakery.slug}/")
    assert is_sent_once(browse(alice), member_url(bakery, vera, "remove"))


def test_joining(bakery: Business, alice: User, browse: Browse) -> None:
    nora = make_user("Nora")
    invite(signed_in_with_password(alice), bakery, nora.email)
    client = browse(nora)

    assert is_sent_once(client, client.get("/")["Location"])
