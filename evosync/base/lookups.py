"""What the database may be asked beside what Django knows: `among`, which stands for `in` where keys are many; and
columns as they are read, since what Django makes of a hundred thousand of them takes longer than to read them."""

from collections.abc import Collection

from django.core.exceptions import EmptyResultSet
from django.db.models import ExpressionWrapper, F, ForeignKey, Func, IntegerField, Lookup, TextField
from django.db.models.functions import Cast


class Among(Lookup):
    """Is it one of these whole numbers? `in` makes a parameter of each, which takes longer than to find its row; these
    go together. Given as a set: of lists Django looks at each thing first."""

    lookup_name = "among"
    prepare_rhs = False
    rhs: Collection[int]

    def as_sql(self, compiler, connection):
        named, params = self.process_lhs(compiler, connection)
        return f"{named} IN ({self._listed()})", params

    def as_sqlite(self, compiler, connection):
        # As one parameter: a connection keeps its last hundred statements, a quarter of a megabyte each were the keys
        # in them.
        named, params = self.process_lhs(compiler, connection)
        return f"{named} IN (SELECT value FROM json_each(%s))", [*params, f"[{self._listed()}]"]

    def _listed(self) -> str:
        if not self.rhs:
            raise EmptyResultSet
        return ", ".join(str(int(number)) for number in self.rhs)


def raw(name: str) -> ExpressionWrapper:
    """The column as the driver gives it: of a truth what equals 1 or 0."""
    return ExpressionWrapper(F(name), output_field=TextField())


def as_text(name: str) -> Cast:
    """The column as the database writes it: amounts, moments and JSON."""
    return Cast(name, TextField())


class Lines(Func):
    """Columns as one text, each a line; of NULL comes NULL. Django's own `Concat` asks the database to do thrice as
    much."""

    template, arg_joiner = "(%(expressions)s)", " || '\n' || "
    output_field = TextField()

    def as_mysql(self, compiler, connection, **context):
        return self.as_sql(compiler, connection, template="CONCAT(%(expressions)s)", arg_joiner=", '\n', ", **context)


def register() -> None:
    for kind in (IntegerField, ForeignKey):
        kind.register_lookup(Among)
