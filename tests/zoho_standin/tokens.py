"""One data centre's consents, codes and tokens, with Zoho's rules about them."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from tests.zoho_standin.answers import Record

CODE_SECONDS = 120
WINDOW_SECONDS = 600
REFRESHES_PER_WINDOW = 10
CODES_PER_WINDOW = 10
REFRESH_TOKENS_PER_USER = 20
LIVE_ACCESS_TOKENS = 10


@dataclass
class Code:
    email: str
    client_id: str
    scopes: list[str]
    redirect_uri: str
    issued_at: float
    offline: bool


@dataclass
class RefreshToken:
    email: str
    client_id: str
    scopes: list[str]
    issued_at: float
    refreshed_at: list[float] = field(default_factory=list)


@dataclass
class AccessToken:
    email: str
    scopes: list[str]
    expires_at: float
    refresh_token: str = ""


@dataclass
class Tokens:
    """Keys are the secrets themselves; `consents` is who ever accepted what."""

    sessions: dict[str, str] = field(default_factory=dict)
    tickets: dict[str, str] = field(default_factory=dict)
    requests: dict[str, dict[str, str]] = field(default_factory=dict)
    codes: dict[str, Code] = field(default_factory=dict)
    codes_issued: dict[str, list[float]] = field(default_factory=dict)
    consents: dict[str, list[str]] = field(default_factory=dict)
    refresh_tokens: dict[str, RefreshToken] = field(default_factory=dict)
    access_tokens: dict[str, AccessToken] = field(default_factory=dict)

    @classmethod
    def restored(cls, state: Record) -> Tokens:
        plain = {key: value for key, value in state.items() if key not in _ROWS}
        rows: Record = {
            key: {secret: kind(**row) for secret, row in state[key].items()}
            for key, kind in _ROWS.items()
        }
        return cls(**plain, **rows)

    def may_have_code(self, email: str, now: float, most: int) -> bool:
        return len(_recent(self.codes_issued.get(email, []), now)) < most

    def new_code(self, code: Code) -> str:
        secret = new_secret()
        self.codes[secret] = code
        issued = _recent(self.codes_issued.get(code.email, []), code.issued_at)
        self.codes_issued[code.email] = [*issued, code.issued_at]
        granted = self.consents.setdefault(code.email, [])
        granted.extend(scope for scope in code.scopes if scope not in granted)
        return secret

    def taken_code(self, secret: str, now: float) -> Code | None:
        """A code works once, and for two minutes."""
        code = self.codes.get(secret)
        if code is None:
            return None
        del self.codes[secret]
        return code if now - code.issued_at <= CODE_SECONDS else None

    def new_refresh_token(self, code: Code, now: float) -> str:
        """The 21st of a user and client silently kills the oldest."""
        own = [
            secret
            for secret, token in self.refresh_tokens.items()
            if (token.email, token.client_id) == (code.email, code.client_id)
        ]
        for secret in own[: max(0, len(own) - REFRESH_TOKENS_PER_USER + 1)]:
            self.revoke(secret)
        secret = new_secret()
        token = RefreshToken(code.email, code.client_id, code.scopes, now)
        self.refresh_tokens[secret] = token
        return secret

    def may_refresh(self, secret: str, now: float) -> bool:
        token = self.refresh_tokens[secret]
        token.refreshed_at = _recent(token.refreshed_at, now)
        return len(token.refreshed_at) < REFRESHES_PER_WINDOW

    def new_access_token(self, token: AccessToken, now: float) -> str:
        """The 11th live one of a refresh token kills the oldest, even in use."""
        self.access_tokens = {
            secret: row
            for secret, row in self.access_tokens.items()
            if row.expires_at > now
        }
        live = [
            secret
            for secret, row in self.access_tokens.items()
            if token.refresh_token and row.refresh_token == token.refresh_token
        ]
        for secret in live[: max(0, len(live) - LIVE_ACCESS_TOKENS + 1)]:
            del self.access_tokens[secret]
        secret = new_secret()
        self.access_tokens[secret] = token
        return secret

    def access(self, secret: str, now: float) -> AccessToken | None:
        token = self.access_tokens.get(secret)
        return token if token and token.expires_at > now else None

    def kill_access(self, secret: str) -> None:
        self.access_tokens.pop(secret, None)

    def revoke(self, secret: str) -> bool:
        """A refresh token takes its access tokens with it."""
        if self.access_tokens.pop(secret, None):
            return True
        if self.refresh_tokens.pop(secret, None) is None:
            return False
        self.access_tokens = {
            access: row
            for access, row in self.access_tokens.items()
            if row.refresh_token != secret
        }
        return True

    def revoke_all(self, email: str) -> int:
        own = [s for s, row in self.refresh_tokens.items() if row.email == email]
        loose = [s for s, row in self.access_tokens.items() if row.email == email]
        return sum(self.revoke(secret) for secret in [*own, *loose])


_ROWS: dict[str, type[Code] | type[RefreshToken] | type[AccessToken]] = {
    "codes": Code,
    "refresh_tokens": RefreshToken,
    "access_tokens": AccessToken,
}


def new_secret() -> str:
    return f"1000.{secrets.token_hex(16)}.{secrets.token_hex(16)}"


def _recent(times: list[float], now: float) -> list[float]:
    return [moment for moment in times if now - moment < WINDOW_SECONDS]
