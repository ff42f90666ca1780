"""The groups of options: usual options, options kept in reserve, options to ask for, and so on.

All options of one group are listed before those of the next group.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple, get_args

from mmadvisor.answers.compact import Group as Name
from mmadvisor.base.known import Truth
from mmadvisor.catalogue.regimens import Regimen
from mmadvisor.catalogue.rules import KeptBack
from mmadvisor.judging.here import Here
from mmadvisor.judging.nearest import Choosing
from mmadvisor.judging.results import OFFERED
from mmadvisor.judging.verdict import Assessment

NAMES: tuple[Name, ...] = get_args(Name)
# What only one other place licenses is asked about first.
_ONE = 1
# What is no line of its own: shown beside, and no rank is kept for it.
BESIDE: tuple[Name, ...] = ("seldom", "bridge")


class Group(NamedTuple):
    """The group of one option, and why the option is not in the first group."""

    name: Name
    because: str = ""
    source: str = ""

    @property
    def place(self) -> int:
        """The number of the group; 0 is the first."""
        return NAMES.index(self.name)


_OF_ONE_PLACE = Group("ask", "its licence here is not known, and only one other place has it for such patients")


class Groups:
    """The groups of the regimens for one patient; ``assessments`` are those of all regimens."""

    def __init__(self, here: Here, choosing: Choosing, assessments: Sequence[Assessment]) -> None:
        self.here = here
        self.choosing = choosing
        self.assessments = assessments
        self.catalogue = here.catalogue
        self.history = here.history

    def of(self, option: Assessment) -> Group:
        """The group of an option, by its purpose, its access, and what is kept back.

        Other options matter only for a combination whose licence is not known here: if another option, which is in use,
        adds a drug to it, its drugs are in use as well.
        """
        group = self._alone(option)
        return Group("main") if group == _OF_ONE_PLACE and self._is_backbone(option.regimen) else group

    def _is_backbone(self, regimen: Regimen) -> bool:
        """Whether another open regimen in group ``main`` has all drugs of a regimen, and one more."""
        drugs = frozenset(regimen.agent_ids)
        return any(drugs < given for given in self._in_main)

    @cached_property
    def _in_main(self) -> list[frozenset[str]]:
        """The drugs of each open regimen whose own licence and funding put it in group ``main``."""
        mine = (a for a in self.assessments if a.verdict in OFFERED and self._alone(a).name == "main")
        return [frozenset(a.regimen.agent_ids) for a in mine]

    def _alone(self, option: Assessment) -> Group:
        """The group of an option, whatever the other options are."""
        regimen = option.regimen
        if regimen.uses == ("debulking",):
            return Group("bridge", "it debulks on the way to another treatment")
        if row := self._kept(regimen, self.catalogue.ranking.seldom):
            return Group("seldom", row.because, row.source)
        if regimen.uses == ("palliation",):
            return Group("seldom", "it is meant to relieve")
        access = option.access
        if row := self.kept_back(regimen):
            name: Name = "funded-reserve" if access.funded is Truth.MET else "reserve"
            return Group(name, row.because, row.source)
        if 0 < self.drugs(option) <= doubtful(option) and not self.choosing.tested_after_its_target(regimen):
            return Group("reserve", "each of its drugs is doubtful")
        if access.funded is Truth.NOT_MET and self._public:
            return Group("ask", "it is not funded here")
        if access.licensed is Truth.UNKNOWN and access.last_read_not_registered:
            return Group("ask", "its licence here is not known, and it was last read as not registered")
        if access.licensed is Truth.UNKNOWN and access.foreign_places == _ONE:
            return _OF_ONE_PLACE
        return Group("main")

    def in_use(self, regimen: Regimen) -> bool:
        """Whether a regimen is a usual option: not kept back, and neither debulking nor palliation.

        Funding does not matter.
        """
        beside = regimen.uses in (("debulking",), ("palliation",))
        return not (beside or self._kept(regimen, self.catalogue.ranking.seldom) or self.kept_back(regimen))

    def kept_back(self, regimen: Regimen) -> KeptBack | None:
        """The entry that keeps a regimen in reserve for this patient; ``None`` if it is not kept in reserve."""
        return self._kept(regimen, self.catalogue.ranking.reserve)

    def _kept(self, regimen: Regimen, rows: Sequence[KeptBack]) -> KeptBack | None:
        mine = (row for row in rows if regimen.id in row.regimens and self.here.holds(row.when) is Truth.MET)
        return next((r for r in mine if not any(self.here.holds(c) is Truth.MET for c in r.unless)), None)

    @property
    def _public(self) -> bool:
        """Whether the payer is public (also if none is recorded), so that only funded options are available."""
        return self.history.patient.get("access.pays") in (None, "public")

    def drugs(self, option: Assessment) -> int:
        """The number of drugs of an option, without steroids."""
        by_id = self.catalogue.formulary.by_id
        return sum(not by_id[a].steroid for a in option.regimen.agent_ids)


def doubtful(option: Assessment) -> int:
    """The number of doubtful drugs of an option."""
    return sum(r.finding.truth is Truth.NOT_MET for r in option.undoubted)
