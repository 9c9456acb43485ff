"""Nobody fills the machine through a form that takes no documents."""

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from dext_sync.businesses.models import Business, User
from tests.conftest import browser_of


def large_file() -> SimpleUploadedFile:
    return SimpleUploadedFile("a.csv", b"x" * (settings.FORM_MAX_BYTES + 1))


@pytest.mark.django_db
@pytest.mark.parametrize("page", ["login", "signup", "password/reset"])
def test_a_stranger_sends_no_large_file(page: str) -> None:
    client = Client(enforce_csrf_checks=True)
    client.get(f"/accounts/{page}/")  # With its cookie the form is read.

    answer = client.post(f"/accounts/{page}/", {"file": large_file()})

    assert answer.status_code == 400


@pytest.mark.parametrize("page", ["suppliers/file", "profile", "costs/new"])
def test_nor_does_a_member_where_no_documents_are_taken(
    alice: User, bakery: Business, page: str
) -> None:
    address = f"/b/{bakery.slug}/{page}/"

    answer = browser_of(alice).post(address, {"file": large_file()})

    assert answer.status_code == 400
