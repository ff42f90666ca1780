"""The verdict on a regimen from the results of its criteria, one by one: the meaning of the rulebook's bits."""

from __future__ import annotations

from mmadvisor.answers.compact import Verdict
from mmadvisor.base.known import Truth
from mmadvisor.judging.verdict import Assessment


def slow_verdict(assessment: Assessment) -> Verdict:
    """What closes comes first, then what is unknown, then what warns."""
    hard, status = assessment.hard, assessment.approval.status
    counted = {r.counts_as for r in hard}
    if status == "not-available":
        return "ineligible"
    if Truth.NOT_MET in counted:
        passing = all(r.criterion.passes_with_time for r in hard if r.counts_as is Truth.NOT_MET)
        return "deferred" if passing else "ineligible"
    if Truth.UNKNOWN in counted:
        return "undetermined"
    if status == "off-label":
        return "off-label"
    cautions = [r for r in assessment.results if r.force == "caution"]
    warned = any(r.finding.truth is not Truth.MET or r.finding.remark for r in (*hard, *cautions))
    return "caution" if warned else "eligible"
