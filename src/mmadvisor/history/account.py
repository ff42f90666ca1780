"""The account of a fact: the sentence, the therapies that prove it, the fields that would settle it.

A fact has two halves. Its value is a truth, a number or a day: it is derived from the record alone, without words, and
kept. Its account is made only where somebody reads it: it receives the value, and has no field in which it could return
another one. A ``Finding`` joins the two.
"""

from collections.abc import Iterable

from mmadvisor.base.known import Account, Finding, Truth, any_of


# Why: docs/explanation/values-and-accounts.md
def joined(truth: Truth, account: Account, remark: str = "") -> Finding:
    """The two halves of a fact; ``remark`` is what a caution says although it is met."""
    return Finding(truth, account.found, account.where, account.missing, remark=remark)


def of_those(truth: Truth, findings: Iterable[Finding]) -> Account:
    """The account of the strongest of some findings, by those that have its truth; first those without a remark."""
    deciding = sorted((f for f in findings if f.truth is truth), key=lambda f: bool(f.remark))
    shown = deciding[:1] if truth is not Truth.NOT_MET else deciding
    return Account(
        "; ".join(unique(f.found for f in shown)),
        unique(w for f in deciding for w in f.where),
        unique(m for f in deciding for m in f.missing),
    )


def any_finding(findings: list[Finding]) -> Finding:
    """The strongest of the findings, with the words and places of those that decide."""
    truth = any_of(f.truth for f in findings)
    return joined(truth, of_those(truth, findings))


def named(name: str, finding: Finding) -> Finding:
    """The same finding, of a drug by its name."""
    return Finding(finding.truth, f"{name}: {finding.found}", finding.where, finding.missing)


def absent(truth: Truth, found: str) -> Account:
    """What is not in the list of therapies: unknown where the list may not be whole."""
    if truth is Truth.NOT_MET:
        return Account(found, ("therapies",))
    return Account(f"{found}, and the list may not be whole", ("therapies",), ("therapies_complete",))


def as_if_whole(finding: Finding, complete: Truth) -> Account:
    """The account of what hangs on which therapy came last; unknown while the list may not be whole."""
    if complete is Truth.MET:
        return Account(finding.found, finding.where, finding.missing)
    missing = unique(("therapies_complete", *finding.missing))
    return Account(f"{finding.found}; the list of therapies may not be whole", finding.where, missing)


def unique(names: Iterable[str]) -> tuple[str, ...]:
    """Each name once, in the order in which it first stands."""
    return tuple(dict.fromkeys(names))
