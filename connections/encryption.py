"""A text column that is encrypted at rest, with keys that can be rotated."""

from functools import cache
from typing import TYPE_CHECKING, Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

if TYPE_CHECKING:
    TextField = models.TextField[str, str]
else:
    TextField = models.TextField


class WrongKey(RuntimeError):
    """What is stored was encrypted with a key that ENCRYPTION_KEYS lacks."""


class EncryptedTextField(TextField):
    """Encrypts with the first of ENCRYPTION_KEYS, decrypts with any of them.

    An empty text stays empty. Raises WrongKey rather than hand back ciphertext.
    """

    def get_prep_value(self, value: Any) -> Any:
        text = super().get_prep_value(value)
        return encrypt(text) if text else text

    def from_db_value(
        self, value: str | None, _expression: object, _connection: BaseDatabaseWrapper
    ) -> str | None:
        return decrypt(value) if value else value


def encrypt(text: str) -> str:
    return _keys(tuple(settings.ENCRYPTION_KEYS)).encrypt(text.encode()).decode()


def decrypt(secret: str) -> str:
    try:
        return _keys(tuple(settings.ENCRYPTION_KEYS)).decrypt(secret.encode()).decode()
    except InvalidToken:
        raise WrongKey("No key of ENCRYPTION_KEYS opens this value.") from None


@cache
def _keys(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])
