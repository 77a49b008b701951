"""What the database may be asked beside what Django knows: `among`, which stands for `in` where keys are many."""

from collections.abc import Collection

from django.core.exceptions import EmptyResultSet
from django.db.models import ForeignKey, IntegerField, Lookup


class Among(Lookup):
    """Is it one of these whole numbers? `in` makes a parameter of each, which takes longer than to find its row; these
    stand in the statement itself. Given as a set: of lists Django looks at each thing first."""

    lookup_name = "among"
    prepare_rhs = False
    rhs: Collection[int]

    def as_sql(self, compiler, connection):
        if not self.rhs:
            raise EmptyResultSet
        named, params = self.process_lhs(compiler, connection)
        return f"{named} IN ({', '.join(str(int(number)) for number in self.rhs)})", params


def register() -> None:
    for kind in (IntegerField, ForeignKey):
        kind.register_lookup(Among)
