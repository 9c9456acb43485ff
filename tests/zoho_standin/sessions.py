"""Who is signed in to Zoho in this browser, data centre by data centre."""

from __future__ import annotations

from urllib.parse import urlencode, urlsplit

from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from tests.zoho_standin.standin import StandIn
from tests.zoho_standin.tokens import new_secret
from tests.zoho_standin.world import CentreName, User

SIGN_IN = "/signin"
ARRIVE = "/signin/arrive"


def signed_in(standin: StandIn, centre: CentreName, request: Request) -> User | None:
    key = request.cookies.get(_cookie(centre), "")
    email = standin.tokens[centre].sessions.get(key)
    return standin.world.users.get(email) if email else None


def to_sign_in(request: Request) -> Response:
    back = urlencode({"serviceurl": request.full_path})
    return redirect(f"{SIGN_IN}?{back}", 302)


def signed_in_at_home(standin: StandIn, user: User, back: str) -> Response:
    """Zoho moves people to their own data centre, wherever they signed in."""
    ticket = new_secret()
    standin.tokens[user.centre].tickets[ticket] = user.email
    query = urlencode({"ticket": ticket, "serviceurl": back})
    return redirect(f"{standin.origins[user.centre]}{ARRIVE}?{query}", 303)


def arrived(standin: StandIn, centre: CentreName, request: Request) -> Response:
    tokens = standin.tokens[centre]
    email = tokens.tickets.pop(request.args.get("ticket", ""), None)
    back = own_address(request.args.get("serviceurl", ""))
    if email is None:
        return redirect(SIGN_IN, 303)
    key = new_secret()
    tokens.sessions[key] = email
    standin.save()
    response = redirect(back, 303)
    response.set_cookie(_cookie(centre), key, httponly=True, samesite="Lax")
    return response


def signed_out(standin: StandIn, centre: CentreName, request: Request) -> Response:
    key = request.cookies.get(_cookie(centre), "")
    standin.tokens[centre].sessions.pop(key, None)
    standin.save()
    back = own_address(request.args.get("serviceurl", ""))
    response = redirect(f"{SIGN_IN}?{urlencode({'serviceurl': back})}", 303)
    response.delete_cookie(_cookie(centre))
    return response


def own_address(back: str) -> str:
    parts = urlsplit(back)
    own = not parts.netloc and not parts.scheme and parts.path.startswith("/")
    return back if own else "/"


def _cookie(centre: CentreName) -> str:
    """Cookies do not tell ports apart, so the name tells the data centre."""
    return f"zoho_standin_{centre}"
