"""Each answer of Zoho Books becomes the class of whoever acts next."""

from typing import Any

import pytest
import responses
import time_machine

from connections.zoho import errors
from connections.zoho.client import ZohoBooks
from connections.zoho.errors import (
    Limit,
    ZohoError,
    ZohoForbidden,
    ZohoMissing,
    ZohoNoAnswer,
    ZohoOrganisationRefused,
    ZohoRateLimited,
    ZohoRejected,
    ZohoUnavailable,
    ZohoUnexpected,
)
from connections.zoho.writes import NewContact
from tests.connections.zoho.access import API, BakeryAccess

CONTACTS = f"{API}/books/v3/contacts"
PAGE = "<html><body>Bad gateway</body></html>"
SUPPLIER = NewContact(name="Millers Flour Ltd", kind="vendor")


def _reading(books: ZohoBooks) -> ZohoError:
    with pytest.raises(ZohoError) as raised:
        books.contact("4600000000000098001")
    return raised.value


def _writing(books: ZohoBooks) -> ZohoError:
    with pytest.raises(ZohoError) as raised:
        books.create_contact(SUPPLIER)
    return raised.value


@pytest.mark.parametrize(
    ("status", "code", "message", "expected"),
    [
        (400, 3062, 'The customer "Millers" already exists.', ZohoRejected),
        (400, 13011, "A bill with this number has already been created.", ZohoRejected),
        (400, 4, "Invalid value passed for bill_number", ZohoRejected),
        (200, 2, "Invalid value passed for Payment Terms", ZohoRejected),
        (413, 15, "The file is too large.", ZohoRejected),
        (404, 1002, "Contact does not exist.", ZohoMissing),
        (400, 1002, "The Customer is not accessible.", ZohoMissing),
        (404, 5, "Invalid URL Passed", ZohoMissing),
        (400, 6041, "This user is not associated.", ZohoOrganisationRefused),
        (403, 9999, "You may not.", ZohoForbidden),
        (405, 37, "The method is not allowed.", ZohoUnexpected),
        (400, 1038, "JSON is not well formed", ZohoUnexpected),
    ],
)
def test_a_clear_no_is_the_same_for_reads_and_writes(
    books: ZohoBooks,
    zoho: responses.RequestsMock,
    status: int,
    code: int,
    message: str,
    expected: type[ZohoError],
) -> None:
    answer = {"code": code, "message": message}
    zoho.get(f"{CONTACTS}/4600000000000098001", status=status, json=answer)
    zoho.post(CONTACTS, status=status, json=answer)

    for error in (_reading(books), _writing(books)):
        assert type(error) is expected
        assert (error.status, error.code, error.message) == (status, code, message)


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 500, "json": {"code": 1000, "message": "Internal error"}},
        {"status": 500, "json": {"code": 4, "message": "Something else"}},
        {"status": 502, "body": PAGE},
        {"status": 503, "body": ""},
        {"status": 200, "body": PAGE},
        {"status": 200, "body": "[" * 100_000},
        {"status": 302, "body": "", "headers": {"Location": "https://evil.example/"}},
        {"status": 404, "body": PAGE},
        {"status": 404, "body": '{"error": "not found"}'},
    ],
)
def test_a_failure_is_waited_for_after_a_read_and_looked_into_after_a_write(
    books: ZohoBooks, zoho: responses.RequestsMock, answer: dict[str, Any]
) -> None:
    zoho.get(f"{CONTACTS}/4600000000000098001", **answer)
    zoho.post(CONTACTS, **answer)

    read, write = _reading(books), _writing(books)

    assert (type(read), read.status) == (ZohoUnavailable, answer["status"])
    assert (type(write), write.status) == (ZohoNoAnswer, answer["status"])
    assert len(zoho.calls) == 2


def test_zoho_says_when_it_will_be_back(
    books: ZohoBooks, zoho: responses.RequestsMock
) -> None:
    url = f"{CONTACTS}/4600000000000098001"
    zoho.get(url, status=503, body=PAGE, headers={"Retry-After": "120"})
    error = _reading(books)
    assert isinstance(error, ZohoUnavailable)
    assert error.retry_after == 120.0


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("Wed, 26 Nov 2025 10:15:00 GMT", 900.0),
        ("Wed, 26 Nov 2025 09:15:00 GMT", None),
        ("0", None),
        ("-5", None),
        ("soon", None),
        ("inf", None),
        ("1e20", None),
        ("100000", 90_000.0),
        ("1" * 20, 90_000.0),
        ("1" * 400, 90_000.0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 90_000.0),
    ],
)
def test_when_it_will_be_back_is_seconds_or_a_moment(
    books: ZohoBooks,
    zoho: responses.RequestsMock,
    said: str,
    seconds: float | None,
) -> None:
    url = f"{CONTACTS}/4600000000000098001"
    zoho.get(url, status=503, body=PAGE, headers={"Retry-After": said})
    with time_machine.travel("2025-11-26T10:00:00Z", tick=False):
        error = _reading(books)
    assert isinstance(error, ZohoUnavailable)
    assert error.retry_after == seconds


@pytest.mark.parametrize("status", [200, 400])
def test_an_internal_error_is_waited_for_whatever_the_status(
    books: ZohoBooks, zoho: responses.RequestsMock, status: int
) -> None:
    answer = {"code": 1000, "message": "Internal error"}
    zoho.get(f"{CONTACTS}/4600000000000098001", status=status, json=answer)
    zoho.post(CONTACTS, status=status, json=answer)
    assert type(_reading(books)) is ZohoUnavailable
    assert type(_writing(books)) is ZohoNoAnswer


@pytest.mark.parametrize("unfit", ["\x00", "\ud83d"])
def test_nul_letters_and_halves_of_letters_reach_no_table(
    books: ZohoBooks, zoho: responses.RequestsMock, unfit: str
) -> None:
    answer = {"code": 9, "message": f"Invalid {unfit}value"}
    zoho.get(f"{CONTACTS}/4600000000000098001", status=400, json=answer)
    assert _reading(books).message == "Invalid value"


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (400, PAGE, ZohoRejected),
        (400, "", ZohoRejected),
        (400, '{"message": "Extra parameter found"}', ZohoRejected),
        (400, '{"code": 0}', ZohoNoAnswer),
        (413, PAGE, ZohoRejected),
        (415, PAGE, ZohoRejected),
        (401, PAGE, ZohoForbidden),
    ],
)
def test_a_gateways_clear_no_needs_no_json(
    books: ZohoBooks,
    zoho: responses.RequestsMock,
    status: int,
    body: str,
    expected: type[ZohoError],
) -> None:
    zoho.post(CONTACTS, status=status, body=body)
    assert type(_writing(books)) is expected


@pytest.mark.parametrize("body", [PAGE, ""])
def test_its_no_to_a_question_says_nothing_of_what_was_asked_for(
    books: ZohoBooks, zoho: responses.RequestsMock, body: str
) -> None:
    zoho.get(f"{CONTACTS}/4600000000000098001", status=400, body=body)
    assert type(_reading(books)) is ZohoUnavailable


@pytest.mark.parametrize(
    ("code", "headers", "limit", "wait"),
    [
        (44, {}, "minute", 60.0),
        (44, {"Retry-After": "7"}, "minute", 7.0),
        (44, {"Retry-After": "0"}, "minute", 60.0),
        (1070, {}, "at_once", 2.0),
        (45, {}, "day", None),
        (45, {"X-Rate-Limit-Reset": "19742"}, "day", None),
        (43, {"Retry-After": "3600"}, "user", 3600.0),
        (43, {"Retry-After": "1" * 400}, "user", 90_000.0),
        (43, {}, "user", 3600.0),
        (None, {}, "minute", 60.0),
    ],
)
def test_each_limit_says_whose_it_is_and_how_long_it_lasts(
    books: ZohoBooks,
    access: BakeryAccess,
    zoho: responses.RequestsMock,
    code: int | None,
    headers: dict[str, str],
    limit: Limit,
    wait: float | None,
) -> None:
    answer = {"code": code, "message": "Too many."} if code else {}
    zoho.post(CONTACTS, status=429, json=answer, headers=headers)

    error = _writing(books)

    assert isinstance(error, ZohoRateLimited)
    assert (error.limit, error.retry_after, error.code) == (limit, wait, code)
    assert access.refusals == [error]


def test_a_spent_day_lasts_until_the_organisations_midnight(
    books: ZohoBooks, access: BakeryAccess, zoho: responses.RequestsMock
) -> None:
    zoho.post(
        CONTACTS,
        status=429,
        json={"code": 45, "message": "The API call has exceeded the limit of 1000."},
        headers={
            "X-Rate-Limit-Limit": "1000",
            "X-Rate-Limit-Remaining": "0",
            "X-Rate-Limit-Reset": "19742",
        },
    )
    error = _writing(books)
    assert isinstance(error, ZohoRateLimited)
    assert (error.limit, error.retry_after) == ("day", 19742.0)
    assert [day.remaining for day in access.seen] == [0]


@pytest.mark.parametrize(
    "answer",
    [
        {"code": 0, "message": "The contact has been added."},
        {"code": 0, "message": "The contact has been added.", "contact": {}},
        {"message": "The contact has been added."},
        [],
    ],
)
def test_a_created_record_without_its_id_is_looked_for(
    books: ZohoBooks, zoho: responses.RequestsMock, answer: object
) -> None:
    zoho.post(CONTACTS, status=201, json=answer)
    assert type(_writing(books)) is ZohoNoAnswer


@pytest.mark.parametrize(
    "answer", [{"code": 0}, {"code": 0, "contacts": "x"}, {"code": 0, "contacts": [{}]}]
)
def test_a_list_that_is_not_there_is_not_an_empty_list(
    books: ZohoBooks, zoho: responses.RequestsMock, answer: object
) -> None:
    zoho.get(CONTACTS, json=answer)
    with pytest.raises(ZohoUnexpected):
        books.contacts("vendor")


def test_the_codes_that_others_branch_on() -> None:
    assert errors.DUPLICATE_BILL_NUMBER == 13011
    assert errors.DUPLICATE_CONTACT_NAME == 3062
