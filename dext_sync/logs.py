"""How log lines look: one JSON object each, or lines for a person at a terminal.

Whatever is written through `logging` carries the names that the door of the request or
task has bound: request, business, person, item, task. Django's own lines name pages by
their address, and some addresses carry a token: here they get the page's name instead.
"""

import logging
from typing import Any, Final

import structlog
from structlog.typing import EventDict, WrappedLogger

JSON: Final = "json"
LINE: Final = "line"
FORMS: Final = (JSON, LINE)
FIELDS: Final = frozenset({"page", "method", "status", "milliseconds"})
"""What a line may add beyond its words; anything else in `extra` stays out."""
CHATTY: Final = ("requests_oauthlib", "oauthlib", "urllib3", "django.template")
"""At DEBUG the first two write tokens, and the last whatever a template was given."""


def configuration(form: str) -> dict[str, Any]:
    """What logging.config.dictConfig takes."""
    ours = {"handlers": [], "propagate": True}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {form: _formatter(form)},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": form}},
        "root": {"handlers": ["console"], "level": "INFO"},
        "loggers": {
            **{name: {"level": "WARNING"} for name in CHATTY},
            # It would write its own way, beside ours.
            "gunicorn.error": ours,
        },
    }


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
    plain = structlog.dev.plain_traceback
    return [
        structlog.dev.ConsoleRenderer(
            colors=False, exception_formatter=plain, pad_event_to=0
        )
    ]


def name_the_page(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """For Django's lines about a request, where its address led to one of our pages."""
    record: logging.LogRecord = event["_record"]
    request = getattr(record, "request", None)
    match = getattr(request, "resolver_match", None)
    if request is not None and match is not None:
        address = request.path.encode("unicode_escape").decode(
            "ascii"
        )  # as in the line
        event["event"] = event["event"].replace(address, match.view_name)
        event["page"] = match.view_name
    return event
