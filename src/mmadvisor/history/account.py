"""The account of a fact: a sentence, the therapies that prove the fact, and the missing fields that would decide it.

A fact has two halves. Its value is a truth, a number or a day. The value is derived from the record without any words,
and is cached. The account is made only when somebody reads it. The function that makes the account receives the value
and cannot change the value. A ``Finding`` joins the two halves.
"""

from collections.abc import Iterable

from mmadvisor.base.known import Account, Finding, Truth, any_of


# Why: docs/explanation/values-and-accounts.md
def joined(truth: Truth, account: Account, remark: str = "") -> Finding:
    """A finding from a truth and its account.

    ``remark`` is a sentence to print as a caution although the truth is ``MET``.
    """
    return Finding(truth, account.found, account.where, account.missing, remark=remark)


def of_those(truth: Truth, findings: Iterable[Finding]) -> Account:
    """The account of the findings that have this truth; their fields are joined.

    For ``NOT_MET`` the sentences of all of them are joined. Otherwise one sentence is used, if possible from a finding
    without a remark.
    """
    deciding = sorted((f for f in findings if f.truth is truth), key=lambda f: bool(f.remark))
    shown = deciding[:1] if truth is not Truth.NOT_MET else deciding
    return Account(
        "; ".join(unique(f.found for f in shown)),
        unique(w for f in deciding for w in f.where),
        unique(m for f in deciding for m in f.missing),
    )


def any_finding(findings: list[Finding]) -> Finding:
    """The strongest truth of the findings, with the sentences and fields of the findings that have this truth."""
    truth = any_of(f.truth for f in findings)
    return joined(truth, of_those(truth, findings))


def named(name: str, finding: Finding) -> Finding:
    """The same finding, with the name of the drug in front of its sentence."""
    return Finding(finding.truth, f"{name}: {finding.found}", finding.where, finding.missing)


def absent(truth: Truth, found: str) -> Account:
    """The account of something that is not in the list of therapies.

    ``truth`` is unknown if the list may be incomplete.
    """
    if truth is Truth.NOT_MET:
        return Account(found, ("therapies",))
    return Account(f"{found}, and the list may not be whole", ("therapies",), ("therapies_complete",))


def as_if_whole(finding: Finding, complete: Truth) -> Account:
    """The account of a finding that depends on which therapy was the last.

    ``complete``: whether the list of therapies is complete. If it may be incomplete, ``therapies_complete`` is added to
    the missing fields.
    """
    if complete is Truth.MET:
        return Account(finding.found, finding.where, finding.missing)
    missing = unique(("therapies_complete", *finding.missing))
    return Account(f"{finding.found}; the list of therapies may not be whole", finding.where, missing)


def unique(names: Iterable[str]) -> tuple[str, ...]:
    """Each name once, in the order of its first occurrence."""
    return tuple(dict.fromkeys(names))
