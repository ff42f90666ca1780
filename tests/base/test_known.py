"""Three-valued logic: an order of three truths, and what follows from it."""

from __future__ import annotations

import pickle
from itertools import product

import pytest

from mmadvisor.base.known import Account, Finding, Truth, all_of, any_of, negate

NO, OPEN, YES = Truth.NOT_MET, Truth.UNKNOWN, Truth.MET


def test_the_truths_are_ordered_and_keep_their_words() -> None:
    assert list(Truth) == [NO, OPEN, YES] == sorted([YES, NO, OPEN])
    assert [truth.value for truth in Truth] == ["not-met", "unknown", "met"]
    assert [truth.answer for truth in Truth] == ["no", "unknown", "yes"]
    assert all(Truth(truth.value) is truth and pickle.loads(pickle.dumps(truth)) is truth for truth in Truth)


def test_no_truth_counts_as_yes_or_no() -> None:
    for truth in Truth:
        with pytest.raises(TypeError, match="three values"):
            bool(truth)


def test_all_any_and_not_are_those_of_kleene() -> None:
    assert all_of([]) is YES and any_of([]) is NO
    for one, two in product(Truth, repeat=2):
        found = {one, two}
        assert all_of([one, two]) is (NO if NO in found else OPEN if OPEN in found else YES)
        assert any_of([one, two]) is (YES if YES in found else OPEN if OPEN in found else NO)
        assert negate(all_of([one, two])) is any_of([negate(one), negate(two)])
    assert [negate(truth) for truth in (NO, OPEN, YES)] == [YES, OPEN, NO]


def test_what_is_learnt_never_turns_a_truth_into_its_opposite() -> None:
    for known in product((NO, YES), repeat=3):
        for hidden in product((False, True), repeat=3):
            less = [OPEN if h else k for h, k in zip(hidden, known, strict=True)]
            for join in (all_of, any_of):
                assert join(less) in (OPEN, join(known))


def test_an_account_is_made_once_and_only_where_it_is_read() -> None:
    made: list[Account] = []

    def account() -> Account:
        made.append(Account("3 prior lines", ("therapies",), ("therapies_complete",)))
        return made[-1]

    finding = Finding.of(OPEN, account, "said")
    assert finding.truth is OPEN and finding.remark == "said" and not made
    assert finding.found == "3 prior lines" and finding.where == ("therapies",) and len(made) == 1
    assert finding.missing == ("therapies_complete",) and finding.changes == () and len(made) == 1
    assert finding == Finding(OPEN, *made[0], "said") != finding.but(truth=YES)
    assert finding.but(found="2") == Finding(OPEN, "2", ("therapies",), ("therapies_complete",), (), "said")
