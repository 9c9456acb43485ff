"""The trail of what happened in a business: one function writes, nobody changes."""

from collections.abc import Iterable
from typing import Final

from django.db import models
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from dext_sync.businesses.models import AuditEntry, Business, User

MOST_AT_ONCE: Final = 500

# Action codes and their sentences; {subject} and the keys of data may be used.
SENTENCES = {
    "business.created": _("created the business {subject}"),
    "business.changed": _("changed the business profile: {changes}"),
    "business.two_factor_required": _("required two-factor sign-in of every user"),
    "business.two_factor_not_required": _(
        "no longer required two-factor sign-in of every user"
    ),
    "member.invited": _("invited {subject} as {role}"),
    "member.invitation_revoked": _("took back the invitation of {subject}"),
    "member.joined": _("joined as {role}"),
    "member.changed": _("changed {subject}: {changes}"),
    "member.removed": _("removed {subject}"),
    "member.left": _("left"),
    "member.failure_mails_on": _("switched emails about failures on"),
    "member.failure_mails_off": _("switched emails about failures off"),
    "member.ownership_handed_over": _("handed ownership to {subject}"),
    "support.granted": _("let support look, read-only, until {until}"),
    "support.ended": _("ended the access of support"),
    "support.visited": _("looked in as support ({email})"),
    "person.signed_in": _("signed in"),
    "person.signed_out": _("signed out"),
    "person.sign_in_failed": _("failed to sign in"),
    "person.second_step_failed": _("failed at the second step of signing in"),
    "person.password_changed": _("changed their password"),
    "person.password_reset": _("set a new password through a link in an email"),
    "person.two_factor_on": _("switched two-factor sign-in on"),
    "person.two_factor_off": _("switched two-factor sign-in off"),
    "connection.consent_started": _("set out to Zoho to give permission"),
    "connection.consent_refused": _("came back from Zoho without permission: {reason}"),
    "connection.connected": _("connected {subject}"),
    "connection.reconnected": _("reconnected {subject}"),
    "connection.organisation_changed": _(
        "changed the organisation from {before} to {subject}"
    ),
    "connection.other_organisation": _(
        "came back with another organisation ({subject}); the old one was kept"
    ),
    "connection.needs_reconnecting": _("{subject} needs reconnecting: {reason}"),
    "connection.setting_changed": _(
        "changed “{setting}” of {subject} from {before} to {after}"
    ),
    "connection.disconnected": _("disconnected {subject}"),
    "connection.taken_over": _(
        "{subject} was disconnected: an administrator of it in Zoho Books connected it"
        " to another business"
    ),
    "connection.took_over": _("took {subject} over from another business"),
    "connection.handed_on": _(
        "took {subject} over from {giver}: it works with their own permission now"
    ),
    "connection.giver_left": _(
        "{subject} works until {until}: the person who connected it has left"
    ),
    "refresh.started": _("refreshed the lists of {subject}"),
    "refresh.finished": _("lists of {subject} refreshed: {summary}"),
    "refresh.failed": _("the lists of {subject} could not be refreshed: {reason}"),
    "entry.hidden": _("hid {subject} from pickers"),
    "entry.shown": _("showed {subject} in pickers"),
    "payment_method.added": _("added the payment method {subject}"),
    "payment_method.changed": _("changed the payment method {subject}"),
    "payment_method.removed": _("removed the payment method {subject}"),
    "item.uploaded": _("uploaded {subject}"),
    "item.same_file": _("uploaded the same file as that of {first}"),
    "item.converted": _(
        "had {subject} converted from HEIC to JPEG; SHA-256 of the original: {sha256}"
    ),
    "item.created": _("typed in {subject}"),
    "item.changed": _("changed {field} of {subject} from {before} to {after}"),
    "item.confirmed": _("confirmed {field} of {subject}: {value}"),
    "item.ruled": _("changed {field} of {subject} by rule from {before} to {after}"),
    "item.defaulted": _(
        "changed {field} of {subject} by default from {before} to {after}"
    ),
    "item.merged": _(
        "{field} of {subject} became {after}: in the organisation before it was {before}"
    ),
    "lists.merged": _("merged the lists into those of {subject}: {count} changed"),
    "item.suspected": _("{subject} may be a duplicate: {grounds}"),
    "item.different": _("said: {subject} is different from {other}"),
    "item.same": _("said: {subject} is the same as {other}"),
    "item.archived": _("archived {subject} without publishing"),
    "item.unarchived": _("took {subject} back from the archive"),
    "item.put_back": _("put {subject} back into the archive"),
    "item.cleared": _(
        "cleared the publishing data of {subject}: {record} ({zoho_id}) stays in Zoho "
        "Books"
    ),
    "item.deleted": _("deleted {subject}"),
    "supplier.linked": _("chose the Zoho contact {contact} for {subject}"),
    "supplier.to_create": _("said: create {subject} in Zoho"),
    "supplier.not_to_create": _("took back: create {subject} in Zoho"),
    "supplier.merged": _("said: {other} is another spelling of {subject}"),
    "supplier.unmerged": _("took back: {other} is another spelling of {subject}"),
    "category_rule.added": _("added the category rule “{subject}”: {category}"),
    "category_rule.changed": _("changed the category rule “{subject}”: {category}"),
    "category_rule.moved": _("moved the category rule “{subject}” up: {category}"),
    "category_rule.removed": _("removed the category rule “{subject}”: {category}"),
    # The other business is not named: its people are others.
    "settings.copied_out": _("copied from here to another business of theirs: {what}"),
    "settings.copied_in": _("copied to here from another business of theirs: {what}"),
    "rule.changed": _("changed the rule of {subject}: {changes}"),
    "auto.published": _("{subject}: {sentence}"),
    "auto.held": _("{subject}: {sentence}"),
    "auto.paused": _(
        "auto-publish of {subject} is paused until a person has mended a failure:"
        " {reason}"
    ),
    "auto.resumed": _("auto-publish of {subject} goes on"),
    "restore.began": _(
        "The database was put back: nothing is sent before Zoho was asked what it has"
        " since {since}"
    ),
    "restore.known": _(
        "found {subject} in Zoho, published before the database was put back"
    ),
    "restore.unknown": _(
        "Zoho has {subject} of {date} over {total} ({zoho_id}), published from here and"
        " unknown since the database was put back"
    ),
    "publication.requested": _("pressed Publish on {subject}"),
    "publication.attaches": _("said: attach the document of {subject} to the {record}"),
    "publication.attached": _("attached the document of {subject} to the {record}"),
    "publication.attach_requested": _(
        "asked to attach the document of {subject} again"
    ),
    "publication.differs": _("Zoho has other amounts for {subject}: {differences}"),
    "publication.withdrawn": _("stopped the publishing of {subject}"),
    "publication.sent": _("sent the {step} of {subject} to Zoho"),
    "publication.uncertain": _("Zoho's answer for the {step} of {subject} was lost"),
    "publication.found": _("found the {step} of {subject} in Zoho"),
    "publication.not_found": _("asked Zoho: the {step} of {subject} is not there"),
    "publication.published": _("published {subject}: {kind} {number}"),
    "publication.seen_there": _("saw the {step} of {subject} in Zoho"),
    "publication.seen_missing": _(
        "looked in Zoho: the {step} of {subject} is not there"
    ),
    "publication.second_record": _(
        "Zoho took {subject} twice: {zoho_id} is there beside the other record"
    ),
    "publication.document_missing": _("published {subject}, its document is missing"),
    "publication.document_attached": _("attached the document of {subject}"),
    "publication.failed": _("{subject} was not published: {reason}"),
    "publication.held": _("did not publish {subject}: {reason}"),
    "publication.waiting": _("{subject} waits until {until}: {reason}"),
    "publication.stuck": _("{subject} waits: {reason}"),
}

# Said by themselves: nobody did it.
WHOLE: Final = frozenset(
    {
        "auto.held",
        "auto.paused",
        "auto.published",
        "auto.resumed",
        "item.merged",
        "item.suspected",
        "publication.differs",
        "publication.failed",
        "publication.second_record",
        "publication.uncertain",
        "publication.waiting",
        "publication.stuck",
        "restore.unknown",
    }
)

OWN_SENTENCES = {
    "item.changed": _("changed {field} from {before} to {after}"),
    "item.confirmed": _("confirmed {field}: {value}"),
    "item.ruled": _("changed {field} by rule from {before} to {after}"),
    "item.defaulted": _("changed {field} by default from {before} to {after}"),
    "auto.published": _("{sentence}"),
    "auto.held": _("{sentence}"),
}


def record(
    business: Business,
    action: str,
    *,
    actor: User | None = None,
    subject: models.Model | None = None,
    subject_name: str = "",
    **data: object,
) -> AuditEntry:
    """Write one entry; no actor means that a background job did it.

    data: what the action's sentence needs, as plain JSON values. Never a secret.
    """
    entry = line(
        business,
        action,
        actor=actor,
        subject=subject,
        subject_name=subject_name,
        **data,
    )
    entry.save(force_insert=True)
    return entry


def record_all(lines: Iterable[AuditEntry]) -> None:
    """Write many at once."""
    AuditEntry.unscoped.bulk_create(lines, batch_size=MOST_AT_ONCE)


def line(
    business: Business,
    action: str,
    *,
    actor: User | None = None,
    subject: models.Model | None = None,
    subject_name: str = "",
    **data: object,
) -> AuditEntry:
    """An entry as `record` writes it, for `record_all`."""
    if action not in SENTENCES:
        raise ValueError(f"{action} has no sentence.")
    return AuditEntry(
        business=business,
        action=action,
        actor_id=actor.pk if actor else None,
        actor_name=str(actor) if actor else "",
        subject_kind=_kind(subject) if subject else "",
        subject_id=str(subject.pk) if subject else "",
        subject_name=(subject_name or (str(subject) if subject else ""))[:254],
        data=data,
    )


def sentence(entry: AuditEntry) -> str:
    """What the entry says, without its actor: “connected Harbour Bakery Ltd”."""
    return _filled(entry, SENTENCES.get(entry.action))


def teller(entry: AuditEntry) -> str:
    """Who the sentence begins with; "" where it needs nobody."""
    if entry.actor_name or entry.action in WHOLE:
        return entry.actor_name
    return "dext_sync"


def own_sentence(entry: AuditEntry) -> str:
    """The same on its subject's own page, where everything is about that."""
    return _filled(entry, {**SENTENCES, **OWN_SENTENCES}.get(entry.action))


def own_sentence_with(entry: AuditEntry, **words: str) -> str:
    """The same as HTML, with these in the place of what its data says."""
    try:
        pattern = str({**SENTENCES, **OWN_SENTENCES}[entry.action])
        return format_html(pattern, **{**_told(entry), **words})
    except KeyError:
        return own_sentence(entry)


def linked_sentence(entry: AuditEntry, **addresses: str) -> str:
    """The same as HTML; its subject, say, leads to its address."""
    told = _told(entry)
    links = {
        word: format_html(
            '<a href="{}">{}</a>', address, told.get(f"{word}_known") or told[word]
        )
        for word, address in addresses.items()
    }
    try:
        return format_html(str(SENTENCES[entry.action]), **{**told, **links})
    except KeyError:
        return sentence(entry)


def _filled(entry: AuditEntry, pattern: object | None) -> str:
    try:
        return str(pattern or entry.action).format(**_told(entry)).strip()
    except KeyError:
        return f"{entry.action} {entry.subject_name}"


def _told(entry: AuditEntry) -> dict[str, object]:
    """What its data says, a time as people read it."""
    told = {**entry.data, "subject": entry.subject_name}
    if until := parse_datetime(str(entry.data.get("until", ""))):
        told["until"] = date_format(timezone.localtime(until), "j M, H:i")
    return told


def about(business: Business, subject: models.Model) -> models.QuerySet[AuditEntry]:
    """What happened to one row, newest first."""
    return AuditEntry.objects.for_business(business).filter(
        subject_kind=_kind(subject), subject_id=str(subject.pk)
    )


def _kind(subject: models.Model) -> str:
    return type(subject).__name__.lower()
