"""Attachments of bills and invoices, receipts and attachments of expenses."""

from __future__ import annotations

from hashlib import sha256
from pathlib import PurePath

from tests.zoho_standin.answers import (
    FILE_REFUSED,
    Answer,
    FileAnswer,
    Record,
    Refused,
    gone,
    success,
    too_long,
)
from tests.zoho_standin.calls import Call, Route, Upload
from tests.zoho_standin.world import Table

_LONGEST_NAME = 100
_MOST_FILES = 10
PICTURES = ("gif", "png", "jpeg", "jpg", "bmp", "pdf")
_NUMBERS = ("bill_id", "expense_id", "invoice_id")
RECEIPTS = (*PICTURES, "xls", "xlsx", "doc", "docx")


def attach_to_bill(call: Call) -> Answer:
    store_files(call, _found(call.organisation.bills, call, "Bill"), "attachment")
    return success("The document has been attached.")


def attach_to_invoice(call: Call) -> Answer:
    invoice = _found(call.organisation.invoices, call, "Invoice")
    store_files(call, invoice, "attachment")
    if "attachment" in call.files:
        mailed = call.queries.get("can_send_in_mail") == "true"
        invoice["can_send_in_mail"] = mailed
    return success("Your file has been successfully attached to the invoice.")


def attach_receipt(call: Call) -> Answer:
    expense = _found(call.organisation.expenses, call, "Expense")
    store_files(call, expense, "receipt")
    return success("The expense receipt has been attached.")


def attach_to_expense(call: Call) -> Answer:
    expense = _found(call.organisation.expenses, call, "Expense")
    store_files(call, expense, "attachment")
    names = ("document_id", "file_name", "file_size")
    documents = [{name: row[name] for name in names} for row in expense["documents"]]
    return success("The expense attachment has been attached.", documents=documents)


def store_files(call: Call, record: Record, part: str) -> None:
    """A file under another part's name is lost without a word, as at Zoho."""
    upload = call.files.get(part)
    if upload is None:
        return
    allowed = RECEIPTS if "expense_id" in record else PICTURES
    _check(call, upload, record, allowed)
    if call.files_vanish:
        return
    document = _document(call, upload, is_receipt=part == "receipt")
    call.standin.documents.put(document["document_id"], upload.content)
    call.organisation.documents[document["document_id"]] = {
        **document,
        "sha256": sha256(upload.content).hexdigest(),
        "of": next(record[name] for name in _NUMBERS if name in record),
    }
    if part == "receipt":
        others = [row for row in record["documents"] if not row["is_receipt"]]
        keep_documents(call, record, [document, *others])
    else:
        keep_documents(call, record, [*record["documents"], document])
    record["last_modified_time"] = call.stamp()


def _check(
    call: Call, upload: Upload, record: Record, allowed: tuple[str, ...]
) -> None:
    if len(upload.name) > _LONGEST_NAME:
        raise too_long("file_name", _LONGEST_NAME)
    if _ending(upload.name) not in allowed:
        message = f"The file type is not supported. Use {', '.join(allowed)}."
        raise Refused(400, FILE_REFUSED, message)
    most = call.standin.limits.sizes.upload_bytes
    if not upload.content or (most is not None and len(upload.content) > most):
        message = f"The file must have content and not more than {most} bytes."
        raise Refused(400, FILE_REFUSED, message)
    if len(record["documents"]) >= _MOST_FILES:
        message = f"Not more than {_MOST_FILES} files can be attached."
        raise Refused(400, FILE_REFUSED, message)


def _document(call: Call, upload: Upload, *, is_receipt: bool) -> Record:
    return {
        "document_id": call.new_id(),
        "file_name": upload.name,
        "file_type": _ending(upload.name),
        "file_size": len(upload.content),
        "content_type": upload.content_type,
        "is_receipt": is_receipt,
        "source": "api",
        "uploaded_by_id": call.author_id,
        "uploaded_on": call.stamp(),
    }


def _ending(name: str) -> str:
    return PurePath(name).suffix.lower().lstrip(".")


def keep_documents(call: Call, record: Record, kept: list[Record]) -> None:
    """Sets a record's documents and forgets the bytes of those that are gone."""
    numbers = {row["document_id"] for row in kept}
    for row in record["documents"]:
        if row["document_id"] not in numbers:
            call.standin.documents.remove(row["document_id"])
            call.organisation.documents.pop(row["document_id"], None)
    record["documents"] = kept
    if "expense_id" not in record:
        record["attachment_name"] = kept[0]["file_name"] if kept else ""
        return
    receipt = next((row for row in kept if row["is_receipt"]), None)
    record["expense_receipt_name"] = receipt["file_name"] if receipt else ""
    record["expense_receipt_type"] = receipt["file_type"] if receipt else ""


def attachment_of_bill(call: Call) -> FileAnswer:
    documents = _found(call.organisation.bills, call, "Bill")["documents"]
    return _bytes(call, documents)


def attachment_of_invoice(call: Call) -> FileAnswer:
    invoice = _found(call.organisation.invoices, call, "Invoice")
    return _bytes(call, invoice["documents"])


def receipt_of_expense(call: Call) -> FileAnswer:
    expense = _found(call.organisation.expenses, call, "Expense")
    return _bytes(call, [row for row in expense["documents"] if row["is_receipt"]])


def _bytes(call: Call, documents: list[Record]) -> FileAnswer:
    if not documents:
        raise gone("Attachment")
    return stored_file(call, documents[0])


def stored_file(call: Call, document: Record) -> FileAnswer:
    content = call.standin.documents.get(document["document_id"])
    return FileAnswer(content, document["content_type"], document["file_name"])


def remove_attachment(call: Call) -> Answer:
    bill = _found(call.organisation.bills, call, "Bill")
    if not bill["documents"]:
        raise gone("Attachment")
    keep_documents(call, bill, bill["documents"][1:])
    return success("The attachment has been deleted.")


def remove_from_invoice(call: Call) -> Answer:
    invoice = _found(call.organisation.invoices, call, "Invoice")
    if not invoice["documents"]:
        raise gone("Attachment")
    keep_documents(call, invoice, [])
    return success("Your file is no longer attached to the invoice.")


def remove_receipt(call: Call) -> Answer:
    expense = _found(call.organisation.expenses, call, "Expense")
    others = [row for row in expense["documents"] if not row["is_receipt"]]
    if len(others) == len(expense["documents"]):
        raise gone("Receipt")
    keep_documents(call, expense, others)
    return success("The attached expense receipt has been deleted.")


def _found(table: Table, call: Call, resource: str) -> Record:
    record = table.get(call.ids[0])
    if record is None:
        raise gone(resource)
    return record


_PREVIEW = frozenset({"preview"})

ROUTES = (
    Route(
        "POST",
        "/bills/{id}/attachment",
        "bills.CREATE",
        attach_to_bill,
        takes_files=True,
    ),
    Route("GET", "/bills/{id}/attachment", "bills.READ", attachment_of_bill, _PREVIEW),
    Route("DELETE", "/bills/{id}/attachment", "bills.DELETE", remove_attachment),
    Route(
        "POST",
        "/invoices/{id}/attachment",
        "invoices.CREATE",
        attach_to_invoice,
        frozenset({"can_send_in_mail"}),
        takes_files=True,
    ),
    Route(
        "GET",
        "/invoices/{id}/attachment",
        "invoices.READ",
        attachment_of_invoice,
        _PREVIEW,
    ),
    Route(
        "DELETE", "/invoices/{id}/attachment", "invoices.DELETE", remove_from_invoice
    ),
    Route(
        "POST",
        "/expenses/{id}/receipt",
        "expenses.CREATE",
        attach_receipt,
        takes_files=True,
    ),
    Route(
        "GET", "/expenses/{id}/receipt", "expenses.READ", receipt_of_expense, _PREVIEW
    ),
    Route("DELETE", "/expenses/{id}/receipt", "expenses.DELETE", remove_receipt),
    Route(
        "POST",
        "/expenses/{id}/attachment",
        "expenses.CREATE",
        attach_to_expense,
        takes_files=True,
    ),
)
