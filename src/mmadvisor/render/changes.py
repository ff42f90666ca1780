"""Two answers held against each other, for a terminal."""

from __future__ import annotations

from typing import Any

from mmadvisor.render import words
from mmadvisor.render.paper import Paper


class ChangesPaper(Paper):
    """Only what differs, and why."""

    def against(self, d: dict[str, Any]) -> None:
        """What is derived otherwise, whose verdict or rank changes, what is missing now."""
        before, after = (f"{x['id']} ({x['assessed_on']}, {x['jurisdiction']})" for x in (d["before"], d["after"]))
        with_ = f" with {', '.join(d['set'])}" if d["set"] else ""
        self.title(f"From {before} to {after}{with_}")
        if not (d["facts"] or d["answers"] or d["ranking"] or d["no_longer_missing"] or d["newly_missing"]):
            self.heading("Nothing changes")
        if d["facts"]:
            self.heading("What is derived otherwise")
            self.bullets(
                [
                    f"{f['about']}: {f['before']} -> {f['after']}{'; ' + f['because'] if f['because'] else ''}"
                    for f in d["facts"]
                ]
            )
        if d["ranking"]:
            self.heading("The ranking")
            self.pairs([("before", d["ranking"]["before"]), ("now", d["ranking"]["after"])])
        if d["answers"]:
            self.heading("Verdicts and ranks that change")
            if d["first"] and d["first_before"] and d["first"] != d["first_before"]:
                self.line(f"first before: {', '.join(d['first_before']) or 'nothing open'}", indent=2)
                self.line(f"first now:    {', '.join(d['first']) or 'nothing open'}", indent=2)
            for a in d["answers"]:
                self.bullets([f"{a['regimen']}: {a['before']} -> {a['after']}"])
                self.bullets(a["because"], indent=6, sign="-")
        for key, title in (("no_longer_missing", "No longer missing"), ("newly_missing", "Missing now")):
            if d[key]:
                named = [words.to_fill_in({"field": f, "name": d["missing_names"][f]}) for f in d[key]]
                self.heading(f"{title}: {', '.join(named)}")
        self.gap()
        self.line(d["intended_use"])
