"""What follows from the record: exposure, refractoriness, lines of therapy, and times since events.

Everything is derived once for a patient and a day. A value (``is_refractory``) is a truth or a number. A ``Finding``
adds the therapies that prove the value, or the missing fields. In this module a token is an agent, a class, or a class
with a modality (``Formulary.members``). Windows and limits come from ``data/definitions.yaml``, each with its source.
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
        """Make a history. ``recorded``: how many therapies are recorded; the look-ahead assumes those after them."""
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
        """Possible values of missing fields of therapies, by path; a cache of ``possible``."""

    # --- the same patient, otherwise -------------------------------------------------------------

    def of_patient(self, patient: Patient, *, definition: Definition | None = None) -> "History":
        """The history of the same patient with a changed record, or with another definition of a line."""
        return History(
            patient, self.formulary, self.definitions, self.as_of, definition=definition or self.definition,
            assume_relapse=self.assume_relapse, today=self.today, recorded=self.recorded,
        )  # fmt: skip

    def ahead(self, patient: Patient) -> "History":
        """The history of ``patient`` on an unknown later day: any day from ``as_of`` on; for the look-ahead."""
        return History(
            patient, self.formulary, self.definitions, self.as_of, definition=self.definition,
            today=Span(self.as_of, FAR_AHEAD), recorded=self.recorded,
        )  # fmt: skip

    def knowing(self, field: str, value: Any) -> "History":
        """The history of the same patient with another value of a field.

        If the recorded value or ``labs_on`` is too old, the new value counts as measured today.
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
        """Every known agent of every therapy, in order of time."""
        return self.record.exposures

    @property
    def unnamed(self) -> tuple[Unnamed, ...]:
        """Every drug in the record whose name is unknown, in order of time."""
        return self.record.unnamed

    @property
    def treatments(self) -> tuple[int, ...]:
        """The indices in the file (from 0) of the entries that are anti-myeloma treatment, in order of time."""
        return self.record.treatments

    def token_name(self, token: str) -> str:
        """The name of an agent, or the id of a class."""
        return self.record.token_name(token)

    def called(self, index: int) -> str:
        """A therapy in words: its drugs, and its number in order of time, from 1."""
        return self.names.called(index)

    def called_with_days(self, index: int) -> str:
        """A therapy in words, with the months in which it was given."""
        return self.names.called_with_days(index)

    def in_time(self, field: str) -> tuple[str, int, str]:
        """A sort key for fields: fields of therapies in order of time, not in the order of the file."""
        return self.names.in_time(field)

    # --- exposure and refractoriness --------------------------------------------------------------

    def is_exposed_to(self, token: str) -> Truth:
        """Whether an agent of the token was ever given; steroids and conditioning count."""
        return self.refractoriness.is_exposed_to(token)

    def exposed_to(self, token: str) -> Finding:
        """Whether an agent of the token was ever given, with the therapies in which it was given."""
        return self.refractoriness_accounts.exposed_to(token)

    def is_refractory(self, agent: str) -> Truth:
        """Whether the disease is refractory to an agent [rajkumar-2011]."""
        return self.refractoriness.is_refractory(agent)

    def refractory_agent(self, agent: str) -> Finding:
        """Whether the disease is refractory to an agent, with the therapies that prove it."""
        return self.refractoriness_accounts.refractory_agent(agent)

    def is_refractory_to(self, token: str) -> Truth:
        """Whether the disease is refractory to at least one agent of the token."""
        return self.refractoriness.is_refractory_to(token)

    def refractory_to(self, token: str) -> Finding:
        """Whether the disease is refractory to at least one agent of the token, with the therapies that prove it."""
        return self.refractoriness_accounts.refractory_to(token)

    def number_refractory_to(self, token: str) -> Bounds:
        """The number of agents of the token to which the disease is refractory, as a range."""
        return self.refractoriness.number_refractory_to(token)

    def refractory_count(self, token: str) -> tuple[Bounds, tuple[str, ...]]:
        """The number of agents of the token to which the disease is refractory, and the missing fields."""
        return self.refractoriness_accounts.refractory_count(token)

    def is_spent(self, agent: str) -> Truth:
        """Whether refractoriness to the agent, or to a related agent (``Spent.is_spent``), closes the agent."""
        return self.spent_agents.is_spent(agent)

    def spent(self, agent: str) -> Finding:
        """Whether refractoriness to the agent, or to a related agent, closes the agent, with the therapies."""
        return self.spent_accounts.spent(agent)

    def is_doubtful(self, agent: str) -> Truth:
        """Whether earlier therapy makes the agent doubtful (``Spent.is_doubtful``) without closing it."""
        return self.spent_agents.is_doubtful(agent)

    def doubtful(self, agent: str) -> Finding:
        """Whether earlier therapy makes the agent doubtful without closing it, with the therapies that show this."""
        return self.spent_accounts.doubtful(agent)

    def doubtful_class(self, class_id: str) -> bool:
        """Whether the disease relapsed soon after CAR-T cells against this target."""
        return self.spent_agents.doubtful_class(class_id)

    def rechallenged(self, agent_ids: Iterable[str]) -> list[tuple[Agent, Bounds | None]]:
        """The agents that were given before and are not refractory, each with the months since its last dose."""
        return self.spent_agents.rechallenged(agent_ids)

    # --- lines of therapy -------------------------------------------------------------------------

    @cached_property
    def lines(self) -> Lines:
        """Lines of therapy by the definition in use."""
        return Lines.of(self.lines_of_therapy.in_use, self.line_accounts)

    def count_lines(self, definition: Definition) -> Lines:
        """Lines of therapy by a named definition [rajkumar-2015].

        A ``line`` in the patient file decides. Otherwise each therapy belongs to the line before it, or opens a new
        line. Missing facts make the count a range.
        """
        return Lines.of(self.lines_of_therapy.count(definition), self.line_accounts)

    def derived_lines(self) -> Lines:
        """The lines of therapy as derived, without any ``line`` in the patient file."""
        return Lines.of(self.lines_of_therapy.count(self.definition, stated=False), self.line_accounts)

    @property
    def last_line(self) -> tuple[int, ...]:
        """The indices of the therapies of the last line, and of any bridging or preparation after it."""
        return self.lines_of_therapy.last_line

    @property
    def last_treated(self) -> int | None:
        """The index of the last entry that treated a line; ``None`` if there is none."""
        return self.lines_of_therapy.last_treated

    @property
    def had_allograft(self) -> Truth:
        """Whether an allogeneic transplant was given."""
        return self.lines_of_therapy.had_allograft

    @property
    def allograft(self) -> Finding:
        """Whether an allogeneic transplant was given, by the list of therapies or ``prior_allogeneic_transplant``."""
        return self.line_accounts.allograft

    # --- relapse ----------------------------------------------------------------------------------

    @property
    def state(self) -> tuple[str | None, str]:
        """The state of the disease (``None`` if not known), and the field that shows it."""
        return self.relapses.state

    def has_progressed_on_last(self, *, within_window: bool = False) -> Truth:
        """Whether the disease progressed on the last therapy, as labels define it."""
        return self.relapses.progressed_on_last(within_window=within_window)

    def progressed_on_last(self, *, within_window: bool = False) -> Finding:
        """Whether the disease progressed on the last therapy, with the progression that proves it."""
        return self.relapse_accounts.progressed_on_last(within_window=within_window)

    def relapsed_early(self, months_from_start: float, months_from_transplant: float) -> Truth:
        """Whether the first line ended early: within these months of the start of the line, or of its transplant."""
        return self.relapses.relapsed_early(months_from_start, months_from_transplant)

    def early_relapse(self, months_from_start: float, months_from_transplant: float) -> Finding:
        """Whether the first line ended early, with the progression that ended it."""
        return self.relapse_accounts.early_relapse(months_from_start, months_from_transplant)

    def last_field(self, exposure: Exposure) -> str:
        """The field with the last dose of an agent; for cells the first dose."""
        return self.progression_accounts.last_field(exposure)

    def present_relapse(self, day: Span | None) -> tuple[str, tuple[str, ...]]:
        """The day of the present relapse in words, and the missing fields that would place a day before or after it."""
        return self.relapse_accounts.present_relapse(day)

    def relapse_recorded(self) -> Truth:
        """Whether a progression is recorded in the last line."""
        return self.relapses.is_recorded

    @property
    def relapse_field(self) -> str:
        """The field for the day of the relapse after the last line: ``progressed_on`` of its last entry."""
        return self.relapses.field

    def months_since_transplant(self) -> tuple[Bounds | None, str, tuple[str, ...]]:
        """Months from the last transplant to the next progression or today, the field used, and the missing fields.

        The months are ``None`` without a transplant.
        """
        return self.relapse_accounts.months_since_transplant()

    def days_since_dose(self, token: str) -> tuple[Bounds | None, str, str]:
        """The days since the last dose of any agent of the token, the name of this agent, and the field with the day.

        The days are ``None`` if no such agent was ever given.
        """
        return self.relapse_accounts.days_since_dose(token)

    # --- organs -----------------------------------------------------------------------------------

    @property
    def outdated(self) -> dict[str, str]:
        """The laboratory values that are too old to count, each with a sentence."""
        return self.organ_accounts.outdated

    def value(self, field: str) -> Any:
        """The value of a field; ``None`` if it is not recorded or too old to count."""
        return self.organs.value(field)

    def needs_a_day(self, field: str) -> bool:
        """Whether a new value of a field needs its own day, because ``labs_on`` is too old."""
        return self.organs.needs_a_day(field)

    @property
    def circulating_cells(self) -> str:
        """A sentence if the circulating plasma cells reach the limit of plasma cell leukaemia; otherwise empty."""
        return self.organ_accounts.circulating_cells

    @property
    def plasma_cell_leukaemia(self) -> Finding:
        """Whether the disease is plasma cell leukaemia: recorded, or by circulating plasma cells [pcl-imwg-2013]."""
        return self.organ_accounts.plasma_cell_leukaemia

    @property
    def kidneys(self) -> Kidneys:
        """Whether kidney function is changing."""
        return self.organs.kidneys

    @property
    def creatinine_clearance(self) -> tuple[Bounds | None, str, tuple[str, ...]]:
        """Creatinine clearance in mL/min, a sentence on how it was obtained, and the missing fields."""
        return self.organ_accounts.creatinine_clearance

    @property
    def polyclonal_igg(self) -> tuple[Bounds | None, str, tuple[str, ...]]:
        """IgG without the paraprotein, in g/L, a sentence on how it was obtained, and the missing fields."""
        return self.organ_accounts.polyclonal_igg

    @property
    def body_mass_index(self) -> tuple[Bounds | None, str, tuple[str, ...]]:
        """Body mass index in kg/m2, a sentence on how it was obtained, and the missing fields."""
        return self.organ_accounts.body_mass_index

    @property
    def frailty(self) -> tuple[tuple[str, ...], str, tuple[str, ...]]:
        """The frailty groups that remain possible, a sentence on how they were obtained, and the missing fields."""
        return self.organ_accounts.frailty
