"""A stand-in for Zoho: its sign-in, its OAuth and Books API v3, on loopback only."""

from tests.zoho_standin.server import Running, lend, serve
from tests.zoho_standin.standin import StandIn

__all__ = ["Running", "StandIn", "lend", "serve"]
