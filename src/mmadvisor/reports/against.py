"""The comparison of two answers: what differs, and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from mmadvisor.answers.against import SCHEMA, Against, FactChange, Whose
from mmadvisor.answers.changes import AnswerChange
from mmadvisor.answers.recommendation import Recommendation
from mmadvisor.answers.stamps import INTENDED_USE
from mmadvisor.answers.words import line_count
from mmadvisor.reports.difference import answers_differ, in_words, ranking_changes


def against(after: Recommendation, before: Recommendation, set_: Sequence[str] = ()) -> Against:
    """What changes from one answer to the other: derived facts, verdicts and ranks, missing fields.

    ``set_`` are the values of ``--set`` in the later answer, as they were written.
    """
    was, now = ({m["field"]: m["name"] for m in answer["missing"]} for answer in (before, after))
    return Against(
        schema=SCHEMA,
        before=_named(before),
        after=_named(after),
        set=list(set_),
        facts=list(_facts(before, after)),
        answers=[_told(change) for change in answers_differ(before, after)],
        ranking=ranking_changes(before, after),
        first=[o["regimen"] for o in after["options"][:5]],
        first_before=[o["regimen"] for o in before["options"][:5]],
        no_longer_missing=[f for f in was if f not in now],
        newly_missing=[f for f in now if f not in was],
        missing_names={f: name for f, name in [*was.items(), *now.items()] if (f in was) is not (f in now)},
        engine=after["engine"],
        catalogue=after["catalogue"],
        intended_use=INTENDED_USE,
    )


def _told(change: AnswerChange) -> AnswerChange:
    """The change of one regimen, with only the reasons that explain it.

    For a regimen that is an option now and was not before: the reasons that no longer apply. For one that is no longer
    an option: the new reasons. Any other change is returned as it is.
    """
    opened, closed = change["rank_after"] is not None, change["rank_before"] is not None
    if opened is closed:
        return change
    new, gone = ([], change["gone"]) if opened else (change["new"], [])
    return AnswerChange(**{**change, "because": in_words(new, gone), "new": new, "gone": gone})


def _named(answer: Recommendation) -> Whose:
    stamp = answer["patient"]
    return Whose(id=stamp["id"], assessed_on=stamp["assessed_on"], jurisdiction=answer["jurisdiction"])


def _facts(before: Recommendation, after: Recommendation) -> Iterator[FactChange]:
    old, new = dict(_derived(before)), dict(_derived(after))
    for about in dict.fromkeys([*old, *new]):
        was, now = old.get(about, ("", "")), new.get(about, ("", ""))
        if was[0] != now[0]:
            yield FactChange(about=about, before=was[0] or "not there", after=now[0] or "not there", because=now[1])


def _derived(answer: Recommendation) -> Iterable[tuple[str, tuple[str, str]]]:
    """The derived facts of a patient, each with its value and the reason."""
    history, treat = answer["history"], answer["treat_now"]
    lines = history["prior_lines"]
    yield "treat now", (treat["answer"], treat["because"])
    for emergency in treat["emergencies"]:
        name = f"emergency: {emergency['emergency'].replace('_', ' ')}, {emergency['field']}"
        yield name, (emergency["how"], f"{emergency['found']}. {emergency['text']}")
    for question in treat["questions"]:
        yield f"asked: {question['text']}", (question["found"], "")
    yield "jurisdiction", (answer["jurisdiction"], "")
    yield "prior lines", (line_count(lines), "; ".join(lines["reasons"][-1:]))
    for agent in history["agents"]:
        yield f"refractory to {agent['name']}", (agent["refractory"], agent["because"])
    for label in history["labels"]:
        yield label["label"], (label["value"], label["because"])
    yield "creatinine clearance", (history["creatinine_clearance"], "")
    yield "frailty", (history["frailty"], "")
    for item in answer["first"]:
        yield f"said first: {item['id']}", ("yes", item["text"])
    for situation in answer["situations"]:
        yield f"situation: {situation['name']}", ("yes", "")


def same(change: Against) -> bool:
    """Whether nothing differs between the two answers."""
    parts: list[Any] = [change["facts"], change["answers"], change["no_longer_missing"], change["newly_missing"]]
    return change["ranking"] is None and not any(parts)
