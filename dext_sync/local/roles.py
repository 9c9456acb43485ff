"""Makes the two roles every installation has: one that migrates, one that works.

The owner's role owns the database and its tables. The application's role owns nothing
and passes row-level security nowhere. Both come from a superuser's address.

python -m dext_sync.local.roles makes those that DATABASE_OWNER_URL and DATABASE_URL
name, with the help of DATABASE_SUPERUSER_URL. It may be repeated: nothing is lost, and
passwords become those of the addresses.
"""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import quote, unquote, urlsplit, urlunsplit

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import cursor as Cursor  # noqa: N812

from dext_sync.local.refusal import CannotStart

EXTENSIONS = ("pg_trgm", "unaccent", "btree_gin")


@dataclass(frozen=True)
class Addresses:
    application: str
    owner: str


@dataclass(frozen=True)
class Login:
    role: str
    password: str


@dataclass(frozen=True)
class Plan:
    """What shall exist. The suffix keeps several plans apart on one server."""

    database: str
    suffix: str = ""
    password: str = ""
    owner_may_create_databases: bool = False

    @property
    def owner(self) -> str:
        return f"dext_owner{self.suffix}"

    @property
    def application(self) -> str:
        return f"dext_app{self.suffix}"


def make(superuser: str, plan: Plan) -> Addresses:
    """Repeatable: what exists already is brought to the plan, no data is touched."""
    lay_out(
        superuser,
        plan.database,
        owner=Login(plan.owner, plan.password),
        application=Login(plan.application, plan.password),
        owner_may_create_databases=plan.owner_may_create_databases,
    )
    return Addresses(
        application=address(
            superuser, plan.application, plan.password, database=plan.database
        ),
        owner=address(superuser, plan.owner, plan.password, database=plan.database),
    )


def lay_out(
    superuser: str,
    database: str,
    *,
    owner: Login,
    application: Login,
    owner_may_create_databases: bool = False,
) -> None:
    with cursor_at(superuser) as cursor:
        make_role(cursor, owner, create_databases=owner_may_create_databases)
        make_role(cursor, application, create_databases=False)
        make_database(cursor, database, owner.role)
    with cursor_at(address(superuser, database=database)) as cursor:
        make_extensions(cursor)
        grant(cursor, owner.role, application.role)


def make_role(cursor: Cursor, login: Login, *, create_databases: bool) -> None:
    cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [login.role])
    name = sql.Identifier(login.role)
    if cursor.fetchone() is None:
        cursor.execute(sql.SQL("CREATE ROLE {}").format(name))
    rights = "CREATEDB" if create_databases else "NOCREATEDB"
    cursor.execute(
        sql.SQL(
            "ALTER ROLE {} LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEROLE {} PASSWORD {}"
        ).format(name, sql.SQL(rights), sql.Literal(login.password or None))
    )


def make_database(cursor: Cursor, database: str, owner: str) -> None:
    cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database])
    if cursor.fetchone() is None:
        cursor.execute(
            sql.SQL(
                "CREATE DATABASE {} OWNER {} TEMPLATE template0 ENCODING 'UTF8'"
            ).format(sql.Identifier(database), sql.Identifier(owner))
        )


def make_extensions(cursor: Cursor) -> None:
    cursor.execute(
        "SELECT name FROM pg_available_extensions WHERE name = ANY(%s)",
        [list(EXTENSIONS)],
    )
    for (name,) in cursor.fetchall():
        cursor.execute(
            sql.SQL("CREATE EXTENSION IF NOT EXISTS {}").format(sql.Identifier(name))
        )


def grant(cursor: Cursor, owner: str, application: str) -> None:
    names = {"owner": sql.Identifier(owner), "app": sql.Identifier(application)}
    for statement in (
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
        "GRANT USAGE, CREATE ON SCHEMA public TO {owner}",
        "GRANT USAGE ON SCHEMA public TO {app}",
        *(
            f"ALTER DEFAULT PRIVILEGES FOR ROLE {{owner}} IN SCHEMA public GRANT {right} TO {{app}}"
            for right in (
                "SELECT, INSERT, UPDATE, DELETE ON TABLES",
                "USAGE, SELECT ON SEQUENCES",
                "EXECUTE ON FUNCTIONS",
            )
        ),
    ):
        cursor.execute(sql.SQL(statement).format(**names))


def drop(superuser: str, plan: Plan) -> None:
    """Removes what `make` made, databases cloned from it by its owner included."""
    with cursor_at(superuser) as cursor:
        for database in databases_of(cursor, plan.owner):
            cursor.execute(
                sql.SQL("DROP DATABASE {} WITH (FORCE)").format(
                    sql.Identifier(database)
                )
            )
        for role in (plan.application, plan.owner):
            cursor.execute(
                sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(role))
            )


def databases_of(cursor: Cursor, role: str) -> list[str]:
    cursor.execute(
        "SELECT datname FROM pg_database WHERE pg_get_userbyid(datdba) = %s", [role]
    )
    return [name for (name,) in cursor.fetchall()]


def is_superuser(database_address: str) -> bool:
    try:
        with cursor_at(database_address) as cursor:
            cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
            return bool(cursor.fetchone() == (True,))
    except psycopg2.OperationalError as error:
        raise CannotStart(f"DATABASE_URL does not answer: {error}".strip()) from error


def address(like: str, role: str = "", password: str = "", *, database: str) -> str:
    """The same server for another role (the same when none is named) and database."""
    parts = urlsplit(like)
    user, at, server = parts.netloc.rpartition("@")
    if role:
        user, at = quote(role, safe=""), "@"
        user += f":{quote(password, safe='')}" if password else ""
    netloc = f"{user}{at}{server}"
    return urlunsplit(parts._replace(netloc=netloc, path=f"/{quote(database)}"))


@contextmanager
def cursor_at(database_address: str) -> Iterator[Cursor]:
    """Each statement by itself: databases cannot be created in a transaction."""
    connection = psycopg2.connect(database_address)
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            yield cursor
    finally:
        connection.close()


# As a command


def main(given: Mapping[str, str]) -> None:
    """Raises CannotStart."""
    superuser, owner, application = (
        named(given, name)
        for name in ("DATABASE_SUPERUSER_URL", "DATABASE_OWNER_URL", "DATABASE_URL")
    )
    require_two(owner, application)
    try:
        lay_out(
            superuser,
            database_of(owner),
            owner=login(owner),
            application=login(application),
        )
    except psycopg2.OperationalError as error:
        raise CannotStart(
            f"DATABASE_SUPERUSER_URL does not answer: {error}".strip()
        ) from error
    print("Both roles and the database are as they should be.")


def require_two(owner: str, application: str) -> None:
    if database_of(owner) != database_of(application):
        raise CannotStart("DATABASE_OWNER_URL and DATABASE_URL name two databases.")
    if login(owner).role == login(application).role:
        raise CannotStart(
            "DATABASE_OWNER_URL and DATABASE_URL name one role: the application's must "
            "own nothing."
        )


def login(database_address: str) -> Login:
    parts = urlsplit(database_address)
    return Login(unquote(parts.username or ""), unquote(parts.password or ""))


def database_of(database_address: str) -> str:
    return unquote(urlsplit(database_address).path.lstrip("/"))


def named(given: Mapping[str, str], name: str) -> str:
    if not given.get(name):
        raise CannotStart(f"The environment variable {name} must be set.")
    return given[name]


if __name__ == "__main__":
    try:
        main(os.environ)
    except CannotStart as reason:
        sys.exit(str(reason))
