"""What can end a trip to Zoho, said to a person, each with its one way on."""

from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

START_AGAIN: Final = _("Start again")


@dataclass(frozen=True)
class Problem:
    """advice: what to do differently. `action`: words of the button; page: its name."""

    title: str | Promise
    happened: str | Promise
    advice: str | Promise
    action: str | Promise = START_AGAIN
    page: str = "connection_steps"


PROBLEMS: Final = {
    "refused": Problem(
        _("The permission was not given"),
        _("In Zoho, Reject was pressed, or your Zoho user may not give permission."),
        _("Start again and press Accept, or ask an administrator of your Zoho Books."),
    ),
    "zoho_said_no": Problem(
        _("Zoho ended the sign-in"),
        _("Zoho sent you back without giving permission, and without saying why."),
        _("Start again. If it happens again, sign out of Zoho first."),
    ),
    "code_failed": Problem(
        _("Zoho did not accept its own answer"),
        _("The answer that Zoho gave is good for two minutes and was too old or used."),
        _("Start again: it takes less than a minute."),
    ),
    "no_lasting_permission": Problem(
        _("The permission would end within the hour"),
        _("Zoho gave a permission that does not last, so it was not kept."),
        _("Start again, and press Accept when Zoho asks."),
    ),
    "unknown_data_centre": Problem(
        _("This data centre is not known here"),
        _(
            "The answer names a Zoho data centre that we cannot connect to. Nothing"
            " was sent there."
        ),
        _("Start again, and choose where you sign in to Zoho Books."),
    ),
    "unavailable": Problem(
        _("Zoho is away for a moment"),
        _("You gave permission, but Zoho did not answer when we asked on."),
        _("Wait a minute, then start again."),
    ),
    "misconfigured": Problem(
        _("This installation is not set up for Zoho"),
        _("Zoho does not accept the client id or secret that is configured here."),
        _("Whoever runs dext_sync must correct it. You can do nothing wrong here."),
        _("Back to Connections"),
        "connections",
    ),
    "not_enabled_there": Problem(
        _("Your Zoho data centre is not switched on here"),
        _(
            "You gave permission, but the data centre where you sign in to Zoho does"
            " not know this installation of dext_sync. Nobody else's connection is"
            " touched by it."
        ),
        _(
            "Whoever runs dext_sync must switch your data centre on in Zoho's API"
            " console (Settings, Multi-DC). Then start again."
        ),
        _("Back to Connections"),
        "connections",
    ),
    "no_organisation": Problem(
        _("No organisation in Zoho Books"),
        _("The Zoho user who gave permission belongs to no organisation there."),
        _("Start again and sign in as a user of the organisation, or create it first."),
    ),
    "not_readable": Problem(
        _("The organisations could not be read"),
        _(
            "Zoho gave permission, but did not let us read which organisations there are."
        ),
        _("Start again as a Zoho user with the right to see settings."),
    ),
    "over": Problem(
        _("This permission is no longer waiting"),
        _("It was given up, or it waited too long and was given back to Zoho."),
        _("Start again: it takes less than a minute."),
    ),
    "foreign": Problem(
        _("This permission belongs to another session"),
        _(
            "A permission works only for the person who gave it, in the browser where"
            " they gave it."
        ),
        _("Start again here."),
    ),
    "used": Problem(
        _("Zoho's answer was taken in already"),
        _("It works once. The permission you gave is waiting for you."),
        _("Go on with choosing the organisation."),
        _("Choose the organisation"),
        "connection_organisation",
    ),
    "finished": Problem(
        _("This is finished"),
        _("The organisation is connected; there is nothing left to do here."),
        "",
        _("To Connections"),
        "connections",
    ),
}
