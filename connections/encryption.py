"""A text column that is encrypted at rest, with keys that can be rotated."""

from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

from dext_sync.businesses.secrets import WrongKey, decrypt, encrypt

__all__ = ["EncryptedTextField", "WrongKey", "decrypt", "encrypt"]

if TYPE_CHECKING:
    TextField = models.TextField[str, str]
else:
    TextField = models.TextField


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
