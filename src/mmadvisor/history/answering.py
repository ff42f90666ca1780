"""The value of each fact that a criterion can use, by kind and name, without words."""

from collections.abc import Callable
from functools import cached_property
from typing import Any

from mmadvisor.base.known import Bounds, Finding, Truth, any_of, truth_of
from mmadvisor.formats.agents import Taken
from mmadvisor.history import harms
from mmadvisor.history.facts import Fact, KindOfFact
from mmadvisor.history.organs import OrganAccounts, Organs
from mmadvisor.history.parts import Parts

# A number with how it was had, and the fields that are missing for it.
Reasoned = tuple[Bounds | None, str, tuple[str, ...]]
# The groups of frailty from the fittest to the frailest.
FRAILTY = ("fit", "intermediate", "frail")


class Answering(Parts):
    """The facts of one patient, computed from the parts of the history."""

    def truth(self, fact: Fact) -> Truth:
        """Whether a fact is true; only for kinds of facts whose value is a truth."""
        return _TRUTHS[fact.kind](self, fact)

    def number(self, fact: Fact) -> Bounds | None:
        """The number that is the value of a fact, as a range; ``None`` if nothing is known about it."""
        return _NUMBERS[fact.kind](self, fact.of)

    def word(self, fact: Fact) -> Any:
        """The word, the yes or no, or the list that is the value of a fact; ``None`` if it is not recorded."""
        return _WORDS[fact.kind](self, fact.of)

    def with_reason(self, field: str) -> Reasoned:
        """A number, recorded or derived, with a sentence on how it was obtained and the missing fields."""
        if field in DERIVED_NUMBERS:
            return DERIVED_NUMBERS[field][1](self.organ_accounts)
        value = self.organs.value(field)
        if value is None:
            return None, self.organ_accounts.outdated.get(field, "not recorded"), (field,)
        return Bounds(value, value), "", ()

    def derived(self, field: str) -> Finding:
        """A fact that is derived from fields of the patient file, with its account."""
        return DERIVED_TRUTHS[field][1](self.organ_accounts)

    @cached_property
    def taken(self) -> tuple[Taken, ...] | None:
        """The drugs on the list of co-medication, with the names that the catalogue knows; ``None`` if not recorded."""
        listed = self.record.patient.co_medication
        return None if listed is None else tuple(map(self.record.formulary.taken, listed))

    def _is_past_menopause(self) -> Truth:
        """Whether the age alone shows that the patient is past the menopause."""
        age = self.record.patient.get("demographics.age")
        return truth_of(None if age is None else age >= self.record.definitions.postmenopausal_from_age.value)

    def _takes(self, token: str) -> Truth:
        """Whether the patient takes a drug, or a drug of a group.

        If no such drug is in the list of co-medication, unknown if the list contains a drug that the catalogue does not
        know, or if the list is not recorded.
        """
        if self.taken is None:
            return Truth.UNKNOWN
        wanted = self.record.formulary.drugs_of(token)
        return any_of(truth_of(taken.drug in wanted if taken.drug else None) for taken in self.taken)

    def _frailty(self) -> Bounds:
        """The frailty groups that remain possible, from 0 fit to 2 frail."""
        ranks = [FRAILTY.index(group) for group in self.organs.frailty]
        return Bounds(min(ranks), max(ranks))

    def _recorded_number(self, field: str) -> Bounds | None:
        """The number of a field: recorded and not too old, or derived; ``None`` if there is none."""
        if field in DERIVED_NUMBERS:
            return DERIVED_NUMBERS[field][0](self.organs)
        value = self.organs.value(field)
        return None if value is None else Bounds(value, value)


# What is derived from fields of the patient file: the value, and the same with its account.
DERIVED_NUMBERS: dict[str, tuple[Callable[[Organs], Bounds | None], Callable[[OrganAccounts], Reasoned]]] = {
    "derived.creatinine_clearance_ml_per_min": (lambda o: o.creatinine_clearance, lambda o: o.creatinine_clearance),
    "derived.polyclonal_igg_g_per_l": (lambda o: o.polyclonal_igg, lambda o: o.polyclonal_igg),
    "derived.body_mass_index": (lambda o: o.body_mass_index, lambda o: o.body_mass_index),
    "derived.serum_m_protein_g_per_l": (lambda o: o.serum_m_protein, lambda o: o.serum_m_protein),
    "derived.involved_flc_ratio": (lambda o: o.involved_flc_ratio, lambda o: o.involved_flc_ratio),
}
DERIVED_TRUTHS: dict[str, tuple[Callable[[Organs], Truth], Callable[[OrganAccounts], Finding]]] = {
    "derived.plasma_cell_leukaemia": (lambda o: o.is_plasma_cell_leukaemia, lambda o: o.plasma_cell_leukaemia),
    "derived.iga_isotype": (lambda o: o.has_iga, lambda o: o.iga_isotype),
    "derived.hypercalcaemia": (lambda o: o.has_hypercalcaemia, lambda o: o.hypercalcaemia),
    "derived.nyha_iiib_or_iv": (lambda o: o.nyha_iiib_or_iv, lambda o: o.nyha_iiib_or_iv),
}


_TRUTHS: dict[KindOfFact, Callable[[Answering, Fact], Truth]] = {
    "exposed": lambda a, fact: a.refractoriness.is_exposed_to(fact.of),
    "refractory": lambda a, fact: a.refractoriness.is_refractory_to(fact.of),
    "spent": lambda a, fact: a.spent_agents.is_spent(fact.of),
    "doubtful": lambda a, fact: a.spent_agents.is_doubtful(fact.of),
    "harmed": lambda a, fact: harms.harmed(a.record, fact.of, a.refractoriness.is_exposed_to(fact.of)),
    "stopped-for-toxicity": lambda a, fact: harms.withdrawn(a.record, fact.of),
    "whole-list": lambda a, fact: a.record.complete,
    "allograft": lambda a, fact: a.lines_of_therapy.had_allograft,
    "progressed-on-last": lambda a, fact: a.relapses.progressed_on_last(),
    "progressed-within-window": lambda a, fact: a.relapses.progressed_on_last(within_window=True),
    "early-relapse": lambda a, fact: a.relapses.relapsed_early(*fact.limits),
    "since-relapse": lambda a, fact: a.relapses.reached_by(a.record.patient.get(fact.of)),
    "derived": lambda a, fact: DERIVED_TRUTHS[fact.of][0](a.organs),
    "past-menopause": lambda a, fact: a._is_past_menopause(),
    "takes": lambda a, fact: a._takes(fact.of),
}

_NUMBERS: dict[KindOfFact, Callable[[Answering, str], Bounds | None]] = {
    "refractory-count": lambda a, of: a.refractoriness.number_refractory_to(of),
    "days-since-dose": lambda a, of: a.relapses.days_since_dose(of),
    "lines": lambda a, of: a.lines_of_therapy.in_use.bounds,
    "months-since-transplant": lambda a, of: a.relapses.months_since_transplant(),
    "number": lambda a, of: a._recorded_number(of),
    "frailty": lambda a, of: a._frailty(),
}

_WORDS: dict[KindOfFact, Callable[[Answering, str], Any]] = {
    "toxicities": lambda a, of: harms.toxicities_on(a.record, of),
    "cancers-after": lambda a, of: harms.cancers_after(a.record, of),
    "state": lambda a, of: a.relapses.state[0],
    "word": lambda a, of: a.record.patient.get(of),
    "with-gaps": lambda a, of: a.record.patient.get(of),
}
