"""What follows from the record: exposure, refractoriness, lines of therapy, time since.

Derived once for a patient and a day. A value (``is_refractory``) is a truth or a number. A ``Finding`` adds which
therapies prove it, or which field would settle it. A window, an interval or a threshold comes from
``data/definitions.yaml`` with its source.
"""

from collections.abc import Iterable
from datetime import date
from functools import cached_property
from typing import Any

from mmadvisor.base.known import FAR_AHEAD, Bounds, Finding, Span, Truth
from mmadvisor.formats.agents import Agent, Formulary
from mmadvisor.formats.patient import Measured, Patient
from mmadvisor.formats.timeline import Timeline
from mmadvisor.history.answering import Answering
from mmadvisor.history.laboratory import Kidneys
from mmadvisor.history.lines import Lines
from mmadvisor.history.record import Definition, Definitions, Exposure, Record, Unnamed


# Why: docs/explanation/values-and-accounts.md
class History(Answering):
    """All that is derived from one patient's record on one day."""

    def __init__(
        self,
        patient: Patient,
        formulary: Formulary,
        definitions: Definitions,
        as_of: date,
        *,
        definition: Definition = "imwg-2015",
        assume_relapse: bool = False,
        today: Span | None = None,
        recorded: int | None = None,
    ) -> None:
        """``recorded``: how many of the therapies are on record; those after them are only assumed."""
        record = Record(
            patient, formulary, definitions, as_of,
            definition=definition, assume_relapse=assume_relapse, today=today, recorded=recorded,
        )  # fmt: skip
        super().__init__(record)
        self.patient = patient
        self.formulary = formulary
        self.definitions = definitions
        self.as_of = as_of
        self.definition: Definition = definition
        self.assume_relapse = assume_relapse
        self.today = record.today
        self.recorded = record.recorded
        self.complete = record.complete
        self.tried: dict[str, tuple[Any, ...]] = {}
        """What fields of therapies may turn out to be, by path, as far as it was asked (``possible``)."""

    # --- the same patient, otherwise -------------------------------------------------------------

    def of_patient(self, patient: Patient, *, definition: Definition | None = None) -> "History":
        """The history of the same patient with other fields on record."""
        return History(
            patient, self.formulary, self.definitions, self.as_of, definition=definition or self.definition,
            assume_relapse=self.assume_relapse, today=self.today, recorded=self.recorded,
        )  # fmt: skip

    def ahead(self, patient: Patient) -> "History":
        """The history of the same patient on some later day: none before ``as_of`` is excluded, none after it."""
        return History(
            patient, self.formulary, self.definitions, self.as_of, definition=self.definition,
            today=Span(self.as_of, FAR_AHEAD), recorded=self.recorded,
        )  # fmt: skip

    def knowing(self, field: str, value: Any) -> "History":
        """The history of the same patient with another value of a field.

        A value in the place of one that is too old was measured today, and so is one that the day of the others would
        make too old.
        """
        known = Measured(value, Span.day(self.as_of)) if self.needs_a_day(field) else value
        return self.of_patient(self.patient.with_value(field, known))

    # --- the record ------------------------------------------------------------------------------

    @property
    def timeline(self) -> Timeline:
        """The therapies in order of time."""
        return self.record.timeline

    @property
    def exposures(self) -> tuple[Exposure, ...]:
        """Every agent of every therapy that is known, in order of time."""
        return self.record.exposures

    @property
    def unnamed(self) -> tuple[Unnamed, ...]:
        """Every drug on record that nobody knows, in order of time."""
        return self.record.unnamed

    @property
    def treatments(self) -> tuple[int, ...]:
        """The places in the file of the entries that are anti-myeloma treatment, in order of time."""
        return self.record.treatments

    def token_name(self, token: str) -> str:
        """An agent by its name, a class by its id."""
        return self.record.token_name(token)

    def called(self, index: int) -> str:
        """A therapy as people name it: what was given, and which it is, counted from 1 in order of time."""
        return self.names.called(index)

    def called_with_days(self, index: int) -> str:
        """A therapy as people name it, with the months in which it was given."""
        return self.names.called_with_days(index)

    def in_time(self, field: str) -> tuple[str, int, str]:
        """By what fields are put in order: those of therapies by when these were given, not by their place."""
        return self.names.in_time(field)

    # --- exposure and refractoriness --------------------------------------------------------------

    def is_exposed_to(self, token: str) -> Truth:
        """Whether an agent of this token was ever given; steroids and conditioning count."""
        return self.refractoriness.is_exposed_to(token)

    def exposed_to(self, token: str) -> Finding:
        """Whether an agent of this token was ever given, with the therapies in which it was."""
        return self.refractoriness_accounts.exposed_to(token)

    def is_refractory(self, agent: str) -> Truth:
        """Whether the disease is refractory to an agent [rajkumar-2011]."""
        return self.refractoriness.is_refractory(agent)

    def refractory_agent(self, agent: str) -> Finding:
        """Whether the disease is refractory to an agent, with the therapies that prove it."""
        return self.refractoriness_accounts.refractory_agent(agent)

    def is_refractory_to(self, token: str) -> Truth:
        """Whether the disease is refractory to any agent of this token."""
        return self.refractoriness.is_refractory_to(token)

    def refractory_to(self, token: str) -> Finding:
        """Whether the disease is refractory to any agent of this token, with the therapies that prove it."""
        return self.refractoriness_accounts.refractory_to(token)

    def number_refractory_to(self, token: str) -> Bounds:
        """How many agents of this token the disease is refractory to."""
        return self.refractoriness.number_refractory_to(token)

    def refractory_count(self, token: str) -> tuple[Bounds, tuple[str, ...]]:
        """How many agents of this token the disease is refractory to, and what would settle it."""
        return self.refractoriness_accounts.refractory_count(token)

    def is_spent(self, agent: str) -> Truth:
        """Whether an agent is closed by refractoriness to it or to its like."""
        return self.spent_agents.is_spent(agent)

    def spent(self, agent: str) -> Finding:
        """Whether an agent is closed by refractoriness to it or to its like, with the therapies that close it."""
        return self.spent_accounts.spent(agent)

    def is_doubtful(self, agent: str) -> Truth:
        """Whether earlier therapy makes an agent doubtful without closing it."""
        return self.spent_agents.is_doubtful(agent)

    def doubtful(self, agent: str) -> Finding:
        """Whether earlier therapy makes an agent doubtful without closing it, with the therapies that do."""
        return self.spent_accounts.doubtful(agent)

    def doubtful_class(self, class_id: str) -> bool:
        """Whether a target relapsed soon after cells directed at it, without being refractory."""
        return self.spent_agents.doubtful_class(class_id)

    def rechallenged(self, agent_ids: Iterable[str]) -> list[tuple[Agent, Bounds | None]]:
        """Agents given before and not refractory, with the months since their last dose."""
        return self.spent_agents.rechallenged(agent_ids)

    # --- lines of therapy -------------------------------------------------------------------------

    @cached_property
    def lines(self) -> Lines:
        """Lines of therapy by the definition in use."""
        return Lines.of(self.lines_of_therapy.in_use, self.line_accounts)

    def count_lines(self, definition: Definition) -> Lines:
        """Lines of therapy by a named definition [rajkumar-2015].

        A ``line`` stated in the file decides; else each therapy is joined to the line before it
        or opens one, and what is not recorded makes the count a range.
        """
        return Lines.of(self.lines_of_therapy.count(definition), self.line_accounts)

    def derived_lines(self) -> Lines:
        """The count as the record has it, whatever the file states."""
        return Lines.of(self.lines_of_therapy.count(self.definition, stated=False), self.line_accounts)

    @property
    def last_line(self) -> tuple[int, ...]:
        """The entries of the last line that was treated, and what was given after it on the way to another."""
        return self.lines_of_therapy.last_line

    @property
    def last_treated(self) -> int | None:
        """The place of the last entry that treated a line; ``None`` where there is none."""
        return self.lines_of_therapy.last_treated

    @property
    def had_allograft(self) -> Truth:
        """Whether an allogeneic transplant was given."""
        return self.lines_of_therapy.had_allograft

    @property
    def allograft(self) -> Finding:
        """Whether an allogeneic transplant was given, as recorded or by the record of therapies."""
        return self.line_accounts.allograft

    # --- relapse ----------------------------------------------------------------------------------

    @property
    def state(self) -> tuple[str | None, str]:
        """The state of the disease and where it comes from; ``None`` is not known."""
        return self.relapses.state

    def has_progressed_on_last(self, *, within_window: bool = False) -> Truth:
        """Whether the disease progressed on the last therapy, as labels ask it."""
        return self.relapses.progressed_on_last(within_window=within_window)

    def progressed_on_last(self, *, within_window: bool = False) -> Finding:
        """Whether the disease progressed on the last therapy, with the progression that proves it."""
        return self.relapse_accounts.progressed_on_last(within_window=within_window)

    def relapsed_early(self, months_from_start: float, months_from_transplant: float) -> Truth:
        """Whether the first line ended early, from its start or from its transplant."""
        return self.relapses.relapsed_early(months_from_start, months_from_transplant)

    def early_relapse(self, months_from_start: float, months_from_transplant: float) -> Finding:
        """Whether the first line ended early, with the progression that ended it."""
        return self.relapse_accounts.early_relapse(months_from_start, months_from_transplant)

    def relapse_recorded(self) -> Truth:
        """Whether a progression is recorded in the last line."""
        return self.relapses.is_recorded

    @property
    def relapse_field(self) -> str:
        """Where the day of the relapse after the last line belongs: at its last entry, a transplant too."""
        return self.relapses.field

    def months_since_transplant(self) -> tuple[Bounds | None, str, tuple[str, ...]]:
        """Months from the last transplant to the progression after it, or to today; where; and what would settle it."""
        return self.relapse_accounts.months_since_transplant()

    def days_since_dose(self, token: str) -> tuple[Bounds | None, str, str]:
        """Days since the last dose of any agent of a token; the agent; the field that holds its day.

        ``None`` where none was ever given.
        """
        return self.relapse_accounts.days_since_dose(token)

    # --- organs -----------------------------------------------------------------------------------

    @property
    def outdated(self) -> dict[str, str]:
        """The laboratory values whose own day lies longer ago than values hold, each with what is said of it."""
        return self.organ_accounts.outdated

    def value(self, field: str) -> Any:
        """A field of the patient file as far as it may decide; ``None`` where it is not recorded or too old."""
        return self.organs.value(field)

    def needs_a_day(self, field: str) -> bool:
        """Whether a further value of a field must carry its own day, since that of the other values is too old."""
        return self.organs.needs_a_day(field)

    @property
    def circulating_cells(self) -> str:
        """That circulating plasma cells reach the limit of plasma cell leukaemia, in words; else empty."""
        return self.organ_accounts.circulating_cells

    @property
    def plasma_cell_leukaemia(self) -> Finding:
        """Whether it is plasma cell leukaemia: as recorded, or by circulating plasma cells [pcl-imwg-2013]."""
        return self.organ_accounts.plasma_cell_leukaemia

    @property
    def kidneys(self) -> Kidneys:
        """Whether kidney function is changing."""
        return self.organs.kidneys

    @property
    def creatinine_clearance(self) -> tuple[Bounds | None, str, tuple[str, ...]]:
        """Creatinine clearance in mL/min, how it was had, and what is missing for it."""
        return self.organ_accounts.creatinine_clearance

    @property
    def polyclonal_igg(self) -> tuple[Bounds | None, str, tuple[str, ...]]:
        """IgG in g/L that is not the paraprotein, how it was had, and what is missing for it."""
        return self.organ_accounts.polyclonal_igg

    @property
    def body_mass_index(self) -> tuple[Bounds | None, str, tuple[str, ...]]:
        """Weight over height squared in kg/m2, how it was had, and what is missing for it."""
        return self.organ_accounts.body_mass_index

    @property
    def frailty(self) -> tuple[tuple[str, ...], str, tuple[str, ...]]:
        """The frailty groups that remain possible, how they were had, and what is missing."""
        return self.organ_accounts.frailty
