"""People, businesses, who belongs to which, and the trail of what happened."""

import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import ClassVar, Never, Self, TypeVar
from zoneinfo import ZoneInfo

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from dext_sync.businesses.roles import Need, Role

Owned = TypeVar("Owned", bound="BusinessOwned", covariant=True)

INVITATION_LIFE = timedelta(days=7)


class UserManager(BaseUserManager["User"]):
    def create_user(
        self, email: str, password: str | None = None, **fields: object
    ) -> "User":
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser, PermissionsMixin):
    """A person who signs in; what they may do is written on their memberships."""

    email = models.EmailField(_("email address"), unique=True)
    name = models.CharField(_("name"), max_length=120, blank=True)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now)
    # How often all sign-ins but one were ended.
    sign_ins_ended = models.PositiveIntegerField(
        default=0, db_default=0, editable=False
    )

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    def __str__(self) -> str:
        return self.name or self.email

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name.split(" ")[0] or self.email

    def get_session_auth_hash(self) -> str:
        """What a sign-in was made with: it ends once this is another."""
        return self._counted(super().get_session_auth_hash())

    def get_session_auth_fallback_hash(self) -> Iterator[str]:
        """The same, by the keys that were Django's secret before."""
        return map(self._counted, super().get_session_auth_fallback_hash())

    def _counted(self, sign_in: str) -> str:
        return f"{sign_in}{self.sign_ins_ended or ''}"


class Business(models.Model):
    """A tenant: whatever hangs on it is seen by its members alone."""

    name = models.CharField(_("business name"), max_length=120)
    slug = models.SlugField(max_length=60, unique=True)
    country = models.CharField(_("country"), max_length=2)
    currency = models.CharField(_("currency"), max_length=3)
    time_zone = models.CharField(_("time zone"), max_length=60, default="UTC")
    tax_registered = models.BooleanField(_("registered for tax"), default=True)
    # Whoever has not set it up for themselves is not let in.
    requires_two_factor = models.BooleanField(default=False, db_default=False)
    # Nothing dated on or before this day is published.
    lock_date = models.DateField(_("lock date"), null=True, blank=True)
    # What items stand on has changed: publishing looks at them again.
    review_due_at = models.DateTimeField(null=True, editable=False)
    # The last item that was looked at for this.
    reviewed_up_to = models.BigIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.name

    def ask_for_review(self) -> None:
        """Not saved: what has changed is saved with it."""
        self.review_due_at, self.reviewed_up_to = timezone.now(), 0

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)


class UnscopedQuery(RuntimeError):
    """A tenant's rows were asked for without saying which tenant."""


class OwnedManager(models.Manager[Owned]):
    """Answers only `for_business(…)`; anything else is a programming error."""

    def for_business(self, business: Business) -> models.QuerySet[Owned]:
        return super().get_queryset().filter(business=business)

    def get_queryset(self) -> Never:
        raise UnscopedQuery(
            f"Use {self.model.__name__}.objects.for_business(business)."
        )


class BusinessOwned(models.Model):
    """A row of one business.

    `unscoped` is for rows that come from their owner (`business.items`), for tasks
    that load the id they were given, and for sweeps; row-level security holds there
    all the same.
    """

    business = models.ForeignKey(Business, on_delete=models.CASCADE, related_name="+")

    unscoped: ClassVar[models.Manager[Self]] = models.Manager()
    objects: ClassVar[OwnedManager[Self]] = OwnedManager()

    class Meta:
        abstract = True
        default_manager_name = "unscoped"
        base_manager_name = "unscoped"


class Membership(BusinessOwned):
    """A person in a business, with their role there."""

    business = models.ForeignKey(
        Business, on_delete=models.CASCADE, related_name="memberships"
    )
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=12, choices=Role.choices)
    sees_all_documents = models.BooleanField(_("access all documents"), default=False)
    publishes = models.BooleanField(_("may publish"), default=False)
    # The person's own choice: to be told what could not be published.
    failure_mails = models.BooleanField(_("mails of failures"), default=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta(BusinessOwned.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["business", "user"], name="one_membership_a_person"
            ),
            models.UniqueConstraint(
                fields=["business"],
                condition=models.Q(role="owner"),
                name="one_owner_a_business",
            ),
            # A visit has none.
            models.CheckConstraint(
                condition=models.Q(role__in=Role.values), name="known_role"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} ({self.get_role_display()})"

    @classmethod
    def manages_now(cls, user: User, business: Business) -> bool:
        """Locked: whoever takes the rights away meanwhile waits, and sees what came of
        them."""
        rows = cls.objects.for_business(business).filter(user=user)
        member = rows.select_for_update().first()
        return member is not None and member.manages

    @property
    def is_visit(self) -> bool:
        return False

    @property
    def needs_two_factor(self) -> bool:
        return self.business.requires_two_factor

    @property
    def manages(self) -> bool:
        return Role(self.role).manages

    @property
    def may_publish(self) -> bool:
        return self.manages or self.publishes

    @property
    def may_see_all_documents(self) -> bool:
        return self.manages or self.sees_all_documents

    def may(self, need: Need) -> bool:
        match need:
            case Need.MEMBER:
                return True
            case Need.PUBLISH:
                return self.may_publish
            case Need.MANAGE:
                return self.manages


class SupportAccess(BusinessOwned):
    """Support may look into the business, read-only, until it ends."""

    granted_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    granted_at = models.DateTimeField(default=timezone.now)
    ends_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"until {self.ends_at}"

    @property
    def is_open(self) -> bool:
        return self.ended_at is None and timezone.now() < self.ends_at


class Visit(Membership):
    """Somebody of support in a business: sees what an Admin sees, and changes nothing.

    It is made for one request and never stored; whoever asks for the members of a
    business does not find it.
    """

    access: SupportAccess

    class Meta:
        proxy = True

    def save(self, *args: object, **options: object) -> Never:
        raise TypeError("A visit is not stored.")

    @classmethod
    def through(cls, access: SupportAccess, user: User) -> "Visit":
        visit = cls(business=access.business, user=user)
        visit.access = access
        return visit

    @property
    def is_visit(self) -> bool:
        return True

    @property
    def needs_two_factor(self) -> bool:
        return True

    @property
    def manages(self) -> bool:
        return True

    @property
    def may_publish(self) -> bool:
        return False

    def get_role_display(self) -> str:  # type: ignore[no-redef]
        return str(_("Support"))


class Invitation(BusinessOwned):
    """An open door for one verified address, once, for seven days."""

    email = models.EmailField(_("email address"))
    role = models.CharField(max_length=12, choices=Role.choices)
    sees_all_documents = models.BooleanField(_("access all documents"), default=False)
    publishes = models.BooleanField(_("may publish"), default=False)
    token_hash = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.email} ({self.get_role_display()})"

    @property
    def is_open(self) -> bool:
        return (
            self.accepted_at is None
            and self.revoked_at is None
            and timezone.now() < self.expires_at
        )


class AuditEntry(BusinessOwned):
    """One thing that happened; copied ids and names, so that it outlives them.

    The application's role may insert and read, not change or delete.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    business = models.ForeignKey(
        Business, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    at = models.DateTimeField(default=timezone.now)
    action = models.CharField(max_length=60)
    actor_id = models.BigIntegerField(null=True)
    actor_name = models.CharField(max_length=254, blank=True)
    subject_kind = models.CharField(max_length=30, blank=True)
    subject_id = models.CharField(max_length=60, blank=True)
    subject_name = models.CharField(max_length=254, blank=True)
    data = models.JSONField(default=dict)

    class Meta(BusinessOwned.Meta):
        ordering: ClassVar = ["-at", "-id"]
        indexes: ClassVar = [
            models.Index(fields=["business", "-at"]),
            models.Index(fields=["business", "subject_kind", "subject_id"]),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.subject_name}"
