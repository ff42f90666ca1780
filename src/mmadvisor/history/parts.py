"""The parts of a history, such as lines of therapy, refractoriness and organs.

Each part is made when it is first used, from the other parts that it needs.
"""

from functools import cached_property

from mmadvisor.history.lines import LineAccounts, LinesOfTherapy
from mmadvisor.history.names import Names
from mmadvisor.history.organs import OrganAccounts, Organs
from mmadvisor.history.progression import ProgressionAccounts, Progressions
from mmadvisor.history.record import Record
from mmadvisor.history.refractoriness import Refractoriness, RefractorinessAccounts
from mmadvisor.history.relapse import RelapseAccounts, Relapses
from mmadvisor.history.spent import Spent, SpentAccounts


# Why: docs/explanation/values-and-accounts.md
class Parts:
    """The record of a patient, and the parts that are derived from it."""

    def __init__(self, record: Record) -> None:
        self.record = record

    @cached_property
    def progressions(self) -> Progressions:
        """When the disease progressed."""
        return Progressions(self.record)

    @cached_property
    def refractoriness(self) -> Refractoriness:
        """The drugs that were given, and the drugs to which the disease is refractory."""
        return Refractoriness(self.record, self.progressions)

    @cached_property
    def lines_of_therapy(self) -> LinesOfTherapy:
        """Which line each therapy belongs to."""
        return LinesOfTherapy(self.record, self.progressions, self.refractoriness)

    @cached_property
    def relapses(self) -> Relapses:
        """The state of the disease, and how soon it relapsed."""
        return Relapses(self.lines_of_therapy)

    @cached_property
    def spent_agents(self) -> Spent:
        """Which agents are spent or doubtful."""
        return Spent(self.refractoriness, self.relapses)

    @cached_property
    def organs(self) -> Organs:
        """Laboratory values that count, and what follows from them."""
        return Organs(self.record)

    # --- their accounts -------------------------------------------------------------------------

    @cached_property
    def names(self) -> Names:
        """The names of the therapies in sentences."""
        return Names(self.record)

    @cached_property
    def progression_accounts(self) -> ProgressionAccounts:
        """How it is known when the disease progressed, in words."""
        return ProgressionAccounts(self.progressions, self.names)

    @cached_property
    def refractoriness_accounts(self) -> RefractorinessAccounts:
        """Which therapies prove exposure and refractoriness, in words."""
        return RefractorinessAccounts(self.refractoriness, self.progression_accounts, self.names)

    @cached_property
    def line_accounts(self) -> LineAccounts:
        """How the therapies were joined into lines, in words."""
        return LineAccounts(self.lines_of_therapy, self.names)

    @cached_property
    def relapse_accounts(self) -> RelapseAccounts:
        """Why the disease is taken as relapsed, in words."""
        return RelapseAccounts(self.relapses, self.refractoriness_accounts, self.line_accounts, self.names)

    @cached_property
    def spent_accounts(self) -> SpentAccounts:
        """Which earlier therapy closes an agent or makes it doubtful, in words."""
        return SpentAccounts(self.spent_agents, self.refractoriness_accounts)

    @cached_property
    def organ_accounts(self) -> OrganAccounts:
        """How each value of an organ was obtained, in words."""
        return OrganAccounts(self.organs)
