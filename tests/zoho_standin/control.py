"""The tests' hand in the stand-in: faults, limits, state, calls and changes.

POST, GET, DELETE /_standin/faults; POST /_standin/limits; GET /_standin/state;
GET, DELETE /_standin/calls; POST /_standin/change; POST /_standin/reset. `Remote` and
`StandIn` have the same as methods; the names are in `faults`, `limits`, `changes`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from werkzeug.wrappers import Request, Response

from tests.zoho_standin.answers import Record, Refused, dumps, loads
from tests.zoho_standin.standin import StandIn

PREFIX = "/_standin"


def answer_control(standin: StandIn, request: Request) -> Response:
    path = request.path.removeprefix(PREFIX)
    answer = _ANSWERS.get((request.method, path))
    if answer is None:
        return _json({"error": f"There is no {request.method} {request.path}"}, 404)
    try:
        return _json(answer(standin, request))
    except Refused as refusal:
        return _json({"error": f"{refusal.code}: {refusal.message}"}, 400)
    except (KeyError, TypeError, ValueError) as error:
        return _json({"error": f"{type(error).__name__}: {error}"}, 400)


def _add_fault(standin: StandIn, request: Request) -> object:
    """{"fault": name, "times": 1, "skip": 0, "seconds": 1, "match": {…}}."""
    order = _order(request)
    standin.fault(order.pop("fault"), **order)
    return _list_faults(standin, request)


def _list_faults(standin: StandIn, request: Request) -> object:
    return {"faults": standin.faults.waiting()}


def _clear_faults(standin: StandIn, request: Request) -> object:
    standin.faults.clear()
    return _list_faults(standin, request)


def _limits(standin: StandIn, request: Request) -> object:
    """{"per_minute": 5, "access_token_seconds": 30, …}; null switches one off."""
    return standin.limits.change(_order(request))


def _state(standin: StandIn, request: Request) -> object:
    if wanted := request.args.get("organization_id", ""):
        return standin.state(wanted)
    numbers = list(standin.world.organisations)
    return {"organisations": {number: standin.state(number) for number in numbers}}


def _calls(standin: StandIn, request: Request) -> object:
    return {"calls": list(standin.calls)}


def _forget_calls(standin: StandIn, request: Request) -> object:
    standin.calls.clear()
    return {"calls": []}


def _change(standin: StandIn, request: Request) -> object:
    """{"change": name, …}: see `changes`."""
    order = _order(request)
    return standin.change(order.pop("change"), **order)


def _reset(standin: StandIn, request: Request) -> object:
    standin.reset()
    return {"reset": True}


def _strict(standin: StandIn, request: Request) -> object:
    standin.strict_queries = bool(_order(request)["strict_queries"])
    return {"strict_queries": standin.strict_queries}


_ANSWERS: dict[tuple[str, str], Callable[[StandIn, Request], object]] = {
    ("POST", "/faults"): _add_fault,
    ("GET", "/faults"): _list_faults,
    ("DELETE", "/faults"): _clear_faults,
    ("POST", "/limits"): _limits,
    ("GET", "/state"): _state,
    ("GET", "/calls"): _calls,
    ("DELETE", "/calls"): _forget_calls,
    ("POST", "/change"): _change,
    ("POST", "/reset"): _reset,
    ("POST", "/strict"): _strict,
}


def _order(request: Request) -> Record:
    order: Any = loads(request.get_data() or b"{}")
    if not isinstance(order, dict):
        raise TypeError("a JSON object is expected")
    return order


def _json(body: object, status: int = 200) -> Response:
    return Response(dumps(body), status, mimetype="application/json")
