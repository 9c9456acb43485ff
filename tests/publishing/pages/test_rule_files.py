"""Many rules at once: for those selected, and from a CSV file."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection as connection_to_database
from django.http import HttpResponse
from django.test.utils import CaptureQueriesContext

from connections.models import Account, Connection
from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in
from publishing import filling, rule_files, spellings
from publishing.formats import locale_of
from publishing.models import Item, Supplier, SupplierRule
from publishing.picking import Place
from tests.publishing.factories import entry, make_supplier
from tests.publishing.pages.conftest import At, Visitor
from tests.publishing.pages.test_rules import words


def rule_of(business: Business, name: str) -> SupplierRule | None:
    with acting_in(business.pk):
        return filling.rule_of(Supplier.unscoped.get(name=name))


class TestSelected:
    def test_what_is_said_holds_for_all_and_the_rest_stays(
        self, at: At, alice: User, connected_bakery: Business
    ) -> None:
        acme = make_supplier(connected_bakery)
        power = make_supplier(connected_bakery, "City Power")
        visitor = at(alice, connected_bakery)
        visitor.posts("supplier", "suppliers", acme.pk, data={"due_days": "7"})
        ids = {"supplier": [acme.pk, power.pk]}

        asked = visitor.posts("suppliers_rules", "suppliers", data=ids)
        visitor.posts(
            "suppliers_rules",
            "suppliers",
            data={**ids, "category_typed": "Postage", "save": "1"},
        )

        assert "Set a rule for 2" in words(asked)
        rules = [rule_of(connected_bakery, name) for name in (acme.name, power.name)]
        assert [each and (str(each.category), each.due_days) for each in rules] == [
            ("Postage", 7),
            ("Postage", None),
        ]

    def test_those_of_another_business_are_not_among_them(
        self, at: At, charlie: User, connected_bakery: Business, garage: Business
    ) -> None:
        acme = make_supplier(connected_bakery)

        answer = at(charlie, garage).posts(
            "suppliers_rules",
            "suppliers",
            data={"supplier": [acme.pk], "due_days": "3", "save": "1"},
        )

        assert answer.status_code == 302
        assert rule_of(connected_bakery, acme.name) is None


def chosen(visitor: Visitor, content: str | bytes) -> HttpResponse:
    raw = content.encode() if isinstance(content, str) else content
    file = SimpleUploadedFile("rules.csv", raw)
    return visitor.posts("suppliers_file", "suppliers", data={"file": file})


def test_the_title_says_whose_file_it_is(
    at: At, alice: User, connected_bakery: Business
) -> None:
    page = at(alice, connected_bakery).opens("suppliers_file", "suppliers")

    assert "<title>Suppliers from a file · dext_sync</title>" in page.text


class TestFiles:
    GOOD = "Name,Category,Due after,Paid\nAcme Paper Ltd,postage,14,no\nNew One,,,\n"

    def test_it_is_shown_first_and_saved_after_that(
        self, at: At, alice: User, connected_bakery: Business
    ) -> None:
        visitor = at(alice, connected_bakery)

        shown = chosen(visitor, self.GOOD)
        with acting_in(connected_bakery.pk):
            before = Supplier.unscoped.count()
        visitor.posts(
            "suppliers_file", "suppliers", data={"text": self.GOOD, "save": "1"}
        )

        assert "2 Acme Paper Ltd category Postage paid no due after 14 days" in words(
            shown
        )
        assert before == 0
        rule = rule_of(connected_bakery, "Acme Paper Ltd")
        assert rule is not None
        assert rule.category == entry(Account, connected_bakery, "Postage")
        assert (rule.due_days, rule.paid) == (14, False)
        assert rule_of(connected_bakery, "New One") is None

    def test_one_mistake_saves_nothing(
        self, at: At, alice: User, connected_bakery: Business
    ) -> None:
        bad = "name;category;due days\nAcme Paper Ltd;Postage;14\nCity Power;Moon;400\n"
        visitor = at(alice, connected_bakery)

        answer = visitor.posts(
            "suppliers_file", "suppliers", data={"text": bad, "save": "1"}
        )

        assert answer.status_code == 422
        assert "category: Nothing is called “Moon”." in words(answer)
        assert "due after: Enter days, from 0 to 366." in words(answer)
        with acting_in(connected_bakery.pk):
            assert not Supplier.unscoped.exists()

    @pytest.mark.parametrize(
        ("content", "sentence"),
        [
            ("", "The file is empty."),
            ("category\nPostage\n", "“name” among them"),
            (b"name\n\xff\xfe\n", "not text in UTF-8"),
            ("name\n" + "x\n" * 2001, "more than 2000 rows"),
            (b"name\n" + b"x" * 512 * 1024, "larger than half a megabyte"),
        ],
    )
    def test_what_is_no_such_table_is_refused_in_words(
        self,
        at: At,
        alice: User,
        connected_bakery: Business,
        content: str | bytes,
        sentence: str,
    ) -> None:
        answer = chosen(at(alice, connected_bakery), content)

        assert answer.status_code == 422
        assert sentence in words(answer)

    def test_a_press_without_a_file_says_so(
        self, at: At, alice: User, connected_bakery: Business
    ) -> None:
        answer = at(alice, connected_bakery).posts("suppliers_file", "suppliers")

        assert answer.status_code == 422
        assert "Choose a CSV file first." in words(answer)


def test_more_rows_of_a_file_cost_no_more_queries(
    connected_bakery: Business, alice: User
) -> None:
    counted = []
    for rows in (1, 11):
        with acting_in(connected_bakery.pk):
            connection = Connection.objects.for_business(connected_bakery).get()
            place = Place(
                connected_bakery,
                connection,
                locale_of(connected_bakery),
                Item.Workspace.COSTS,
            )
            names = "".join(f"Firm {rows}-{number},7\n" for number in range(rows))
            lines = rule_files.read(f"name,due_days\n{names}", place)
            with CaptureQueriesContext(connection_to_database) as queries:
                rule_files.save(lines, place, by=alice)
        counted.append(len(queries))

    assert counted[1] == counted[0]


def test_what_many_rows_name_is_looked_up_once(connected_bakery: Business) -> None:
    counted = []
    for rows in (1, 11):
        with acting_in(connected_bakery.pk):
            connection = Connection.objects.for_business(connected_bakery).get()
            place = Place(connected_bakery, connection, locale_of(connected_bakery))
            lines = "".join(
                f"Firm {number},Postage,Standard Rate\n" for number in range(rows)
            )
            with CaptureQueriesContext(connection_to_database) as queries:
                read = rule_files.read(f"name,category,tax_rate\n{lines}", place)
        assert {str(each.values["category"]) for each in read} == {"Postage"}
        counted.append(len(queries))

    assert counted[0] == counted[1]


class TestWhatMayBeAMistake:
    """It is said before anything is saved."""

    def test_columns_that_are_not_read_are_named(
        self, at: At, alice: User, connected_bakery: Business
    ) -> None:
        shown = chosen(
            at(alice, connected_bakery), "Name;Categroy;Notes;;\nAcme Paper Ltd;X;Y;;\n"
        )

        assert "Columns that are not read: Categroy, Notes." in words(shown)

    def test_nothing_is_said_where_all_are_read(
        self, at: At, alice: User, connected_bakery: Business
    ) -> None:
        shown = chosen(at(alice, connected_bakery), "Supplier,Due after,\nAcme,3,\n")

        assert "not read" not in words(shown)

    def test_a_supplier_that_is_there_twice_is_a_mistake(
        self, at: At, alice: User, connected_bakery: Business
    ) -> None:
        shown = chosen(
            at(alice, connected_bakery),
            "name,due days\nACME Paper,3\nCity Power,5\nAcme-Paper,9\n",
        )

        assert shown.status_code == 422
        assert "It stands in row 2 already." in words(shown)

    def test_so_are_two_spellings_of_one(
        self, at: At, alice: User, connected_bakery: Business
    ) -> None:
        kept = make_supplier(connected_bakery, "City Power")
        other = make_supplier(connected_bakery, "City Pwr")
        with acting_in(connected_bakery.pk):
            spellings.merge(kept, other, by=alice)

        shown = chosen(
            at(alice, connected_bakery), "name,due days\nCity Power,3\nCity Pwr,9\n"
        )

        assert shown.status_code == 422
        assert "It stands in row 2 already." in words(shown)

    def test_names_that_nobody_knows_are_marked_and_counted(
        self, at: At, alice: User, connected_bakery: Business
    ) -> None:
        make_supplier(connected_bakery, "Old Friend")

        shown = chosen(
            at(alice, connected_bakery),
            "name,due days\nOld Friend,3\nCITY POWER,5\nOther Client's Baker,9\n",
        )

        assert (
            "1 of 3 names is neither here nor in Zoho Books: is it the right file?"
            in words(shown)
        )
        assert "Other Client&#x27;s Baker new" in words(shown)

    def test_blanks_make_no_other_name(
        self, at: At, alice: User, connected_bakery: Business
    ) -> None:
        shown = chosen(at(alice, connected_bakery), "name,due days\nCITY   POWER,5\n")

        assert "is it the right file?" not in words(shown)

    def test_what_was_saved_says_for_which_items_it_holds(
        self, at: At, alice: User, connected_bakery: Business
    ) -> None:
        visitor = at(alice, connected_bakery)

        visitor.posts(
            "suppliers_file",
            "suppliers",
            data={"text": "name,due days\nCity Power,5\n", "save": "1"},
        )

        page = words(visitor.opens("suppliers", "suppliers"))
        assert "1 row is saved. What it says holds for new items." in page
