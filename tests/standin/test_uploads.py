"""Attachments and receipts: stored, counted, given back, refused, lost."""

from __future__ import annotations

import json

import pytest

from tests.standin.callers import Books

PDF = b"%PDF-1.4 an invoice"


@pytest.fixture
def bill_path(books: Books) -> str:
    return f"/bills/{books.post('/bills', books.bill()).body['bill']['bill_id']}"


@pytest.fixture
def expense_path(books: Books) -> str:
    made = books.post("/expenses", books.expense()).body["expense"]
    return f"/expenses/{made['expense_id']}"


def test_an_attachment_is_stored_and_shown(books: Books, bill_path: str) -> None:
    answer = books.upload(f"{bill_path}/attachment", "attachment", "invoice.pdf", PDF)

    assert answer.body == {"code": 0, "message": "The document has been attached."}
    bill = books.get(bill_path).body["bill"]
    assert bill["attachment_name"] == "invoice.pdf"
    assert [row["file_name"] for row in bill["documents"]] == ["invoice.pdf"]
    assert books.get("/bills").body["bills"][0]["has_attachment"] is True
    assert books.get(f"{bill_path}/attachment").content == PDF


def test_a_second_attachment_is_added(books: Books, bill_path: str) -> None:
    for name in ("one.pdf", "two.png"):
        books.upload(f"{bill_path}/attachment", "attachment", name, PDF)

    documents = books.get(bill_path).body["bill"]["documents"]
    assert [row["file_name"] for row in documents] == ["one.pdf", "two.png"]


def test_a_removed_attachment_is_gone(books: Books, bill_path: str) -> None:
    books.upload(f"{bill_path}/attachment", "attachment", "invoice.pdf", PDF)

    answer = books.call("DELETE", f"{bill_path}/attachment")

    assert answer.body["message"] == "The attachment has been deleted."
    assert books.get(f"{bill_path}/attachment").outcome == (404, 1002)
    assert books.stored("documents") == []


def test_a_second_receipt_replaces_the_first(books: Books, expense_path: str) -> None:
    for name in ("one.pdf", "two.pdf"):
        books.upload(f"{expense_path}/receipt", "receipt", name, name.encode())

    expense = books.get(expense_path).body["expense"]
    assert expense["expense_receipt_name"] == "two.pdf"
    assert [row["file_name"] for row in expense["documents"]] == ["two.pdf"]
    assert books.get("/expenses").body["expenses"][0]["has_attachment"] is True
    assert books.get(f"{expense_path}/receipt").content == b"two.pdf"


def test_a_removed_receipt_is_gone(books: Books, expense_path: str) -> None:
    books.upload(f"{expense_path}/receipt", "receipt", "one.pdf", PDF)

    books.call("DELETE", f"{expense_path}/receipt")

    assert books.get(f"{expense_path}/receipt").outcome == (404, 1002)
    assert books.get(expense_path).body["expense"]["expense_receipt_name"] == ""


def test_further_files_of_an_expense(books: Books, expense_path: str) -> None:
    books.upload(f"{expense_path}/receipt", "receipt", "one.pdf", PDF)
    answer = books.upload(f"{expense_path}/attachment", "attachment", "two.pdf", PDF)

    names = [row["file_name"] for row in answer.body["documents"]]
    assert names == ["one.pdf", "two.pdf"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("invoice.html", PDF),
        ("invoice.heic", PDF),
        ("invoice", PDF),
        ("invoice.pdf", b""),
        ("invoice.pdf", b"x" * (10 * 1024 * 1024 + 1)),
        ("i" * 97 + ".pdf", PDF),
    ],
    ids=["html", "heic", "no ending", "empty", "too large", "long name"],
)
def test_what_is_not_attached(
    books: Books, bill_path: str, name: str, content: bytes
) -> None:
    answer = books.upload(f"{bill_path}/attachment", "attachment", name, content)

    assert answer.status == 400
    assert books.get(bill_path).body["bill"]["documents"] == []


def test_a_receipt_may_be_a_spreadsheet_but_an_attachment_not(
    books: Books, bill_path: str, expense_path: str
) -> None:
    receipt = books.upload(f"{expense_path}/receipt", "receipt", "a.xlsx", PDF)
    attachment = books.upload(f"{bill_path}/attachment", "attachment", "a.xlsx", PDF)

    assert (receipt.status, attachment.status) == (200, 400)


def test_under_another_name_the_file_is_lost_without_a_word(
    books: Books, bill_path: str
) -> None:
    answer = books.upload(f"{bill_path}/attachment", "file", "invoice.pdf", PDF)

    assert answer.outcome == (200, 0)
    assert books.get(bill_path).body["bill"]["documents"] == []


def test_a_bill_with_a_refused_file_is_not_stored(books: Books) -> None:

    answer = books.call(
        "POST",
        "/bills",
        data={"JSONString": json.dumps(books.bill())},
        files={"attachment": ("invoice.html", PDF, "text/html")},
    )

    assert answer.status == 400
    assert books.stored("bills") == []


def test_a_deleted_bill_takes_its_documents_with_it(
    books: Books, bill_path: str
) -> None:
    books.upload(f"{bill_path}/attachment", "attachment", "invoice.pdf", PDF)

    books.call("DELETE", bill_path)

    assert books.stored("documents") == []
