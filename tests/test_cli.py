"""The command line: what it says, what it returns, and that nothing is half-done."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.__main__ import main
from tests.shop import as_csv, row

ROOT = Path(__file__).resolve().parents[1]
COMMANDS = ("demo", "run", "ask", "import", "migrate", "doctor", "backup", "restore")
OURS = ("SLACK_", "BANTO_", "DATABASE_URL", "PORT")
DAY = "2026-05-03T10:00"
FRAME = {"report", "as_of", "data_through", "snapshot", "definition", "result", "left_out"}
LTV = {
    "persons",
    "occasions",
    "net_sales",
    "currency",
    "average_purchase_price",
    "purchases_per_person",
    "ltv",
    "interval",
}
REPEAT = {"mature", "returned", "rate", "interval", "ladder"}


@dataclass(frozen=True)
class Said:
    """What a command returned and printed."""

    code: int
    out: str
    err: str


Run = Callable[..., Said]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """`python -m bot` in an empty folder with an environment that says nothing."""
    for name in list(os.environ):
        if name.startswith(OURS):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)

    def command(*words: str) -> Said:
        capsys.readouterr()
        try:
            code = main(words)
        except SystemExit as stopped:
            code = int(stopped.code or 0)
        printed = capsys.readouterr()
        return Said(code, printed.out, printed.err)

    return command


def test_the_help_names_every_command_and_needs_no_configuration(tmp_path: Path) -> None:
    env = os.environ | {"PYTHONPATH": str(ROOT), "BANTO_TIMEZONE": "nowhere"}
    command = [sys.executable, "-m", "bot", "--help"]
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    for name in COMMANDS:
        assert f"\n    {name} " in done.stdout
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_a_help(run: Run, name: str) -> None:
    said = run(name, "--help")
    assert (said.code, said.err) == (0, "")
    assert f"usage: bot {name}" in said.out
    what_it_does = said.out.split("\n\n")[1]
    assert what_it_does[0].isupper(), "a sentence stands between the usage and the options"


def test_without_a_command_the_usage_is_shown(run: Run) -> None:
    said = run()
    assert said.code == 2
    assert "usage: bot" in said.err


def test_the_doctor_of_an_empty_folder_says_what_to_do(run: Run) -> None:
    said = run("doctor")
    assert said.code == 1
    assert "bot migrate" in said.out
    assert "SLACK_BOT_TOKEN" in said.out
    assert said.err == ""
    assert run("migrate").code == 0
    after = run("doctor")
    assert after.code == 1
    assert "bot migrate" not in after.out
    assert "bot import" in after.out


def test_every_fault_of_the_configuration_is_listed_at_once(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = {
        "BANTO_TIMEZONE": "Asia/Atlantis",
        "BANTO_CURRENCY": "BEANS",
        "BANTO_LANGUAGE": "fr",
        "DATABASE_URL": "mysql://localhost/banto",
        "PORT": "many",
        "SLACK_API_URL": "slack.com/api",
        "SLACK_BOT_TOKEN": "xoxp-secret-of-somebody",
        "SLACK_APP_TOKEN": "secret-of-somebody",
    }
    for name, value in wrong.items():
        monkeypatch.setenv(name, value)
    said = run("doctor")
    assert said.code == 1
    for name in wrong:
        assert any(line.startswith(f"- {name} ") for line in said.err.splitlines()), name
    assert "secret-of-somebody" not in said.err


def test_a_dotenv_file_is_read_and_the_environment_wins(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text("BANTO_DATA=books\nBANTO_LANGUAGE=fr\n", encoding="utf-8")
    said = run("migrate")
    assert (said.code, "BANTO_LANGUAGE" in said.err) == (1, True)
    assert not (tmp_path / "books").exists()
    monkeypatch.setenv("BANTO_LANGUAGE", "en")
    assert run("migrate").code == 0
    assert (tmp_path / "books" / "banto.sqlite3").exists()
    assert "orders" in run("ask", "ltv all").err.lower()


HEADINGS = "order_id,ordered_at,customer_id,sku,quantity,unit_price,status\n"
GOOD = f"o1,{DAY},c1,A,1,1000,paid\n"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", ["空です"]),
        (HEADINGS.encode(), ["データの行がありません"]),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), ["文字のファイルではない"]),
        (
            b"order_id,ordered_at,customer_id,sku,quantity\no1,2026-05-03,c1,A,1\n",
            ["見出し「unit_price」がありません"],
        ),
        ((HEADINGS + GOOD + f"o2,{DAY},c1,A,1\n").encode(), ["3行目"]),
        ((HEADINGS + GOOD + f"o2,{DAY},c1,A,one,1000,paid\n").encode(), ["3行目 quantity：", "「one」"]),
        (
            (HEADINGS + GOOD + f"o2,{DAY},c1,A,1,1000,lost\n").encode(),
            ["3行目 status：", "「lost」", "cancelled"],
        ),
        (
            (HEADINGS + GOOD + "o2,yesterday,c1,A,1,1000,paid\n").encode(),
            ["3行目 ordered_at：", "「yesterday」"],
        ),
        (
            (HEADINGS + GOOD + "o2,2999-01-01,c1,A,1,1000,paid\n").encode(),
            ["3行目 ordered_at：", "未来の日付"],
        ),
        (
            (HEADINGS + f"o1,{DAY},c1,A,1,10.5,paid\n,{DAY},c1,A,1,1,\n").encode(),
            ["2行目 unit_price：", "3行目 order_id："],
        ),
    ],
    ids=[
        "empty",
        "headings",
        "binary",
        "heading",
        "truncated",
        "number",
        "status",
        "date",
        "future",
        "two-faults",
    ],
)
def test_a_bad_file_is_refused_line_by_line_and_leaves_nothing(
    run: Run, tmp_path: Path, content: bytes, said: list[str]
) -> None:
    (tmp_path / "orders.csv").write_bytes(content)
    refused = run("import", "orders.csv")
    assert (refused.code, refused.out) == (1, "")
    assert "何も書き込んでいません" in refused.err
    for part in said:
        assert part in refused.err
    assert "まだ注文が取り込まれていません" in run("ask", "ltv all").err


def test_orders_are_not_imported_where_a_warehouse_holds_them(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BANTO_DATA", str(tmp_path))
    monkeypatch.setenv("BANTO_ENGINE", "sc://127.0.0.1:9")
    (tmp_path / "orders.csv").write_text(HEADINGS + GOOD, encoding="utf-8")
    (tmp_path / "spend.csv").write_text("date,ad_code,cost\n2026-05-03,AD-1,1000\n", encoding="utf-8")
    (tmp_path / "warehouse.toml").write_text("through = ''\norders = ''\nlines = ''\n", encoding="utf-8")
    refused = run("import", "orders.csv")
    assert (refused.code, refused.out) == (1, "")
    assert "注文は warehouse.toml が指す倉庫から読んでいます" in refused.err
    assert run("import", "spend.csv", "--profile", "ad_spend").code == 0
    (tmp_path / "warehouse.toml").unlink()
    assert run("import", "orders.csv").code == 0


def test_a_missing_file_and_an_unknown_profile_or_currency_are_said(run: Run, tmp_path: Path) -> None:
    missing = run("import", "nowhere.csv")
    assert (missing.code, "「nowhere.csv」が見つかりません" in missing.err) == (1, True)
    (tmp_path / "orders.csv").write_text(HEADINGS + GOOD, encoding="utf-8")
    profile = run("import", "orders.csv", "--profile", "fish")
    assert (profile.code, "「fish」" in profile.err) == (1, True)
    currency = run("import", "orders.csv", "--currency", "BEANS")
    assert (currency.code, "「BEANS」" in currency.err) == (1, True)


def test_a_file_in_shift_jis_is_read(run: Run, tmp_path: Path) -> None:
    text = as_csv([row("o1", DAY, "c1", sku="美容液", product_name="しっとり美容液")])
    (tmp_path / "orders.csv").write_bytes(text.encode("cp932"))
    assert run("import", "orders.csv").code == 0
    assert json.loads(run("ask", "ltv 美容液", "--json").out)["definition"]["product"] == "美容液"


@pytest.fixture
def books(run: Run, tmp_path: Path) -> Run:
    """Sixty persons, half of whom came back after thirty days."""
    orders = [row(f"a{n}", "2024-05-03T10:00", f"c{n}", sku="product-x", ad_code="AD-1") for n in range(60)]
    orders += [row(f"b{n}", "2024-06-02T10:00", f"c{n}", price=3000) for n in range(30)]
    orders += [row("late", "2026-05-03T10:00", "c99")]
    (tmp_path / "orders.csv").write_text(as_csv(orders), encoding="utf-8")
    said = run("import", "orders.csv")
    assert (said.code, said.err) == (0, "")
    assert "新しい注文 91件" in said.out
    assert "2024-05-03〜2026-05-03" in said.out
    return run


def test_the_faults_of_a_file_are_told_from_the_top_down(run: Run, tmp_path: Path) -> None:
    head = "order_id,ordered_at,customer_id,sku,quantity,unit_price\n"
    rows = "1,2026-01-05,c,A,0,1\n2,2026-01-05,c,A,1,x\n3,2026-13-05,c,A,1,1\n"
    (tmp_path / "orders.csv").write_text(head + rows, encoding="utf-8")
    said = run("import", "orders.csv").err
    places = [said.index(place) for place in ("2行目 quantity", "3行目 unit_price", "4行目 ordered_at")]
    assert places == sorted(places)


def test_an_answer_in_the_terminal_has_no_marks_of_slack(run: Run, tmp_path: Path) -> None:
    orders = [row(f"a{n}", "2024-05-03T10:00", f"c{n}", sku="S", product_name="*限定* & <b>") for n in range(40)]
    orders += [row("late", "2026-05-03T10:00", "c99")]
    (tmp_path / "orders.csv").write_text(as_csv(orders), encoding="utf-8")
    assert run("import", "orders.csv").code == 0
    assert "＊限定＊ & <b> の365日LTV" in run("ask", "ltv S").out
    too_early = run("ask", "ltv S window=3650").out
    assert "まだ判断できません。" in too_early
    assert "*" not in too_early


def asked(run: Run, *words: str) -> dict[str, Any]:
    said = run("ask", *words, "--json")
    assert (said.code, said.err) == (0, "")
    answer: dict[str, Any] = json.loads(said.out)
    return answer


def test_ltv_as_json_has_the_keys_of_the_contract(books: Run) -> None:
    answer = asked(books, "ltv all window=365 basis=shop")
    assert set(answer) >= FRAME
    assert answer["report"] == "ltv"
    assert {"window", "basis", "zone", "rules"} <= set(answer["definition"])
    result = answer["result"]
    assert set(result) >= LTV
    assert (result["persons"], result["occasions"], result["net_sales"]) == (60, 90, "150000")
    assert (result["currency"], float(result["ltv"])) == ("JPY", 2500.0)
    assert float(result["interval"]["low"]) < 2500 < float(result["interval"]["high"])
    assert answer["left_out"]["immature_persons"] == 1


def test_repeat_as_json_has_the_keys_of_the_contract(books: Run) -> None:
    answer = asked(books, "/repeat product-x 90日")
    assert set(answer) >= FRAME
    result = answer["result"]
    assert set(result) >= REPEAT
    assert (result["mature"], result["returned"], result["rate"]) == (60, 30, 0.5)
    assert result["interval"]["low"] < 0.5 < result["interval"]["high"]
    assert result["ladder"]


def test_without_json_the_answer_is_a_sentence(books: Run) -> None:
    said = books("ask", "ltv all")
    assert (said.code, said.err) == (0, "")
    assert "¥2,500" in said.out


def test_as_of_a_day_later_orders_do_not_exist(books: Run) -> None:
    answer = asked(books, "repeat all window=20", "--as-of", "2024-06-01")
    assert answer["as_of"] == "2024-06-01"
    assert (answer["result"]["mature"], answer["result"]["returned"]) == (60, 0)


def test_as_of_the_future_or_no_day_is_refused(books: Run) -> None:
    tomorrow = (datetime.now(UTC) + timedelta(days=2)).date().isoformat()
    said = books("ask", "ltv all", "--as-of", tomorrow)
    assert (said.code, said.out) == (1, "")
    assert f"{tomorrow} はまだ来ていません" in said.err
    said = books("ask", "ltv all", "--as-of", "yesterday")
    assert (said.code, "'yesterday' is not a day" in said.err) == (2, True)


@pytest.mark.parametrize(
    ("question", "part"),
    [
        ("fish all", "「fish」という問いはありません"),
        ("ltv", "商品名を書いてください"),
        ("ltv nothing-like-it", "という商品は見つかりません"),
        ("ltv all window=0", "期間「0」は使えません"),
        ("", "問いはありません"),
    ],
)
def test_a_question_that_cannot_be_answered_gets_a_sentence(books: Run, question: str, part: str) -> None:
    said = books("ask", question, "--json")
    assert (said.code, said.out) == (1, "")
    assert part in said.err


def test_a_dry_run_writes_nothing(run: Run, tmp_path: Path) -> None:
    (tmp_path / "orders.csv").write_text(HEADINGS + GOOD, encoding="utf-8")
    said = run("import", "orders.csv", "--dry-run")
    assert (said.code, "書き込んでいません" in said.out) == (0, True)
    assert "まだ注文が取り込まれていません" in run("ask", "ltv all").err


def test_the_same_file_twice_changes_nothing(books: Run) -> None:
    before = asked(books, "ltv all")
    said = books("import", "orders.csv")
    assert said.code == 0
    assert "前に取り込んだものと同じ" in said.out
    assert "新しい注文 0件・変わった注文 0件・同じ 91件" in said.out
    after = asked(books, "ltv all")
    assert (after["result"], after["left_out"]) == (before["result"], before["left_out"])


def test_ad_spend_is_imported_and_the_newest_file_wins(books: Run, tmp_path: Path) -> None:
    spend = tmp_path / "spend.csv"
    for cost in (90_000, 60_000):
        spend.write_text(f"date,ad_code,cost\n2024-05-03,AD-1,{cost}\n", encoding="utf-8")
        said = books("import", "spend.csv", "--profile", "ad_spend")
        assert (said.code, said.err) == (0, "")
        assert f"広告費 ¥{cost:,}" in said.out
    (ad,) = asked(books, "ad AD-1")["result"]["ads"]
    assert (ad["code"], ad["spend"], ad["new_persons"], float(ad["cpa"])) == ("AD-1", "60000", 60, 1000.0)
    spend.write_text("date,ad_code,cost\n2024-05-03,AD-1,free\n", encoding="utf-8")
    refused = books("import", "spend.csv", "--profile", "ad_spend")
    assert (refused.code, "2行目 cost：" in refused.err) == (1, True)
