"""The command `audit`: its inputs, its formats, its failures, and that it changes nothing."""

from __future__ import annotations

import csv
import gzip
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from benchmarks.cohort import cohort
from mmadvisor.cohort.engine import Asked, Decider
from mmadvisor.cohort.sources import Raw
from mmadvisor.desk.cli import run
from mmadvisor.files.patients import patient_from
from mmadvisor.reports.audit import Asking, audited
from tests import ROOT
from tests.builders.blank import LOADED
from tests.builders.patients import LEN_REFRACTORY, entry, patient
from tests.builders.wards import EVIL, mode, ward
from tests.laws.test_audit import is_the_answer

DKD = entry("DKd", "2022-12-05", "2026-09-20", "2026-09-20")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def lines(*records: dict[str, Any] | str) -> None:
    texts = [record if isinstance(record, str) else json.dumps(record) for record in records]
    Path("in.ndjson").write_text("\n".join(texts), encoding="utf-8")


def made(capsys: pytest.CaptureFixture[str], *words: str, status: int = 0) -> Any:
    assert run(["audit", *words, "--format", "json"]) == status
    return json.loads(capsys.readouterr().out)


def test_a_folder_lines_and_compressed_lines_give_the_same_decisions(capsys: pytest.CaptureFixture[str]) -> None:
    record = patient(*LEN_REFRACTORY, DKD)
    lines(record)
    Path("in.ndjson.gz").write_bytes(gzip.compress(Path("in.ndjson").read_bytes()))
    Path("folder").mkdir()
    Path("folder/p.json").write_text(json.dumps(record), encoding="utf-8")
    found = [made(capsys, name)["audited"][0]["decisions"] for name in ("folder", "in.ndjson", "in.ndjson.gz")]
    assert found[0] == found[1] == found[2] and found[0][-1]["judged"]


def test_several_processes_give_the_same_bytes(capsys: pytest.CaptureFixture[str]) -> None:
    lines(*cohort(70, 3))
    one, two = (made(capsys, "in.ndjson", "--workers", n) for n in ("1", "2"))
    assert one == two and one["patients"] == 70


def test_failures_have_a_file_beside_the_output_and_the_status_is_4(capsys: pytest.CaptureFixture[str]) -> None:
    lines(patient(*LEN_REFRACTORY, DKD), {"id": "x", "therapies": [{"regimen": "secret-name"}]}, "{")
    assert run(["audit", "in.ndjson", "-o", "out.json"]) == 4
    said = capsys.readouterr()
    assert not said.out and "1 answered, 2 failed" in said.err and "secret-name" not in said.err
    told = [json.loads(line) for line in Path("out.json.errors.ndjson").read_text().splitlines()]
    answer = json.loads(Path("out.json").read_text())
    assert [f["row"] for f in told] == [2, 3] and answer["unread"] == told
    assert mode("out.json") == 0o600 and "secret-name" not in Path("out.json").read_text()


def test_without_an_output_failures_are_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    lines(patient(*LEN_REFRACTORY, DKD), "{")
    assert run(["audit", "in.ndjson", "--format", "json"]) == 4
    said = capsys.readouterr()
    assert json.loads(said.out)["patients"] == 1 and '"row":2' in said.err.replace(" ", "")


def test_a_spreadsheet_has_a_row_for_each_decision(capsys: pytest.CaptureFixture[str]) -> None:
    lines(patient(*LEN_REFRACTORY, DKD, id="=1+1"))
    assert run(["audit", "in.ndjson", "-o", "out.csv"]) == 0
    with Path("out.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["regimen"] for row in rows] == ["VRd", "DKd"]
    assert rows[1]["patient"] == "'=1+1" and rows[1]["offered"] == "yes" and rows[0]["not_judged"]


@pytest.mark.parametrize("form", ["table", "markdown", "html", "csv"])
def test_hostile_text_is_harmless(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("folder").mkdir()
    odd = patient(*LEN_REFRACTORY, DKD, id="<script>&x")
    Path("folder/p.json").write_text(json.dumps(odd), encoding="utf-8")
    assert run(["audit", "folder", "--format", form, "--full"]) == 0
    out = capsys.readouterr().out
    assert "\x1b" not in out and (form != "html" or "<script>" not in out) and EVIL not in out


def test_the_page_says_what_it_judges_and_what_it_cannot_know(capsys: pytest.CaptureFixture[str]) -> None:
    for form in ("table", "markdown", "html"):
        assert run(["audit", str(ward("p.yaml")), "--format", form]) == 0
        out = " ".join(capsys.readouterr().out.split())
        assert "judges records, not doctors" in out and "cannot know" in out and "trial" in out


def test_small_counts_are_shown_only_on_request(capsys: pytest.CaptureFixture[str]) -> None:
    lines(patient(*LEN_REFRACTORY, DKD))
    assert made(capsys, "in.ndjson")["by_line"][0]["decisions"] is None
    assert made(capsys, "in.ndjson", "--no-mask")["by_line"][0]["decisions"] == 1


def test_the_environment_counts_only_with_config(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lines(patient(*LEN_REFRACTORY, DKD, access__jurisdiction=None))
    monkeypatch.setenv("MMADVISOR_JURISDICTION", "US")
    plain, with_config = made(capsys, "in.ndjson"), made(capsys, "in.ndjson", "--config")
    places = [x["audited"][0]["decisions"][-1]["jurisdiction"] for x in (plain, with_config)]
    assert places == ["unknown", "US"]
    assert "settings_from" not in plain and plain["settings_ignored"]
    assert with_config["settings_from"][0]["value"] == "US"


@pytest.mark.parametrize(
    "words",
    [["in.ndjson", "-o", "in.ndjson"], ["nowhere"], ["in.ndjson", "--format", "ics"], ["in.ndjson", "-o", "x.parquet"],
     ["in.ndjson", "-j", "XX"], ["in.ndjson", "--profile", "nobody"]],
)  # fmt: skip
def test_wrong_use_is_refused_and_writes_nothing(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    lines(patient(*LEN_REFRACTORY, DKD))
    before = Path("in.ndjson").read_bytes()
    assert run(["audit", *words]) == 2
    assert not capsys.readouterr().out and Path("in.ndjson").read_bytes() == before
    assert [p.name for p in Path().iterdir()] == ["in.ndjson"]


def test_of_records_with_one_id_it_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    lines(patient(*LEN_REFRACTORY, DKD), patient(*LEN_REFRACTORY, DKD))
    assert run(["audit", "in.ndjson"]) == 0
    assert "1 record has the id of an earlier record: in.ndjson:2" in capsys.readouterr().err


@pytest.mark.parametrize("file", sorted((ROOT / "examples" / "published").glob("*.yaml")), ids=lambda file: file.stem)
@pytest.mark.parametrize("assumed", [False, True])
def test_each_judgement_of_a_published_history_is_the_answer_of_its_day(file: Path, assumed: bool) -> None:
    decider = Decider(Asked(date(2026, 11, 30), if_relapse=assumed))
    read = decider.read(Raw({"file": str(file), "row": None}))
    found = decider.audited(read, {"file": file.name, "row": None})
    assert found["decisions"]
    for judgement in found["decisions"]:
        is_the_answer(read.patient, judgement, Asking(if_relapse=assumed))


def test_each_judgement_of_an_invented_patient_is_the_answer_of_its_day() -> None:
    for n, raw in enumerate(cohort(12, 1)):
        asking = Asking(if_relapse=bool(n % 2))
        read = patient_from(raw, LOADED.catalogue.formulary).patient
        for judgement in audited(read, LOADED.catalogue, date(2026, 11, 30), asking, {"file": "", "row": n})[
            "decisions"
        ]:
            is_the_answer(read, judgement, asking)
