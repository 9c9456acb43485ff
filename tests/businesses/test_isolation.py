"""The database keeps businesses apart, also where our own filters are gone."""

from collections.abc import Iterator

import pytest
from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.db import (
    DatabaseError,
    IntegrityError,
    ProgrammingError,
    connection,
    connections,
    transaction,
)
from django.db.migrations.loader import MigrationLoader
from django.forms import ModelChoiceField
from django.http import HttpResponse
from django.test import Client, RequestFactory

from dext_sync.businesses import audit
from dext_sync.businesses.access import BusinessRequest, business_view
from dext_sync.businesses.forms import BusinessForm
from dext_sync.businesses.models import (
    AuditEntry,
    Business,
    BusinessOwned,
    Invitation,
    Membership,
    UnscopedQuery,
    User,
)
from dext_sync.businesses.roles import Need, Role
from dext_sync.businesses.tenancy import (
    NOBODY,
    OtherBusiness,
    acting_as,
    acting_in,
    current_scope,
)
from tests.sessions import new_session_as

# Tables that hold no rows of a tenant, each with its reason.
NO_TENANT = {
    "account_emailaddress": "a person's",
    "account_emailconfirmation": "a person's",
    "auth_group": "Django's own, unused",
    "auth_group_permissions": "Django's own, unused",
    "auth_permission": "Django's own, unused",
    "businesses_user": "people belong to several businesses",
    "businesses_user_groups": "Django's own, unused",
    "businesses_user_user_permissions": "Django's own, unused",
    "connections_grant": "one Zoho user's consent, shared by their connections",
    "django_content_type": "Django's own",
    "django_migrations": "Django's own",
    "django_session": "whoever holds the cookie",
    "mfa_authenticator": "a person's",
}
WITHOUT_BUSINESS_ID = {"businesses_business"}

TENANT_MODELS = [
    model for model in apps.get_models() if issubclass(model, BusinessOwned)
]


def ask(sql: str, *values: str) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return [tuple(row) for row in cursor.fetchall()]


def settings_of_the_session() -> tuple[object, ...]:
    return ask(
        "SELECT current_setting('app.business', true),"
        " current_setting('app.person', true)"
    )[0]


# Without the application's own filter.


@pytest.mark.parametrize("model", TENANT_MODELS, ids=lambda model: model.__name__)
def test_without_a_scope_the_database_answers_nothing(
    model: type[BusinessOwned], bakery: Business, garage: Business
) -> None:
    assert list(model.unscoped.all()) == []


def test_inside_a_business_the_database_answers_of_that_business_alone(
    bakery: Business, garage: Business
) -> None:
    with acting_in(garage.pk):
        assert [str(business) for business in Business.objects.all()] == [
            "Garage Charlie"
        ]
        assert {str(member.user) for member in Membership.unscoped.all()} == {
            "Charlie",
            "Anna",
        }
        assert {entry.business_id for entry in AuditEntry.unscoped.all()} == {garage.pk}


def test_rows_of_another_business_cannot_be_reached_by_their_id(
    bakery: Business, garage: Business, bob: User
) -> None:
    with acting_in(bakery.pk):
        number = Membership.unscoped.get(user=bob).pk
    with acting_in(garage.pk):
        assert not Membership.unscoped.filter(pk=number).exists()
        assert Membership.unscoped.filter(pk=number).update(role=Role.ADMIN) == 0
        assert Membership.unscoped.filter(pk=number).delete()[0] == 0
    with acting_in(bakery.pk):
        assert Membership.unscoped.get(pk=number).role == Role.STANDARD


def test_rows_cannot_be_written_into_another_business(
    bakery: Business, garage: Business, vera: User
) -> None:
    with acting_in(garage.pk), pytest.raises(DatabaseError), transaction.atomic():
        Membership.unscoped.create(business=bakery, user=vera, role=Role.ADMIN)
    with acting_in(bakery.pk):
        assert Membership.unscoped.get(user=vera).role == Role.STANDARD


def test_rows_cannot_be_moved_into_another_business(
    bakery: Business, garage: Business, vera: User
) -> None:
    with acting_in(bakery.pk), pytest.raises(DatabaseError), transaction.atomic():
        Membership.unscoped.filter(user=vera).update(business=garage.pk)


def test_a_person_sees_their_own_memberships_and_businesses_from_outside(
    bakery: Business, garage: Business, anna: User, bob: User
) -> None:
    with acting_as(anna.pk):
        assert {str(business) for business in Business.objects.all()} == {
            "Harbour Bakery",
            "Garage Charlie",
        }
        assert {member.user_id for member in Membership.unscoped.all()} == {anna.pk}
    with acting_as(bob.pk):
        assert [str(business) for business in Business.objects.all()] == [
            "Harbour Bakery"
        ]


def test_seeing_a_business_from_outside_is_not_changing_it(
    bakery: Business, vera: User
) -> None:
    with acting_as(vera.pk):
        assert Business.objects.filter(pk=bakery.pk).update(name="Mine") == 0
        assert Membership.unscoped.filter(user=vera).update(role=Role.ADMIN) == 0


def test_the_manager_refuses_to_answer_without_a_business() -> None:
    with pytest.raises(UnscopedQuery):
        Membership.objects.all()


# What the catalogue says.


@pytest.mark.django_db
def test_every_table_is_forced_under_row_security_or_on_the_short_list() -> None:
    tables = ask(
        "SELECT relname, relrowsecurity AND relforcerowsecurity FROM pg_class"
        " WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')"
    )
    assert {name for name, forced in tables if not forced} == set(NO_TENANT)


@pytest.mark.django_db
def test_every_policy_compares_with_the_business_of_the_session() -> None:
    policies = ask(
        "SELECT tablename, policyname, coalesce(qual, '') || coalesce(with_check, '')"
        " FROM pg_policies WHERE schemaname = 'public'"
        " AND policyname <> 'owner_sees_all'"
    )
    careless = [
        f"{table}: {policy}"
        for table, policy, condition in policies
        if "current_setting('app.business'" not in str(condition)
    ]
    assert careless == []


@pytest.mark.django_db
def test_only_the_application_may_ask_across_businesses() -> None:
    rows = ask(
        "SELECT p.proname, array_agg(CASE a.grantee WHEN 0 THEN 'everybody'"
        " WHEN p.proowner THEN 'owner' ELSE pg_get_userbyid(a.grantee)::text END"
        " ORDER BY a.grantee = p.proowner), (SELECT current_user::text)"
        " FROM pg_proc p, aclexplode(p.proacl) a WHERE p.prosecdef"
        " AND p.pronamespace = 'public'::regnamespace GROUP BY p.proname"
    )
    wrong = [name for name, who, us in rows if who != [us, "owner"]]
    assert wrong == []
    assert rows


@pytest.mark.django_db
def test_only_the_owner_has_a_policy_that_shows_everything() -> None:
    rows = ask(
        "SELECT DISTINCT roles::text[], (SELECT tableowner FROM pg_tables t"
        " WHERE t.tablename = p.tablename AND t.schemaname = 'public')"
        " FROM pg_policies p WHERE policyname = 'owner_sees_all'"
    )
    assert [roles == [owner] for roles, owner in rows] == [True] * len(rows)
    assert rows


@pytest.mark.django_db
def test_every_tenant_table_has_its_business() -> None:
    with_business = {
        str(name)
        for (name,) in ask(
            "SELECT table_name FROM information_schema.columns"
            " WHERE table_schema = 'public' AND column_name = 'business_id'"
            " AND is_nullable = 'NO'"
        )
    }
    forced = {
        str(name)
        for (name,) in ask(
            "SELECT relname FROM pg_class WHERE relforcerowsecurity"
            " AND relnamespace = 'public'::regnamespace"
        )
    }
    assert forced - WITHOUT_BUSINESS_ID == with_business


@pytest.mark.django_db
def test_every_foreign_key_between_tenant_rows_includes_the_business() -> None:
    """One constraint of Django's is plain; another of ours adds the business."""
    keys = ask(
        """
        SELECT c.conrelid::regclass::text, c.confrelid::regclass::text,
            ARRAY(
                SELECT a.attname::text FROM unnest(c.conkey) AS k(number)
                JOIN pg_attribute a
                    ON a.attrelid = c.conrelid AND a.attnum = k.number
            )
        FROM pg_constraint c
        JOIN pg_class source ON source.oid = c.conrelid
        JOIN pg_class target ON target.oid = c.confrelid
        WHERE c.contype = 'f'
        AND source.relforcerowsecurity AND target.relforcerowsecurity
        AND c.confrelid <> 'businesses_business'::regclass
        """
    )
    found: dict[tuple[object, object], list[bool]] = {}
    for table, target, columns in keys:
        assert isinstance(columns, list)
        (column,) = [name for name in columns if name != "business_id"]
        found.setdefault((table, f"{column} → {target}"), []).append(
            "business_id" in columns
        )
    assert [key for key, composite in found.items() if not any(composite)] == []
    assert found


# The owner's role, for migrations and backups.


@pytest.fixture
def owner(committed_db: None) -> Iterator[str]:
    yield "owner"
    connections["owner"].close()


def test_a_data_migration_sees_and_changes_both_tenants(
    owner: str, bakery: Business, garage: Business
) -> None:
    old = MigrationLoader(connections[owner]).project_state().apps
    with connections[owner].schema_editor() as editor:
        memberships = old.get_model("businesses", "Membership").unscoped
        everyone = memberships.using(editor.connection.alias)
        assert everyone.values("business").distinct().count() == 2
        assert everyone.update(sees_all_documents=True) == 6
    for business, people in ((bakery, 4), (garage, 2)):
        with acting_in(business.pk):
            seeing = Membership.unscoped.filter(sees_all_documents=True)
            assert seeing.count() == people


# The trail.


def test_what_happened_cannot_be_changed_or_deleted(bakery: Business) -> None:
    with acting_in(bakery.pk):
        entry = audit.record(bakery, "person.signed_in")
        before = AuditEntry.unscoped.count()
        with pytest.raises(ProgrammingError), transaction.atomic():
            AuditEntry.unscoped.filter(pk=entry.pk).update(actor_name="Somebody")
        with pytest.raises(ProgrammingError), transaction.atomic():
            AuditEntry.unscoped.filter(pk=entry.pk).delete()
        with pytest.raises(ProgrammingError), transaction.atomic():
            ask("TRUNCATE businesses_auditentry")
        assert AuditEntry.unscoped.count() == before
        assert AuditEntry.unscoped.get(pk=entry.pk).actor_name == ""


# Who may be the application.


@pytest.mark.django_db
def test_the_application_refuses_the_owners_role() -> None:
    with new_session_as("owner") as session:
        with pytest.raises(
            ImproperlyConfigured, match="DATABASE_URL names a role that is a superuser"
        ):
            session.ensure_connection()
        assert not session.is_usable()


@pytest.mark.django_db
def test_the_application_accepts_its_own_role() -> None:
    with new_session_as("default") as session:
        session.ensure_connection()
        assert session.is_usable()


# One business per unit of work.


def test_after_a_request_the_session_belongs_to_nobody(
    alice: User, bakery: Business, client: Client
) -> None:
    client.force_login(alice)
    assert client.get(f"/b/{bakery.slug}/users/").status_code == 200
    assert settings_of_the_session() == ("", "")
    assert current_scope() == NOBODY


@business_view(Need.MEMBER)
def breaks(request: BusinessRequest) -> HttpResponse:
    raise ZeroDivisionError(settings_of_the_session())


def test_after_an_error_the_session_belongs_to_nobody(
    alice: User, bakery: Business
) -> None:
    request = RequestFactory().get("/")
    request.user = alice
    with acting_as(alice.pk), pytest.raises(ZeroDivisionError) as error:
        breaks(request, slug=bakery.slug)
    assert error.value.args[0] == (str(bakery.pk), str(alice.pk))
    assert settings_of_the_session() == ("", "")


@business_view(Need.MEMBER)
def breaks_the_transaction(request: BusinessRequest) -> HttpResponse:
    ask("SELECT 1 / 0")
    return HttpResponse()


def test_after_a_broken_transaction_a_new_session_is_for_whom_it_was(
    committed_db: None, alice: User, bakery: Business
) -> None:
    request = RequestFactory().get("/")
    request.user = alice
    with acting_as(alice.pk):
        before = ask("SELECT pg_backend_pid()")
        with pytest.raises(DatabaseError), transaction.atomic():
            breaks_the_transaction(request, slug=bakery.slug)
        assert ask("SELECT pg_backend_pid()") != before
        assert settings_of_the_session() == ("", str(alice.pk))
    assert settings_of_the_session() == ("", "")


def test_work_in_one_business_cannot_enter_another(
    bakery: Business, garage: Business
) -> None:
    with acting_in(bakery.pk):
        with pytest.raises(OtherBusiness), acting_in(garage.pk):
            pass
        assert settings_of_the_session()[0] == str(bakery.pk)


def test_the_same_business_may_be_entered_twice(bakery: Business) -> None:
    with acting_in(bakery.pk):
        with acting_in(bakery.pk):
            pass
        assert settings_of_the_session()[0] == str(bakery.pk)


# Forms.


class PickAMember(BusinessForm):
    member = ModelChoiceField(Membership.unscoped.all())


def test_a_form_offers_only_rows_of_its_business(
    bakery: Business, garage: Business, anna: User
) -> None:
    with acting_as(anna.pk):
        # Anna sees both of her memberships here; the form shall not.
        form = PickAMember(business=garage)
        field = form.fields["member"]
        assert isinstance(field, ModelChoiceField)
        assert field.queryset is not None
        assert [member.business_id for member in field.queryset] == [garage.pk]


def test_a_form_refuses_a_row_of_another_business(
    bakery: Business, garage: Business, anna: User
) -> None:
    with acting_as(anna.pk):
        other = Membership.unscoped.get(business=bakery, user=anna)
        form = PickAMember({"member": str(other.pk)}, business=garage)
        assert not form.is_valid()


def test_one_business_has_one_owner(bakery: Business, vera: User) -> None:
    with acting_in(bakery.pk), pytest.raises(IntegrityError), transaction.atomic():
        Membership.unscoped.filter(user=vera).update(role=Role.OWNER)


def test_an_invitation_is_found_by_its_token_and_by_nothing_else(
    bakery: Business,
) -> None:
    assert ask("SELECT * FROM invitation_by_token('guess')") == []
    assert list(Invitation.unscoped.all()) == []
