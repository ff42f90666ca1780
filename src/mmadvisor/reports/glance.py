"""A regimen in few words, for a comparison."""

from __future__ import annotations

from mmadvisor.answers.recommendation import NotOffered, OptionEntry
from mmadvisor.answers.regimen import RegimenPage
from mmadvisor.answers.shelf import Glance, GlanceDoses, GlanceOfPatient, GlanceStatus
from mmadvisor.formats.agents import Formulary


def glance(page: RegimenPage, formulary: Formulary) -> Glance:
    """A regimen in few words, from its page; the classes are those of its drugs without steroids."""
    burden, lead = page["burden"], page["lead_time_weeks"]
    drugs = [a for a in page["agents"] if not formulary.by_id[a["agent"]].steroid]
    return Glance(
        regimen=page["regimen"],
        name=page["name"],
        modality=page["modality"],
        intensity=page["intensity"],
        classes=list(dict.fromkeys(c for agent in drugs for c in agent["classes"])),
        routes=page["routes"],
        duration=page["duration"],
        visits=burden["visits_per_28_days"] if burden else None,
        admission=burden["admission"] if burden else "",
        wait=[lead["low"], lead["high"]] if lead else [],
        doses=[GlanceDoses(agent=a["agent"], name=a["name"], doses=a["doses"]) for a in page["agents"]],
        status=[
            GlanceStatus(
                jurisdiction=listing["jurisdiction"],
                status=listing["status"],
                source=listing["source"],
                verified=listing["verified"],
            )
            for listing in page["listings"]
        ],
        closes=list(dict.fromkeys(c["about"] for c in page["gates"] if c["about"])),
        cautions=list(dict.fromkeys(c["about"] for c in page["cautions"] if c["about"])),
        uses=page["sequencing"],
        figure=page["leading"][0] if page["leading"] else None,
        for_patient=_of_patient(page["for_patient"]["entry"]) if "for_patient" in page else None,
    )


def _of_patient(entry: OptionEntry | NotOffered) -> GlanceOfPatient:
    """What an answer says of one regimen; an option has a rank, any other regimen has reasons."""
    access = entry["access"]
    made = GlanceOfPatient(
        verdict=entry["verdict"],
        rank=None,
        tied=False,
        group="",
        would_rank=None,
        licensed=access["licensed"]["answer"],
        funded=access["funded"]["answer"],
        at_hand=access["at_hand"]["answer"],
        status=entry["approval"]["status"],
        nearest_benefit=None,
        cautions=entry["cautions"],
        unread=[],
        because=[],
    )
    if "rank" in entry:
        made["rank"], made["tied"], made["group"] = entry["rank"], entry["tied"], entry["group"]
        made["nearest_benefit"], made["unread"] = entry["nearest_benefit"], entry["unread"]
    else:
        made["would_rank"], made["because"] = entry["would_rank"], entry["because"]
    return made
