"""What is due today by the record and the limits of the catalogue. All of it is derived."""

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

    ``clinical`` is whether they make a recorded relapse clinical, whatever the recorded kind.
    """

    emergencies: list[Emergency]
    questions: list[Question]
    repeat: list[Question]
    contradictions: list[str]
    clinical: Finding


def alarm(history: History, catalogue: Catalogue) -> Alarm:
    """What is due today by the record, with the catalogue's limits [imwg-relapse].

    A value without a day counts as of the day of the decision. A value that is too old is only requested anew.
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
