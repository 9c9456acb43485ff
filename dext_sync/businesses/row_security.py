"""Operations for migrations that put tables under row-level security.

Each tenant table has a `business_id`; PostgreSQL shows its rows only to a session
of that business, and a foreign key between tenant tables includes the business.
"""

from collections.abc import Mapping

from django.db.migrations import RunSQL

BUSINESS = "(SELECT nullif(current_setting('app.business', true), '')::bigint)"
PERSON = "(SELECT nullif(current_setting('app.person', true), '')::bigint)"

# Where each role that may write has a right of its own; else it may have only this one.
NOT_FOR_EVERYBODY = """
    DO $$
    DECLARE question regprocedure;
    BEGIN
        FOR question IN
            SELECT p.oid FROM pg_proc p
            JOIN pg_class c ON c.oid = 'public.businesses_business'::regclass
            CROSS JOIN LATERAL aclexplode(c.relacl) w
            LEFT JOIN LATERAL aclexplode(p.proacl) q ON q.grantee = w.grantee
            WHERE p.prosecdef AND p.pronamespace = 'public'::regnamespace
            AND pg_get_userbyid(p.proowner) = current_user
            AND w.privilege_type = 'INSERT' AND w.grantee <> c.relowner
            GROUP BY p.oid HAVING bool_and(q.grantee IS NOT NULL)
        LOOP
            EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', question);
        END LOOP;
    END $$;
"""


def protect(table: str, *, visible: str = "", append_only: bool = False) -> RunSQL:
    """Force row-level security on the table.

    visible: a further condition under which rows may be read (not written).
    append_only: the application's role may insert and read, nothing else.
    """
    own = f"business_id = {BUSINESS}"
    writes = (
        f"CREATE POLICY own_business_insert ON {table} FOR INSERT WITH CHECK ({own});"
        if append_only
        else f"CREATE POLICY own_business_write ON {table}"
        f" FOR ALL USING ({own}) WITH CHECK ({own});"
    )
    readable = f"{own} OR ({visible})" if visible else own
    return RunSQL(
        f"""
        ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
        ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
        CREATE POLICY own_business_read ON {table} FOR SELECT USING ({readable});
        {writes}
        {owner_sees_all(table)}
        {_revoke_changes(table) if append_only else ""}
        """,
        RunSQL.noop,
    )


def owner_sees_all(table: str) -> str:
    """Data migrations and backups run as the owner's role and see every row."""
    return (
        f"CREATE POLICY owner_sees_all ON {table}"
        " FOR ALL TO CURRENT_USER USING (true) WITH CHECK (true);"
    )


def _revoke_changes(table: str) -> str:
    # The table's name comes from a migration, never from outside.
    return f"""
        DO $$
        DECLARE someone text;
        BEGIN
            FOR someone IN
                SELECT DISTINCT grantee FROM information_schema.role_table_grants
                WHERE table_schema = 'public' AND table_name = '{table}'
                AND grantee NOT IN (current_user, 'PUBLIC')
            LOOP
                EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM %I', someone);
            END LOOP;
        END $$;
    """  # noqa: S608


def referable(*tables: str) -> RunSQL:
    """Let foreign keys from other tenant tables include the business."""
    return RunSQL(
        "".join(
            f"ALTER TABLE {table} ADD CONSTRAINT {table}_of_business"
            f" UNIQUE (business_id, id);"
            for table in tables
        ),
        RunSQL.noop,
    )


def same_business(table: str, **targets: str) -> RunSQL:
    """Columns of the table that must lead to a row of the same business.

    targets: column="referenced table".
    """
    return _same_business(table, targets, "")


def same_business_from_now_on(table: str, **targets: str) -> RunSQL:
    """The same of new columns of a large table, which nobody waits for: the rows that
    are there are looked at by `rows_are_of_one_business`, in a later migration."""
    return _same_business(table, targets, " NOT VALID")


def _same_business(table: str, targets: Mapping[str, str], ending: str) -> RunSQL:
    return RunSQL(
        "".join(
            f"ALTER TABLE {table} ADD CONSTRAINT {table}_{column}_in_business"
            f" FOREIGN KEY (business_id, {column}) REFERENCES {target} (business_id, id)"
            f" DEFERRABLE INITIALLY DEFERRED{ending};"
            for column, target in targets.items()
        ),
        RunSQL.noop,
    )


def gives_way() -> RunSQL:
    """First of a migration that needs a large table for itself, in a transaction. While
    it waited for a backup, say, everybody else would wait behind it: it ends instead, with
    nothing changed, and is run again."""
    return RunSQL("SET LOCAL lock_timeout = '5s'", RunSQL.noop)


def rows_are_of_one_business(table: str, *columns: str) -> RunSQL:
    """What `same_business_from_now_on` has left; others read and write meanwhile."""
    return RunSQL(
        "".join(
            f"ALTER TABLE {table} VALIDATE CONSTRAINT {table}_{column}_in_business;"
            for column in columns
        ),
        RunSQL.noop,
    )


def definer_function(
    name: str,
    arguments: str,
    returns: str,
    body: str,
    *,
    replaces: bool = False,
    language: str = "sql",
) -> RunSQL:
    """A reviewed question past row-level security, answered with ids only.

    replaces: an app below has asked the question, and another one answers it.
    language: plpgsql where the question must be put together.

    Runs with the owner's rights; the search path is pinned so that nobody can put
    another table in its way. Only the application's role may ask it.
    """
    return RunSQL(
        f"""
        CREATE OR REPLACE FUNCTION {name}({arguments}) RETURNS {returns}
        LANGUAGE {language} STABLE SECURITY DEFINER SET search_path = public, pg_temp
        AS $body$ {body} $body$;
        {NOT_FOR_EVERYBODY}
        """,
        RunSQL.noop if replaces else f"DROP FUNCTION {name}({arguments});",
    )


def session_function(
    name: str,
    arguments: str,
    returns: str,
    body: str,
    *,
    writes: bool = False,
    former: str = "",
) -> RunSQL:
    """A question under row-level security as ever, planned once a session.

    body: plpgsql. It runs with the rights of whoever asks, and the policies are part of
    its plan; the search path is pinned so that nobody can put another table in its way.
    former: the body that this one replaces.
    """
    signature = f"{name}({arguments})"
    head = f"""
        CREATE OR REPLACE FUNCTION {signature} RETURNS {returns}
        LANGUAGE plpgsql {"VOLATILE" if writes else "STABLE"} SECURITY INVOKER SET search_path = public, pg_temp
        SET plan_cache_mode = force_generic_plan
    """
    return RunSQL(
        f"{head} AS $body$ {body} $body$;",
        f"{head} AS $body$ {former} $body$;"
        if former
        else f"DROP FUNCTION {signature};",
    )
