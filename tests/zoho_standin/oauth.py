"""Zoho's OAuth 2.0: consent, codes, tokens, who the user is, and taking it back."""

from __future__ import annotations

import base64
import binascii
import re
from ipaddress import ip_address
from urllib.parse import urlencode, urlsplit

from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from tests.zoho_standin import pages
from tests.zoho_standin.answers import Record, dumps
from tests.zoho_standin.books import AnswerLost, bad_gateway
from tests.zoho_standin.faults import Fault, Seen
from tests.zoho_standin.sessions import signed_in, to_sign_in
from tests.zoho_standin.standin import StandIn
from tests.zoho_standin.tokens import AccessToken, Code, new_secret
from tests.zoho_standin.world import CENTRES, CentreName, User

_SCOPE = re.compile(
    r"(ZohoBooks\.(contacts|settings|bills|expenses|debitnotes|vendorpayments|invoices"
    r"|creditnotes|customerpayments|banking|accountants|projects|purchaseorders"
    r"|salesorders|estimates|deliverychallans|fixedasset|custommodules)"
    r"\.(CREATE|READ|UPDATE|DELETE|ALL)|ZohoBooks\.fullaccess\.all)"
)
_PROFILE = "aaaserver.profile.read"
_CALLBACK = "/connections/zoho/callback"
_THROTTLED = (
    "You have made too many requests continuously. Please try again after some time."
)


def answer_oauth(standin: StandIn, centre: CentreName, request: Request) -> Response:
    answer = {
        ("GET", "/oauth/v2/auth"): _authorise,
        ("POST", "/oauth/v2/auth/decision"): _decide,
        ("POST", "/oauth/v2/token"): _token,
        ("GET", "/oauth/v2/token"): _wrong_method,
        ("POST", "/oauth/v2/token/revoke"): _revoke,
        ("POST", "/oauth/v2/revoke/token"): _revoke_with_client,
        ("GET", "/oauth/user/info"): _user_info,
        ("GET", "/oauth/serverinfo"): _server_info,
    }.get((request.method, request.path))
    if answer is None:
        return Response("Not found", 404)
    if answer is _token:  # it may have to wait, which must not stop the others
        return _token(standin, centre, request)
    with standin.lock:
        return answer(standin, centre, request)


def _authorise(standin: StandIn, centre: CentreName, request: Request) -> Response:
    wanted = request.args
    if problem := _problem(standin, centre, wanted.to_dict()):
        return pages.problem(standin, centre, problem)
    user = signed_in(standin, centre, request)
    if user is None:
        return to_sign_in(request)
    scopes = wanted["scope"].split(",")
    tokens = standin.tokens[centre]
    granted = set(scopes) <= set(tokens.consents.get(user.email, []))
    if granted and wanted.get("prompt") != "consent":
        return _accepted(standin, centre, user, wanted.to_dict(), again=True)
    key = new_secret()
    tokens.requests[key] = {"email": user.email, **wanted.to_dict()}
    return pages.consent(standin, centre, user, key, scopes, request.full_path)


def _problem(standin: StandIn, centre: CentreName, wanted: dict[str, str]) -> str:
    enabled = centre in standin.client_centres
    if wanted.get("client_id") != standin.client_id or not enabled:
        return "Invalid Client ID: this application is not registered here."
    if not _registered(standin, wanted.get("redirect_uri", "")):
        return "Invalid Redirect URI: it differs from the registered one."
    if wanted.get("response_type") != "code":
        return "Invalid response type."
    scopes = wanted.get("scope", "").split(",")
    unknown = [scope for scope in scopes if not _known_scope(scope)]
    if unknown:
        return f"Invalid OAuth Scope: {unknown[0]!r} does not exist."
    return ""


def _known_scope(scope: str) -> bool:
    return bool(_SCOPE.fullmatch(scope)) or scope.casefold() == _PROFILE


def _registered(standin: StandIn, address: str) -> bool:
    """The registered address, or any of this machine's that ends in the callback."""
    if standin.redirect_uri:
        return address == standin.redirect_uri
    parts = urlsplit(address)
    return parts.path == _CALLBACK and _is_loopback(parts.hostname or "")


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _decide(standin: StandIn, centre: CentreName, request: Request) -> Response:
    user = signed_in(standin, centre, request)
    tokens = standin.tokens[centre]
    wanted = tokens.requests.pop(request.form.get("request", ""), None)
    if wanted is None or user is None or wanted["email"] != user.email:
        return pages.problem(standin, centre, "This page has expired. Start again.")
    if request.form.get("decision") != "accept":
        query = {"state": wanted.get("state", ""), "error": "access_denied"}
        return _back(wanted, query)
    return _accepted(standin, centre, user, wanted, again=False)


def _accepted(
    standin: StandIn,
    centre: CentreName,
    user: User,
    wanted: dict[str, str],
    *,
    again: bool,
) -> Response:
    """`again`: granted before and not asked anew, so no refresh token comes of it."""
    tokens, now = standin.tokens[centre], standin.clock()
    most = standin.limits.sizes.codes_per_ten_minutes
    if most is not None and not tokens.may_have_code(user.email, now, most):
        return pages.problem(standin, centre, "Too many requests. Try again later.")
    code = Code(
        email=user.email,
        client_id=wanted["client_id"],
        scopes=wanted["scope"].split(","),
        redirect_uri=wanted["redirect_uri"],
        issued_at=now,
        offline=wanted.get("access_type") == "offline" and not again,
    )
    query = {
        "state": wanted.get("state", ""),
        "code": tokens.new_code(code),
    }
    if len(standin.client_centres) > 1:  # a client of one data centre is not told
        query |= {"location": centre, "accounts-server": standin.origins[centre]}
    standin.save()
    return _back(wanted, query)


def _back(wanted: dict[str, str], query: dict[str, str]) -> Response:
    given = {name: value for name, value in query.items() if value}
    joint = "&" if "?" in wanted["redirect_uri"] else "?"
    return _to(f"{wanted['redirect_uri']}{joint}{urlencode(given)}")


def _to(address: str) -> Response:
    response = redirect(address, 302)
    response.data = b""  # the address has a code in it
    return response


def _wrong_method(standin: StandIn, centre: CentreName, request: Request) -> Response:
    return _json({"error": "general_error"}, 400)


def _token(standin: StandIn, centre: CentreName, request: Request) -> Response:
    sent = request.args.to_dict() | request.form.to_dict()
    kind = sent.get("grant_type", "")
    if fault := _fault(standin, kind):
        early = _faulty(standin, fault)
        if early is not None:
            _log(standin, centre, kind, early.status_code, fault.name)
            return early
    with standin.lock:
        if fault and fault.name == "refresh_token_revoked":
            standin.tokens[centre].revoke(sent.get("refresh_token", ""))
        answer = _token_answer(standin, centre, sent)
        standin.save()
    if fault and fault.name == "token_lost":
        _log(standin, centre, kind, 0, fault.name)
        raise AnswerLost
    status = 200 if kind else 400
    _log(standin, centre, kind, status, fault.name if fault else "", answer)
    return _json(answer, status)


def _fault(standin: StandIn, kind: str) -> Fault | None:
    """Faults of this endpoint match on `path`: the grant type."""
    names: tuple[str, ...] = (
        "token_throttled",
        "invalid_client",
        "token_html_502",
        "token_slow",
        "token_lost",
    )
    if kind == "refresh_token":
        names = (*names, "refresh_token_revoked")
    return standin.faults.take(names, Seen("POST", kind))


def _faulty(standin: StandIn, fault: Fault) -> Response | None:
    if fault.name == "token_throttled":
        return _json(_throttled(), fault.status or 200)
    if fault.name == "invalid_client":
        return _json({"error": "invalid_client"})
    if fault.name == "token_html_502":
        return bad_gateway()
    if fault.name == "token_slow":
        standin.pause(fault.seconds)
    return None


def _throttled() -> Record:
    return {
        "error_description": _THROTTLED,
        "error": "Access Denied",
        "status": "failure",
    }


def _token_answer(standin: StandIn, centre: CentreName, sent: dict[str, str]) -> Record:
    known = sent.get("client_id") == standin.client_id
    if not known or centre not in standin.client_centres:
        return {"error": "invalid_client"}
    if sent.get("client_secret") != standin.client_secrets[centre]:
        return {"error": "invalid_client_secret"}
    match sent.get("grant_type"):
        case "authorization_code":
            return _exchanged(standin, centre, sent)
        case "refresh_token":
            return _refreshed(standin, centre, sent)
        case _:
            return {"error": "unsupported_grant_type"}


def _exchanged(standin: StandIn, centre: CentreName, sent: dict[str, str]) -> Record:
    tokens, now = standin.tokens[centre], standin.clock()
    code = tokens.taken_code(sent.get("code", ""), now)
    if code is None:
        return {"error": "invalid_code"}
    if sent.get("redirect_uri") != code.redirect_uri:
        return {"error": "invalid_redirect_uri"}
    refresh_token = tokens.new_refresh_token(code, now) if code.offline else ""
    answer = _issued(standin, centre, code.email, code.scopes, refresh_token)
    if refresh_token:
        answer["refresh_token"] = refresh_token
    return answer


def _refreshed(standin: StandIn, centre: CentreName, sent: dict[str, str]) -> Record:
    tokens, now = standin.tokens[centre], standin.clock()
    secret = sent.get("refresh_token", "")
    token = tokens.refresh_tokens.get(secret)
    if token is None:
        return {"error": "invalid_code"}
    if not tokens.may_refresh(secret, now):
        return _throttled()
    token.refreshed_at.append(now)
    return _issued(standin, centre, token.email, token.scopes, secret)


def _issued(
    standin: StandIn,
    centre: CentreName,
    email: str,
    scopes: list[str],
    refresh_token: str,
) -> Record:
    now = standin.clock()
    lifetime = standin.limits.sizes.access_token_seconds or 3600
    token = AccessToken(email, scopes, now + lifetime, refresh_token)
    return {
        "access_token": standin.tokens[centre].new_access_token(token, now),
        "scope": " ".join(scopes),
        "api_domain": standin.origins[centre],
        "token_type": "Bearer",
        "expires_in": lifetime,
    }


def _revoke(standin: StandIn, centre: CentreName, request: Request) -> Response:
    """The form of the Books page: the token is read from the address alone."""
    return _revoked(standin, centre, request.args.get("token", ""))


def _revoke_with_client(
    standin: StandIn, centre: CentreName, request: Request
) -> Response:
    """The generic page's form: HTTP Basic with client id and secret."""
    scheme, _, encoded = request.headers.get("Authorization", "").partition(" ")
    try:
        given = base64.b64decode(encoded, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        given = ""
    wanted = f"{standin.client_id}:{standin.client_secrets[centre]}"
    if scheme != "Basic" or given != wanted:
        return _json({"error": "invalid_client"}, 401)
    return _revoked(standin, centre, request.form.get("token", ""))


def _revoked(standin: StandIn, centre: CentreName, secret: str) -> Response:
    done = standin.tokens[centre].revoke(secret)
    standin.save()
    _log(standin, centre, "revoke", 200 if done else 400, "")
    if done:
        return _json({"status": "success"})
    page = "<html><head><title>Error</title></head><body>Invalid token</body></html>"
    return Response(page, 400, mimetype="text/html")


def _user_info(standin: StandIn, centre: CentreName, request: Request) -> Response:
    _, _, secret = request.headers.get("Authorization", "").partition(" ")
    token = standin.tokens[centre].access(secret.strip(), standin.clock())
    if token is None:
        return _json({"cause": "INVALID_OAUTHTOKEN", "response": "error"}, 401)
    if _PROFILE not in [scope.casefold() for scope in token.scopes]:
        return _json({"cause": "INVALID_OAUTHSCOPE", "response": "error"}, 401)
    user = standin.user(token.email)
    first, _, last = user.name.partition(" ")
    return _json(
        {
            "First_Name": first,
            "Last_Name": last,
            "Display_Name": user.name,
            "Email": user.email,
            "ZUID": user.zuid,
        }
    )


def _server_info(standin: StandIn, centre: CentreName, request: Request) -> Response:
    locations = {name: standin.origins[name] for name in CENTRES}
    return _json({"result": "success", "locations": locations})


def _json(body: Record, status: int = 200) -> Response:
    response = Response(dumps(body), status)
    response.headers["Content-Type"] = "application/json;charset=UTF-8"
    return response


def _log(
    standin: StandIn,
    centre: CentreName,
    kind: str,
    status: int,
    fault: str,
    answer: Record | None = None,
) -> None:
    standin.calls.append(
        {
            "at": standin.clock(),
            "centre": centre,
            "method": "POST",
            "path": f"/oauth/{kind}",
            "organization_id": "",
            "user": "",
            "status": status,
            "code": 0,
            "error": (answer or {}).get("error", ""),
            "fault": fault,
        }
    )
