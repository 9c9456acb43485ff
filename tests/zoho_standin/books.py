"""The door of the Books API: who calls, for which organisation, may they, and how."""

from __future__ import annotations

import re
from dataclasses import dataclass

from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Request, Response

from tests.zoho_standin import (
    bills,
    contacts,
    expenses,
    invoices,
    locks,
    reference,
    uploads,
)
from tests.zoho_standin import limits as limit_answers
from tests.zoho_standin.answers import (
    INACTIVE,
    Answer,
    FileAnswer,
    Record,
    Refused,
    dumps,
    invalid,
    loads,
    no_such_url,
    not_associated,
    unauthorized,
)
from tests.zoho_standin.calls import Call, Route, Upload
from tests.zoho_standin.faults import Fault, Seen
from tests.zoho_standin.purchases import locked_period, mandatory_tag
from tests.zoho_standin.schemas import check
from tests.zoho_standin.standin import StandIn
from tests.zoho_standin.tokens import AccessToken
from tests.zoho_standin.world import CentreName, Organisation

PREFIX = "/books/v3"
ROUTES: tuple[Route, ...] = (
    *reference.ROUTES,
    *locks.ROUTES,
    *contacts.ROUTES,
    *bills.ROUTES,
    *expenses.ROUTES,
    *invoices.ROUTES,
    *uploads.ROUTES,
)
_ORGANISATION_HEADER = "X-com-zoho-books-organizationid"
_LIMIT_FAULTS = ("per_minute", "per_day", "at_once", "per_user", "user_blocked")
_EARLY_FAULTS = (
    "error_500",
    "no_such_url",
    "forbidden",
    "organisation_off",
    "mandatory_tag",
    "vendor_refused",
    "date_locked",
    "tax_inactive",
)
_LATE_FAULTS = ("answer_lost", "answer_late", "error_500_after")


class AnswerLost(Exception):
    """The connection is to be dropped without an answer."""


@dataclass
class Visit:
    """What is known of a call so far, for the log and the headers."""

    method: str
    path: str
    email: str = ""
    organisation: Organisation | None = None
    fault: str = ""
    queries: dict[str, str] | None = None
    unknown_queries: tuple[str, ...] = ()
    code: int = 0

    @property
    def organization_id(self) -> str:
        return self.organisation.organisation_id if self.organisation else ""


def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern.replace("{id}", r"(\d+)"))


_COMPILED = [(_compiled(route.pattern), route) for route in ROUTES]


def answer_books(standin: StandIn, centre: CentreName, request: Request) -> Response:
    visit = Visit(request.method, request.path.removeprefix(PREFIX))
    try:
        answer = _answer(standin, centre, request, visit)
    except Refused as refusal:
        answer = refusal.answer()
    except AnswerLost:
        _log(standin, centre, visit, 0)
        raise
    if isinstance(answer, Response):
        _log(standin, centre, visit, answer.status_code)
        return answer
    visit.code = answer.body["code"] if isinstance(answer, Answer) else 0
    response = _response(answer)
    if visit.organisation is not None and visit.code != 43:
        response.headers.extend(standin.limits.headers(visit.organisation))
    _log(standin, centre, visit, response.status_code)
    return response


def _answer(
    standin: StandIn, centre: CentreName, request: Request, visit: Visit
) -> Answer | FileAnswer | Response:
    token = _signed_in(standin, centre, request, visit)
    ids, route = _route(request.method, visit.path)
    if route.in_organisation:
        visit.organisation = _organisation(standin, centre, request, ids, token)
    seen = Seen(visit.method, visit.path, visit.organization_id, visit.email)
    standin.limits.count_user(token.email)
    _limit_fault(standin, visit, seen)
    if visit.organisation is None:
        return _within(standin, centre, request, visit, token, ids, route, seen)
    standin.limits.enter(visit.organisation)
    try:
        standin.limits.count_organisation(visit.organisation)
        return _within(standin, centre, request, visit, token, ids, route, seen)
    finally:
        standin.limits.leave(visit.organisation)


def _within(
    standin: StandIn,
    centre: CentreName,
    request: Request,
    visit: Visit,
    token: AccessToken,
    ids: tuple[str, ...],
    route: Route,
    seen: Seen,
) -> Answer | FileAnswer | Response:
    """Inside the limits: faults before, the work itself, faults after."""
    if fault := _take(standin, visit, seen, "late_before", "slow"):
        standin.pause(fault.seconds)
    if _take(standin, visit, seen, "call_lost"):
        raise AnswerLost
    if _take(standin, visit, seen, "html_502"):
        return bad_gateway()
    if _take(standin, visit, seen, "html_400"):
        return bad_request()
    if fault := _take(standin, visit, seen, *_EARLY_FAULTS):
        raise _refusal(fault, visit)
    if not _allows(token.scopes, route.scope):
        raise unauthorized()
    call = _call(standin, centre, request, visit, ids, route)
    call.files_vanish = bool(
        call.files and _take(standin, visit, seen, "upload_not_stored")
    )
    if _take(standin, visit, seen, "filters_ignored"):
        paging = ("page", "per_page")
        call.queries = {n: v for n, v in call.queries.items() if n in paging}
    call.minds_case = bool(_take(standin, visit, seen, "case_minded"))
    if fault := _take(standin, visit, seen, "sort_ignored", "sort_ignored_unsaid"):
        sorting = ("sort_column", "sort_order")
        call.queries = {n: v for n, v in call.queries.items() if n not in sorting}
        call.says_sorting = fault.name == "sort_ignored"
    if fault := _take(standin, visit, seen, "list_stale"):
        call.stale_seconds = fault.seconds
    answer = _done(call, route)
    if fault := _take(standin, visit, seen, *_LATE_FAULTS):
        _late(standin, fault)
    return answer


def _done(call: Call, route: Route) -> Answer | FileAnswer:
    """Under the lock, and written down before anybody changes it again."""
    with call.standin.lock:
        answer = route.handler(call)
        if call.method != "GET":
            call.standin.save()
        return answer.written() if isinstance(answer, Answer) else answer


def _late(standin: StandIn, fault: Fault) -> None:
    if fault.name == "answer_lost":
        raise AnswerLost
    if fault.name == "error_500_after":
        raise _internal_error()
    standin.pause(fault.seconds)


def _signed_in(
    standin: StandIn, centre: CentreName, request: Request, visit: Visit
) -> AccessToken:
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    if scheme not in ("Zoho-oauthtoken", "Bearer") or not secret:
        message = (
            "The request could not be authenticated as the authentication value you"
            " entered is invalid. Enter a valid authentication value and try again."
        )
        raise Refused(401, 14, message)
    tokens = standin.tokens[centre]
    with standin.lock:
        token = tokens.access(secret.strip(), standin.clock())
        if token is None:
            raise unauthorized()
        visit.email = token.email
        seen = Seen(visit.method, visit.path, "", token.email)
        if _take(standin, visit, seen, "tokens_dead"):
            tokens.kill_access(secret.strip())
            raise unauthorized()
        return token


def _route(method: str, path: str) -> tuple[tuple[str, ...], Route]:
    known = False
    for pattern, route in _COMPILED:
        if found := pattern.fullmatch(path):
            if route.method == method:
                return found.groups(), route
            known = True
    if known:
        raise Refused(405, 37, "The HTTP method is not allowed for the resource.")
    raise no_such_url()


def _organisation(
    standin: StandIn,
    centre: CentreName,
    request: Request,
    ids: tuple[str, ...],
    token: AccessToken,
) -> Organisation:
    wanted = request.args.get("organization_id", "")
    wanted = wanted or request.headers.get(_ORGANISATION_HEADER, "")
    if request.path.startswith(f"{PREFIX}/organizations/"):
        wanted = ids[0]
    found = standin.world.organisations.get(wanted)
    if (
        found is None
        or found.centre != centre
        or not found.active
        or token.email not in found.members
    ):
        raise not_associated(wanted)
    return found


def _allows(scopes: list[str], wanted: str) -> bool:
    group, _, verb = wanted.partition(".")
    granted = {scope.casefold() for scope in scopes}
    return bool(
        granted
        & {
            f"zohobooks.{group}.{verb}".casefold(),
            f"zohobooks.{group}.all",
            "zohobooks.fullaccess.all",
        }
    )


def _call(
    standin: StandIn,
    centre: CentreName,
    request: Request,
    visit: Visit,
    ids: tuple[str, ...],
    route: Route,
) -> Call:
    call = Call(
        standin=standin,
        centre=centre,
        user=standin.user(visit.email),
        method=visit.method,
        path=visit.path,
        queries=_queries(standin, request, visit, route),
        ids=ids,
        of=visit.organisation,
    )
    if route.schema is not None:
        call.body = _body(request)
        check(call.body, route.schema, call.organisation.edition)
    if route.takes_files:
        call.files = {name: _upload(file) for name, file in request.files.items()}
    return call


def _queries(
    standin: StandIn, request: Request, visit: Visit, route: Route
) -> dict[str, str]:
    """Unknown ones are ignored, as at Zoho, unless the stand-in is strict."""
    sent = dict(request.args.items())
    sent.pop("organization_id", None)
    visit.unknown_queries = tuple(sorted(set(sent) - route.queries))
    if visit.unknown_queries and standin.strict_queries:
        raise invalid(f"query parameter {visit.unknown_queries[0]}")
    visit.queries = {name: sent[name] for name in sent if name in route.queries}
    return visit.queries


def _body(request: Request) -> Record:
    """JSON, or JSON in the form field JSONString, urlencoded or multipart."""
    if request.mimetype in ("application/x-www-form-urlencoded", "multipart/form-data"):
        text: str | bytes = request.form.get("JSONString", "")
    else:
        text = request.get_data()
    try:
        body = loads(text)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise Refused(400, 1038, "JSON is not well formed")
    return body


def _upload(file: FileStorage) -> Upload:
    return Upload(file.filename or "", file.mimetype, file.read())


def _take(standin: StandIn, visit: Visit, seen: Seen, *names: str) -> Fault | None:
    fault = standin.faults.take(names, seen)
    if fault is not None:
        visit.fault = fault.name
    return fault


def _limit_fault(standin: StandIn, visit: Visit, seen: Seen) -> None:
    fault = _take(standin, visit, seen, *_LIMIT_FAULTS)
    if fault is None:
        return
    if fault.name == "user_blocked":
        standin.limits.block(visit.email)
    raise {
        "per_minute": limit_answers.minute_spent(),
        "per_day": limit_answers.day_spent(1000),
        "at_once": limit_answers.too_many_at_once(),
    }.get(fault.name, limit_answers.user_blocked())


def _refusal(fault: Fault, visit: Visit) -> Refused:
    match fault.name:
        case "no_such_url":
            return no_such_url()
        case "forbidden":
            return unauthorized()
        case "organisation_off":
            return not_associated(visit.organization_id)
        case "mandatory_tag":
            return mandatory_tag("Department")
        case "vendor_refused":
            return invalid("vendor_id")
        case "date_locked":
            return locked_period("")
        case "tax_inactive":
            return Refused(400, INACTIVE, "The tax is inactive.")
        case _:
            return _internal_error()


def _internal_error() -> Refused:
    return Refused(500, 1000, "Internal error")


def bad_gateway() -> Response:
    page = "<html><head><title>502 Bad Gateway</title></head><body></body></html>"
    return Response(page, 502, mimetype="text/html")


def bad_request() -> Response:
    page = "<html><head><title>400 Bad Request</title></head><body></body></html>"
    return Response(page, 400, mimetype="text/html")


def _response(answer: Answer | FileAnswer) -> Response:
    if isinstance(answer, FileAnswer):
        response = Response(answer.content, mimetype=answer.content_type)
        name = answer.name.replace('"', "")
        response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        return response
    response = Response(answer.text or dumps(answer.body), answer.status)
    response.headers["Content-Type"] = "application/json;charset=UTF-8"
    response.headers["Content-Disposition"] = "attachment;"
    response.headers["Cache-Control"] = "no-store, no-cache, must-revalidate, private"
    response.headers["Allow"] = "OPTIONS, DELETE, POST, GET, PUT"
    response.headers.extend(answer.headers)
    return response


def _log(standin: StandIn, centre: CentreName, visit: Visit, status: int) -> None:
    """Never a token: only declared query parameters are written down."""
    standin.calls.append(
        {
            "at": standin.clock(),
            "centre": centre,
            "method": visit.method,
            "path": visit.path,
            "queries": visit.queries or {},
            "unknown_queries": list(visit.unknown_queries),
            "organization_id": visit.organization_id,
            "user": visit.email,
            "status": status,
            "code": visit.code,
            "fault": visit.fault,
        }
    )
