"""What needs action today, by the recorded values and the limits of the catalogue."""

from __future__ import annotations

from typing import NamedTuple

from mmadvisor.answers.recommendation import Emergency, Question
from mmadvisor.base.known import Finding
from mmadvisor.catalogue.catalogue import Catalogue
from mmadvisor.history.history import History
from mmadvisor.judging.clinical_relapse import ClinicalRelapse
from mmadvisor.judging.contradictions import Contradictions
from mmadvisor.judging.emergencies import Emergencies
from mmadvisor.judging.questions import Questions
from mmadvisor.judging.watch import Watch


class Alarm(NamedTuple):
    """What recorded values require today.

    ``clinical``: whether these values make a recorded relapse clinical, even if it is recorded as biochemical.
    """

    emergencies: list[Emergency]
    questions: list[Question]
    repeat: list[Question]
    contradictions: list[str]
    clinical: Finding


def alarm(history: History, catalogue: Catalogue) -> Alarm:
    """What needs action today, by recorded values and the catalogue's limits [imwg-relapse].

    A value without a day counts as measured on the day of the decision. A value that is too old does not count, and the
    answer asks to repeat it.
    """
    watch = Watch(history, catalogue)
    clinical = ClinicalRelapse(watch)
    emergencies = Emergencies(watch, clinical)
    questions = Questions(watch, clinical)
    return Alarm(
        emergencies=emergencies.all(),
        questions=list(questions.due()),
        repeat=list(questions.repeat()),
        contradictions=list(Contradictions(watch, clinical, emergencies).all()),
        clinical=clinical.finding,
    )
