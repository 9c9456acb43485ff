"""Email addresses: which are a person's own, and when two of them are the same."""

from allauth.account.models import EmailAddress

from dext_sync.businesses.models import User


def verified(user: User) -> list[str]:
    addresses = EmailAddress.objects.filter(user=user, verified=True)
    return list(addresses.values_list("email", flat=True))


def exact(email: str) -> bytes:
    """Bytes know capitals in ASCII alone: no dotless i becomes an i, no Kelvin sign a k."""
    return email.encode().lower()
