"""The fixed words of the first screen of an answer: headings, short forms and sentences.

A first screen in another language needs another module like this one, and no other renderer.
"""

from __future__ import annotations

NOTHING_KNOWN = "nothing recorded"
REFRACTORY = "Refractory to: {agents}"
PATIENT = "Patient {id}"
LINES, ONE_LINE = "{count} lines", "1 line"
ECOG, CLEARANCE = "ECOG {ecog}", "CrCl {clearance:.0f}"
TREAT = "Treat now? {answer}: {because}"
EMERGENCY = "FIRST: {name} ({how}). {text}"
FIRST = "FIRST: {text}"

OPTIONS = "Options, in order"
TURNS_ON = "turns on {names}"
ABOVE = "{upper} above {lower}: {name}, {one} against {other}"
NO_MONEY = "Funds? {parts}"
OF_DECISION = "{regimen} ({decision})"
TIED, LOWER = "=: no published difference decides", "↓: below its figure"
UNNUMBERED = "Options, without an order"
GROUPS = {
    "main": "In use:",
    "funded-reserve": "Funded, kept in reserve:",
    "ask": "To be asked for:",
    "reserve": "In reserve:",
    "seldom": "Seldom chosen:",
    "bridge": "As a bridge:",
}
PROVISIONAL = "PROVISIONAL order, not confirmed{turns}. First confirm: {gates}"
OF_FIRST = "for {regimen}: {gates} (for the others, see --full)"
COLUMNS = ("#", "Option", "Access", "PFS, nearest patients", "Against it")
ACCESS = {
    "funded": "licensed, funded",
    "unfunded": "licensed, unfunded",
    "paid-unknown": "licensed, funds?",
    "licensed": "licensed",
    "licence-unknown": "licence?",
    "off-label": "off-label",
    "off-label-funded": "off-label, funded",
    "procedure": "procedure",
    "not-available": "not available",
}
DESIGNS = {"randomised": "RCT", "single-arm": "1 arm", "pooled": "pooled", "observational": "cohort"}
MEDIAN, RATE = "{months:g} mo", "{percent:g} % at {months:g} mo"
NOT_REACHED, NOT_REACHED_BY = "not reached", "over {months:g} mo"
NO_FIGURE, OF_OTHERS = "no figure", "none of its own"
EXTRAPOLATED = "extrap."
NONE_AGAINST = "nothing known"
NOT_RECORDED = "{n} not recorded"
STRONG = "STRONG: {about}"
SAID_LAST = ("earlier therapy", "last therapy", "evidence")
INTERACTION = "interaction: {drugs}"
UNREAD, REST_UNREAD = "{drugs} unread", "part unread"

LOWER_MARK = "↓"
ORDERED_AS, AS_BAND = f"{LOWER_MARK} Ordered lower than by the figure: {{parts}}", "{names} as {band}"
UNKNOWN = "Not recorded: {parts}"
UNKNOWN_FOR_ALL, UNKNOWN_FOR_SOME = "{topics} (for every option)", "{topics} (for some)"
MORE_OPTIONS = "Also in order: {names}"
LANE_REGIMENS = {"yes": "May be given: {names}", "unknown": "Perhaps, if facts allow: {names}"}
WAITS = "{once}: {names}"
RESERVE = {
    "reserve": "In reserve: {names}",
    "seldom": "Seldom chosen: {names}",
    "bridge": "As a bridge: {names}",
}
OPENS = "Closed, opens {text}: {names}"
NOT_MET = "not met: {needs}"
BELOW_THE_FIRST = "below the first options"
LOOKED_FOR = {
    "open": "{name}: open ({names}; {access}): {why}",
    "undetermined": "{name}: undecided ({names}; {access}): {why}",
    "deferred": "{name}: must wait ({names}; {access}): {why}",
    "off-label": "{name}: not offered ({names}): {why}",
    "ineligible": "{name}: closed ({names}): {why}",
}
NOT_RECORDED_FACTS = "{names} not recorded"
UNDECIDED = "Not decided: {names}"
ASK = "Ask next: {names}"
COMPLETENESS = "{n} verdicts depend on whether the list of therapies is complete"
UNCHECKED = "Not checked for interactions: {drugs}"
NOW_BY_RECORD = "Now{whose}: {item}"
LEFT_OUT, NOTHING_LEFT_OUT = "Left out: {parts}", "Left out: nothing"
COUNTED = {
    "decisions": ("decision", "decisions"),
    "rows": ("row", "rows"),
    "closed": ("closed", "closed"),
    "missing": ("fact", "facts"),
    "reserve": ("in reserve", "in reserve"),
    "undecided": ("undecided", "undecided"),
    "warnings": ("warning", "warnings"),
    "remarks": ("remark", "remarks"),
    "positions": ("placement", "placements"),
    "findings": ("finding with its reason", "findings with their reasons"),
    "lines": ("reason for a line", "reasons for lines"),
    "open": ("unsettled finding", "unsettled findings"),
    "settings": ("setting", "settings"),
    "choices": ("later choice", "later choices"),
    "rules": ("rule", "rules"),
    "published": ("published result", "published results"),
    "tasks": ("task", "tasks"),
    "days": ("later day", "later days"),
    "variants": ("variant of a dose", "variants of doses"),
    "cautions": ("caution", "cautions"),
    "steps": ("change of schedule", "changes of schedule"),
    "events": ("row for adverse events", "rows for adverse events"),
    "results": ("published result", "published results"),
    "sources": ("source", "sources"),
    "statements": ("statement", "statements"),
    "names": ("full name", "full names"),
    "statuses": ("status", "statuses"),
}
MORE_OF_COMPARISON = "More: --full; command explain REGIMEN"
MORE_OF_REGIMEN = "More: --full; commands monitor {regimen} --start DATE, compare"
MORE_OF_MONITOR = "More: --full; commands explain REGIMEN, restart, hold"
MORE_OF_PLAN = "More: --depth 2 (the choices after these), --full; command explain REGIMEN"
MORE_OF_HISTORY = "More: --full; commands recommend PATIENT, new PATIENT"
MORE_OF_LIST = "More: --full; commands explain REGIMEN, compare REGIMEN REGIMEN, catalogue show NAME"
MORE = "More: --full, --why {regimen}; commands plan, monitor {regimen} --start DATE"
MORE_WITHOUT_OPTIONS = "More: --full"
KEY = "RCT randomised; 1 arm: no control; extrap.: other patients"
MARKS = "† copy; ‡ not read"
MARK_LATER = "§ source later than the day"
USE = "Not a substitute for judgement, not for emergencies, not clinically validated"

INVESTIGATIONAL = "investigational"
KINDS = {"adc": "antibody-drug conjugate", "car-t": "CAR-T"}
PLACE = "Place"
STATUSES = {
    "approved": "approved",
    "guideline-supported": "guideline",
    "not-available": "not available",
    "off-label": "off-label",
    "unknown": "not known",
}
STATUS_NOT_KNOWN = "Not known for that day: {names}"

EXPOSED = "Exposed, not refractory: {agents}"
DOUBTFUL = "Doubtful or not settled: {agents}"
HELD = "Terms that apply: {agents}"
NEVER = "Never received: {agents}"
RECEIVED_UNKNOWN = "Not known whether received: {agents}"
PROGRESSED = "Progressed on the last therapy: {agents}; the list of therapies is complete: {complete}"
COUNTED_AS = "{lines} ({by})"
NOT_SETTLED = "Not settled, and what would settle it"
AND_MORE = "; {n} more"

PLAN = "Patient {id}  {place}  {on}  what is left after each choice"
TODAY, LEFT_AFTER = "today", "Left after"
LEFT_KEY = "number: options with it; ~ doubtful; spent: refractory; ?: not decided"
LEFT_SAME = "The same after every choice: {classes}"
LEFT_ALL_SAME = "Left today, and after every choice: {classes}"
CHOICES = "Choices, by rank today"
USES, CLOSES, GIVES, STAY = "uses {names}", "closes {names}", "opens {names}", "{n} options left"
SUPPOSED = "Supposes progression on each choice (no forecast); approvals and organs as today"

MONITOR = "{regimen}  first dose {start}  today {today}"
UNSETTLED_SCORE = "{n} items to ask for"
AS_A_CHOICE = "As a choice today: {sign} {verdict}"
SPACED = "{agent} from {leave} to {enter}: ready"
NOW = "Now, or late"
LATE, PERHAPS = "late, was due by {day}: {names}", "(?)"
SCHEDULE = "Schedule: {names}; also: {others}"
DOSES, DOSES_OF_PATIENT, NO_DOSE = "Doses", "Doses for this patient", "no dose was read"
WAITS_FOR = "Missing for a dose: {fields}"
UNDATED = "Not in the calendar below, or only in part: {names}"
AS_ON = "doses as on {day}"
DRUG_AS_ON, TASKS_AS_ON = "{drug} as on {day}", "{n} tasks as on {day}"
DAYS = "Next days, to {until}"
TO_DO = "Do: {tasks}"

CYCLE = "cycles of {days}"
VERDICT = "For {id} in {place}: {verdict}"
RANK = "rank {rank}"
ACCESS_IN_FULL = "licensed: {licensed}, funded: {funded}, on the market: {at_hand}"
MORE_REASONS = "{n} more"
ELSEWHERE = "elsewhere: {places}"
LICENCES, SINCE = "Licence on {on}", "since {since}"
DEPENDS = "[depends on: {on}]"
FIGURES = "Progression-free survival"
NEAREST = "nearest to this patient: {figure} ({trial}, {population})"
NUMBER, AGAINST, RATIO = "n {n}", "against {versus}", "HR {hr:g}"
WARNINGS = "Warnings"

VERSUS = " / "
SAME = "The same ({n}): {parts}"
VERDICT_ROW, RANK_ROW, GROUP_ROW, ACCESS_ROW = "Verdict", "Rank", "Group", "Access"
FIGURE_ROW, AGAINST_ROW, IN_ITS_TRIAL = "PFS", "Against\u00a0it", "whole trial: {figure}"
WOULD_RANK = "would be {rank}"
KIND, CLASSES, ROUTE, VISITS = "Kind", "Classes", "Route", "Visits/28\u00a0d"
ADMISSION, WAIT, WEEKS, DURATION = "Admission", "Wait", "{:g} to {:g} weeks", "Duration"
NOTHING, NOT_KNOWN, NO_WAIT = "-", "not known", "none known"
OWN_DRUGS = "Other\u00a0drugs"
CROSS_TRIAL = "Do not compare the figures of different trials"
CLOSED_BY, CAUTIONS = "Closed\u00a0by", "Cautions"
