"""How log lines look: one JSON object each, or lines for a person at a terminal.

Whatever is written through `logging` carries the names that the door of the request or
task has bound: request, business, person, item, task. Django's own lines name pages by
their address, and some addresses carry a token: here they get the page's name instead.
An address that leads nowhere may carry one too, so it is not told.
"""

import logging
import re
from io import StringIO
from textwrap import indent
from typing import Any, Final, TextIO

import structlog
from django.http import HttpRequest
from structlog.typing import EventDict, ExcInfo, WrappedLogger

JSON: Final = "json"
LINE: Final = "line"
FORMS: Final = (JSON, LINE)
FIELDS: Final = frozenset({"page", "method", "status", "milliseconds"})
"""What a line may add beyond its words; anything else in `extra` stays out."""
CHATTY: Final = ("requests_oauthlib", "oauthlib", "urllib3", "django.template")
"""At DEBUG the first two write tokens, and the last whatever a template was given."""
NO_PAGE: Final = "no page of ours"
CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
"""What would begin another line, or move a terminal's cursor."""


def configuration(form: str) -> dict[str, Any]:
    """What logging.config.dictConfig takes."""
    ours = {"handlers": [], "propagate": True}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {form: _formatter(form)},
        "filters": {"no_fault": {"()": NoFault}},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": form}},
        "root": {"handlers": ["console"], "level": "INFO"},
        "loggers": {
            **{name: {"level": "WARNING"} for name in CHATTY},
            "django.security.DisallowedHost": {"filters": ["no_fault"]},
            # It would write its own way, beside ours.
            "gunicorn.error": ours,
        },
    }


class NoFault(logging.Filter):
    """What any stranger can bring about is told in one line, and wakes nobody."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.levelno, record.levelname = logging.WARNING, "WARNING"
        record.exc_info = record.exc_text = None
        return True


def _formatter(form: str) -> dict[str, Any]:
    return {
        "()": structlog.stdlib.ProcessorFormatter,
        "foreign_pre_chain": [
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.stdlib.ExtraAdder(allow=FIELDS),
            name_the_page,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
        ],
        "processors": [
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            *_written(form),
        ],
    }


def _written(form: str) -> list[structlog.typing.Processor]:
    """Of an error its traceback, never the values in it."""
    if form == JSON:
        return [
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(default=str, ensure_ascii=False),
        ]
    return [
        keep_to_the_line,
        structlog.dev.ConsoleRenderer(
            colors=False, exception_formatter=_indented_traceback, pad_event_to=0
        ),
    ]


def keep_to_the_line(
    _logger: WrappedLogger, _method: str, event: EventDict
) -> EventDict:
    """Values are other people's words: names, what Zoho said."""
    return {
        key: CONTROL.sub(_escaped, value) if isinstance(value, str) else value
        for key, value in event.items()
    }


def _escaped(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape").decode("ascii")


def _indented_traceback(stream: TextIO, error: ExcInfo) -> None:
    """So that no line of it looks like a line of the log."""
    told = StringIO()
    structlog.dev.plain_traceback(told, error)
    stream.write(indent(told.getvalue(), "  ", predicate=lambda _line: True))


def name_the_page(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """For Django's lines about a request: the page that its address led to, if any."""
    record: logging.LogRecord = event["_record"]
    request = getattr(record, "request", None)
    if not isinstance(request, HttpRequest):
        return event
    match = request.resolver_match
    address = request.path.encode("unicode_escape").decode("ascii")  # as in the line
    page = match.view_name if match else NO_PAGE
    event["event"] = event["event"].replace(address, page)
    if match:
        event["page"] = page
    return event
