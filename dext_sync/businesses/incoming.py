"""How much a form may bring: little, but where documents are taken.

Django keeps every file of every form, whoever sends it and whether or not the page wants
one, before anything else is known of the request.
"""

from typing import IO, Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import FileUploadHandler
from django.http import HttpRequest


class ShortForms(FileUploadHandler):
    """Stands before the handlers that keep files, and keeps none."""

    def handle_raw_input(
        self,
        input_data: IO[bytes],
        META: dict[str, str],  # noqa: N803  (Django's own name)
        content_length: int,
        boundary: Any,
        encoding: str | None = None,
    ) -> None:
        """Raises RequestDataTooBig before anything of it is read."""
        if content_length > settings.FORM_MAX_BYTES:
            raise RequestDataTooBig("This form takes no file as large as that.")

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        return raw_data

    def file_complete(self, file_size: int) -> Any:
        return None


def take_long_form(request: HttpRequest) -> None:
    """For a view that has looked itself at how much arrives, before it reads the form."""
    request.upload_handlers = [
        each for each in request.upload_handlers if not isinstance(each, ShortForms)
    ]
