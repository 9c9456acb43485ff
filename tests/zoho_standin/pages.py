"""What a person sees at Zoho: signing in, consenting, and what the books hold."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlencode

from markupsafe import Markup
from werkzeug.wrappers import Request, Response

from tests.zoho_standin import sessions
from tests.zoho_standin.answers import Record
from tests.zoho_standin.html import joined, page, table
from tests.zoho_standin.standin import StandIn
from tests.zoho_standin.world import CentreName, Organisation, User

_DEMO = "alice@harbourbakery.example"
_DEMO_ACCOUNTANT = "anna@ledgerly.example"
_DEMO_US = "sam@sunnyside.example"
_INLINE = ("application/pdf", "image/png", "image/jpeg", "image/gif", "image/bmp")


def answer_page(standin: StandIn, centre: CentreName, request: Request) -> Response:
    path = request.path.strip("/").split("/")
    with standin.lock:
        match request.method, path:
            case "GET", [""]:
                return _home(standin, centre)
            case "GET", ["signin"]:
                return _sign_in_page(standin, centre, request, "")
            case "POST", ["signin"]:
                return _sign_in(standin, centre, request)
            case "GET", ["signin", "arrive"]:
                return sessions.arrived(standin, centre, request)
            case "GET", ["signout"]:
                return sessions.signed_out(standin, centre, request)
            case "GET", ["app", number]:
                return _organisation(standin, centre, number)
            case "GET", ["app", number, "documents", document]:
                return _document(standin, centre, number, document)
            case _:
                return problem(standin, centre, "There is no such page.", 404)


def problem(
    standin: StandIn, centre: CentreName, words: str, status: int = 400
) -> Response:
    content = Markup('<p class="error">{}</p>').format(words)
    return page("Error", centre, content, status)


def _sign_in(standin: StandIn, centre: CentreName, request: Request) -> Response:
    email = request.form.get("email", "").strip().lower()
    user = standin.world.users.get(email)
    if user is None or request.form.get("password") != user.password:
        words = "Sign-in failed: the email or the password is wrong."
        return _sign_in_page(standin, centre, request, words)
    back = sessions.own_address(request.args.get("serviceurl", ""))
    return sessions.signed_in_at_home(standin, user, back)


def _sign_in_page(
    standin: StandIn, centre: CentreName, request: Request, failure: str
) -> Response:
    alert = Markup('<p class="error" role="alert">{}</p>').format(failure)
    content = Markup(
        '<div class="card">{alert}'
        '<form method="post">'
        '<label for="email">Email</label>'
        '<input id="email" name="email" type="email" autocomplete="off" required'
        ' value="{email}">'
        '<label for="password">Password</label>'
        '<input id="password" name="password" type="password" autocomplete="off"'
        " required>"
        '<button type="submit">Sign in</button>'
        "</form>"
        "<p>For trying out, with the password <code>zoho-demo</code>:</p><ul>"
        "<li><code>{eu}</code>, who has Harbour Bakery Ltd</li>"
        "<li><code>{accountant}</code>, who has it too, and others</li>"
        "<li><code>{us}</code>, who has Sunnyside Diner Inc in the us</li></ul>"
        "</div>"
    ).format(
        alert=alert if failure else "",
        email=request.form.get("email", ""),
        eu=_DEMO,
        accountant=_DEMO_ACCOUNTANT,
        us=_DEMO_US,
    )
    return page("Sign in to Zoho", centre, content)


def consent(
    standin: StandIn,
    centre: CentreName,
    user: User,
    key: str,
    scopes: list[str],
    back: str,
) -> Response:
    wanted = joined([Markup("<li><code>{}</code></li>").format(s) for s in scopes])
    content = Markup(
        '<div class="card"><p>Signed in as <strong>{email}</strong>.'
        ' <a href="{out}">Sign out / use another account</a></p>'
        "<p>The application <code>{client}</code> would like to have access to:</p>"
        "<ul>{wanted}</ul>"
        '<form method="post" action="/oauth/v2/auth/decision">'
        '<input type="hidden" name="request" value="{key}">'
        '<button name="decision" value="accept">Accept</button>'
        '<button name="decision" value="reject" class="quiet">Reject</button>'
        "</form></div>"
    ).format(
        email=user.email,
        out=f"/signout?{_query(back)}",
        client=standin.client_id,
        wanted=wanted,
        key=key,
    )
    return page("Allow access to Zoho Books?", centre, content)


def _query(back: str) -> str:
    return urlencode({"serviceurl": back})


def _home(standin: StandIn, centre: CentreName) -> Response:
    rows = [
        Markup(
            '<tr><td><a href="/app/{number}">{name}</a></td><td>{country}</td>'
            "<td>{currency}</td><td>{people}</td>"
            '<td class="amount">{bills}</td><td class="amount">{expenses}</td>'
            '<td class="amount">{invoices}</td></tr>'
        ).format(
            number=each.organisation_id,
            name=each.name,
            country=each.profile["country_name"],
            currency=each.profile["currency_code"],
            people=", ".join(each.members),
            bills=len(each.bills),
            expenses=len(each.expenses),
            invoices=len(each.invoices),
        )
        for each in standin.world.organisations.values()
        if each.centre == centre
    ]
    headings = [
        "Organisation",
        "Country",
        "Currency",
        "People",
        "Bills",
        "Expenses",
        "Invoices",
    ]
    return page("Zoho Books", centre, table("Organisations", headings, rows))


def _organisation(standin: StandIn, centre: CentreName, number: str) -> Response:
    organisation = standin.world.organisations.get(number)
    if organisation is None or organisation.centre != centre:
        return problem(standin, centre, "There is no such organisation.", 404)
    content = joined(
        [
            Markup("<p>Organisation {}, {} calls today.</p>").format(
                number, organisation.calls_today
            ),
            _bills(organisation),
            _expenses(organisation),
            _invoices(organisation),
            _contacts(organisation),
        ]
    )
    return page(organisation.name, centre, content)


def _bills(organisation: Organisation) -> Markup:
    rows = [
        Markup(
            '<tr id="/bills/{number}"><td class="date">{date}</td>'
            '<td class="date">{due}</td><td>{bill_number}</td><td>{order_number}</td>'
            '<td>{vendor}</td><td>{lines}</td><td class="amount">{tax}</td>'
            '<td class="amount">{total}</td><td>{status}</td><td>{files}</td></tr>'
        ).format(
            number=bill["bill_id"],
            date=bill["date"],
            due=bill["due_date"],
            bill_number=bill["bill_number"],
            order_number=bill["reference_number"],
            vendor=bill["vendor_name"],
            lines=_lines(bill),
            tax=_tax(organisation, bill, bill["line_items"]),
            total=_total(bill),
            status=bill["status"],
            files=_files(organisation, bill),
        )
        for bill in _newest(organisation.bills.values())
    ]
    headings = [
        "Date",
        "Due",
        "Bill number",
        "Order number",
        "Vendor",
        "Lines",
        "Tax",
        "Total",
        "Status",
        "Attachments",
    ]
    return table("Bills", headings, rows)


def _expenses(organisation: Organisation) -> Markup:
    rows = [
        Markup(
            '<tr id="/expenses/{number}"><td class="date">{date}</td><td>{reference}</td>'
            "<td>{vendor}</td><td>{lines}</td><td>{through}</td>"
            '<td class="amount">{tax}</td><td class="amount">{total}</td>'
            "<td>{files}</td></tr>"
        ).format(
            number=expense["expense_id"],
            date=expense["date"],
            reference=expense["reference_number"],
            vendor=expense["vendor_name"],
            lines=_lines(expense),
            through=expense["paid_through_account_name"],
            tax=expense["tax_amount"],
            total=_total(expense),
            files=_files(organisation, expense),
        )
        for expense in _newest(organisation.expenses.values())
    ]
    headings = [
        "Date",
        "Reference",
        "Vendor",
        "Lines",
        "Paid through",
        "Tax",
        "Total",
        "Receipts",
    ]
    return table("Expenses", headings, rows)


def _invoices(organisation: Organisation) -> Markup:
    rows = [
        Markup(
            '<tr id="/invoices/{number}"><td class="date">{date}</td>'
            '<td class="date">{due}</td><td>{invoice_number}</td><td>{reference}</td>'
            "<td>{customer}</td><td>{lines}</td>"
            '<td class="amount">{tax}</td><td class="amount">{total}</td>'
            "<td>{status}</td><td>{emailed}</td><td>{files}</td></tr>"
        ).format(
            number=invoice["invoice_id"],
            date=invoice["date"],
            due=invoice["due_date"],
            invoice_number=invoice["invoice_number"],
            reference=invoice["reference_number"],
            customer=invoice["customer_name"],
            lines=_lines(invoice),
            tax=_tax(organisation, invoice, [invoice]),
            total=_total(invoice),
            status=invoice["status"],
            emailed="yes" if invoice["is_emailed"] else "no",
            files=_files(organisation, invoice),
        )
        for invoice in _newest(organisation.invoices.values())
    ]
    headings = [
        "Date",
        "Due",
        "Invoice number",
        "Reference",
        "Customer",
        "Lines",
        "Tax",
        "Total",
        "Status",
        "E-mailed",
        "Attachments",
    ]
    return table("Invoices", headings, rows)


def _tax(organisation: Organisation, record: Record, said: list[Record]) -> str:
    """With the reason why there is none; said: where the record may say it."""
    exemptions = organisation.exemptions
    numbers = [row.get("tax_exemption_id") for row in said]
    codes = [exemptions[number]["tax_exemption_code"] for number in numbers if number]
    return " · ".join([str(record["tax_total"]), *codes])


def _total(record: Record) -> str:
    """In a foreign currency with the rate at which it is booked."""
    total = f"{record['currency_code']} {record['total']}"
    return (
        total
        if record["exchange_rate"] == 1
        else f"{total} × {record['exchange_rate']}"
    )


def _contacts(organisation: Organisation) -> Markup:
    rows = [
        Markup(
            '<tr id="/contacts/{number}"><td>{name}</td><td>{kind}</td>'
            "<td>{currency}</td><td>{status}</td></tr>"
        ).format(
            number=contact["contact_id"],
            name=contact["contact_name"],
            kind=contact["contact_type"],
            currency=contact["currency_code"],
            status=contact["status"],
        )
        for contact in _newest(organisation.contacts.values())
    ]
    return table("Contacts", ["Name", "Kind", "Currency", "Status"], rows)


def _newest(records: Iterable[Record]) -> list[Record]:
    return list(records)[::-1]


def _lines(record: Record) -> Markup:
    pieces = [
        Markup("{}: {} {}").format(
            line["account_name"],
            line["item_total"],
            line["description"] or line.get("name", ""),
        )
        for line in record["line_items"]
    ]
    return Markup("<br>").join(pieces)


def _files(organisation: Organisation, record: Record) -> Markup:
    links = [
        Markup('<a href="/app/{}/documents/{}">{}</a>').format(
            organisation.organisation_id, row["document_id"], row["file_name"]
        )
        for row in record["documents"]
    ]
    return Markup("<br>").join(links) if links else Markup("none")


def _document(
    standin: StandIn, centre: CentreName, number: str, document_id: str
) -> Response:
    organisation = standin.world.organisations.get(number)
    if organisation is None or document_id not in organisation.documents:
        return problem(standin, centre, "There is no such document.", 404)
    document = organisation.documents[document_id]
    kind = document["content_type"]
    content = standin.documents.get(document_id)
    response = Response(
        content, mimetype=kind if kind in _INLINE else "application/octet-stream"
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
