"""What can go wrong at Zoho, in classes named for who acts next."""

from typing import Literal

Limit = Literal["minute", "day", "at_once", "user", "token"]

DOES_NOT_EXIST = 1002
DUPLICATE_BILL_NUMBER = 13011
DUPLICATE_INVOICE_NUMBER = 1001
DUPLICATE_CONTACT_NAME = 3062


class ZohoError(Exception):
    """`message` is Zoho's own wording where it gave one, otherwise ours.

    `is_under_way`: we have given up waiting, and Zoho may still be at work on the call.
    `is_silent`: it has answered without a word.
    """

    is_under_way = False
    is_silent = False

    def __init__(
        self, message: str, *, status: int | None = None, code: int | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.code = code


class ZohoUnavailable(ZohoError):
    """Nothing was accepted: wait, then ask again. `retry_after` is in seconds."""

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        code: int | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message, status=status, code=code)
        self.retry_after = retry_after


class ZohoRateLimited(ZohoUnavailable):
    """A limit is spent: wait until it is over.

    Without `retry_after` a day's limit lasts until the organisation's midnight.
    """

    def __init__(
        self,
        message: str,
        *,
        limit: Limit = "minute",
        status: int | None = None,
        code: int | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message, status=status, code=code, retry_after=retry_after)
        self.limit: Limit = limit


class ZohoNoAnswer(ZohoError):
    """A write was sent and nobody knows its fate: look before repeating it."""


class ZohoUnauthorized(ZohoError):
    """The token is refused (or the whole grant is dead): reconnect."""


class ZohoForbidden(ZohoError):
    """A right, a scope or a module is missing: an administrator at Zoho acts.

    `scope` is the one that the call needs, where it is known.
    """

    scope = ""


class ZohoOrganisationRefused(ZohoForbidden):
    """The user who connected does not belong to this organisation any more."""


class ZohoRejected(ZohoError):
    """Zoho said no to the data: somebody mends it."""


class ZohoMissing(ZohoRejected):
    """The entry is gone, or Zoho does not know the address that it was looked for at."""

    @property
    def is_gone(self) -> bool:
        """Zoho has said so of the entry itself."""
        return self.code == DOES_NOT_EXIST


class ZohoMisconfigured(ZohoError):
    """Our client id, secret or redirect address is wrong: the operator acts."""


class ZohoClientUnknown(ZohoMisconfigured):
    """This data centre does not know our client: it may be switched on in others."""


class ZohoUnexpected(ZohoError):
    """An answer that fits nothing we know: ours to look into."""
