"""One address for a browser: cookies, and so sessions, end with the name of the host.

Where the site is this very machine (the demo), it answers under several names, and Zoho
sends people back to one of them only: there, nobody else would be signed in.
"""

from collections.abc import Callable
from ipaddress import ip_address
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.http.request import split_domain_port


class OwnAddress:
    """Middleware: leads to SITE_URL whoever came by another name of this machine."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.method == "GET" and _is_other_name(request.get_host()):
            return HttpResponseRedirect(settings.SITE_URL + request.get_full_path())
        return self.get_response(request)


def _is_other_name(host: str) -> bool:
    name, port = split_domain_port(host)
    own_name, own_port = split_domain_port(urlsplit(settings.SITE_URL).netloc)
    return (
        (name != own_name and port == own_port)
        and _is_this_machine(name)
        and _is_this_machine(own_name)
    )


def _is_this_machine(name: str) -> bool:
    try:
        return name == "localhost" or ip_address(name.strip("[]")).is_loopback
    except ValueError:
        return False
