"""What is secret at rest: encrypted with keys from the environment, rotatable."""

from functools import cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


class WrongKey(RuntimeError):
    """What is stored was encrypted with a key that ENCRYPTION_KEYS lacks."""


def encrypt(text: str) -> str:
    return _keys(tuple(settings.ENCRYPTION_KEYS)).encrypt(text.encode()).decode()


def decrypt(secret: str) -> str:
    """Raises WrongKey rather than hand back ciphertext."""
    try:
        return _keys(tuple(settings.ENCRYPTION_KEYS)).decrypt(secret.encode()).decode()
    except InvalidToken:
        raise WrongKey("No key of ENCRYPTION_KEYS opens this value.") from None


def renewed(secret: str) -> str | None:
    """The same, encrypted with the first key; None where it is already.

    Raises WrongKey.
    """
    keys = tuple(settings.ENCRYPTION_KEYS)
    try:
        _keys(keys[:1]).decrypt(secret.encode())
    except InvalidToken:
        return encrypt(decrypt(secret))
    return None


@cache
def _keys(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])
