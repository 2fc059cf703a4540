"""A tiny bot that shows every kind of block and input; the tests of the page use it."""

import json
import struct
import zlib
from typing import Any

from slack_bolt import Ack, App, Respond
from slack_sdk import WebClient

Json = dict[str, Any]

PRODUCTS = ("しっとり美容液 30ml", "お試し美容液 7日分", "青汁 30包", "product-x", "泡の洗顔 120g")


def plain(text: str) -> Json:
    """A plain_text object."""
    return {"type": "plain_text", "text": text}


def option(text: str, value: str) -> Json:
    """An option object."""
    return {"text": plain(text), "value": value}


def field(block_id: str, label: str, element: Json, **more: Any) -> Json:
    """An input block whose element's action_id is the block_id too."""
    named = {"action_id": block_id, **element}
    return {"type": "input", "block_id": block_id, "label": plain(label), "element": named, **more}


def picture() -> bytes:
    """A small PNG: a bar chart of five bars."""
    width, height, bars = 480, 240, (60, 110, 90, 170, 200)
    rows = bytearray()
    for y in range(height):
        rows.append(0)
        for x in range(width):
            bar = bars[x * len(bars) // width]
            inside = 16 < x % (width // len(bars)) < 80 and y > height - bar
            rows += bytes((29, 53, 87) if inside else (255, 255, 255))
    data = zlib.compress(bytes(rows))
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
        (b"IDAT", data),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in chunks
    )


def form(title: str = "座談会の記録") -> Json:
    """A modal with one input of every kind."""
    choices = [option("賛同", "agree"), option("保留", "hold"), option("反対", "against")]
    return {
        "type": "modal",
        "callback_id": "gallery",
        "title": plain(title),
        "submit": plain("記録する"),
        "close": plain("やめる"),
        "notify_on_close": True,
        "blocks": [
            {
                "type": "section",
                "block_id": "live",
                "text": {"type": "mrkdwn", "text": "*必要人数* 10人中 *5人*"},
            },
            field(
                "concept",
                "コンセプト",
                {"type": "plain_text_input", "placeholder": plain("例: 朝だけの美容液")},
            ),
            field(
                "price",
                "単価(円)",
                {
                    "type": "number_input",
                    "is_decimal_allowed": False,
                    "min_value": "1",
                    "max_value": "1000000",
                },
                dispatch_action=True,
                hint=plain("税込・数字だけで入れてください"),
            ),
            field(
                "why",
                "理由",
                {"type": "plain_text_input", "multiline": True, "max_length": 200},
                optional=True,
            ),
            field("stand", "賛同", {"type": "radio_buttons", "options": choices}),
            field("tags", "分類", {"type": "checkboxes", "options": choices}, optional=True),
            field("product", "商品", {"type": "external_select", "min_query_length": 1}),
            field("channel", "販路", {"type": "static_select", "options": choices, "initial_option": choices[1]}),
            field("media", "媒体", {"type": "multi_static_select", "options": choices}, optional=True),
            field("facilitator", "進行役", {"type": "users_select"}),
            field("post_to", "投稿先", {"type": "conversations_select"}, optional=True),
            field("day", "日付", {"type": "datepicker", "initial_date": "2026-11-22"}),
            field("hour", "時刻", {"type": "timepicker"}, optional=True),
        ],
    }


def tally(total: int) -> list[Json]:
    """A message whose button counts."""
    button = {"type": "button", "action_id": "count", "text": plain(f"買う {total}人"), "value": str(total)}
    return [{"type": "actions", "block_id": "tally", "elements": [button]}]


def ads_table() -> Json:
    """A table with text and numbers."""
    head = [{"type": "raw_text", "text": text} for text in ("広告", "新規", "90日F2", "CPA")]
    lines = (
        ("FB-SKIN-01", 128, "31.2%", 12_400),
        ("CPN-GIVEAWAY", 402, "4.1%", 2_050),
        ("TV-SHOP", 88, "28.9%", 17_900),
    )
    rows = [
        [
            {"type": "raw_text", "text": name},
            {"type": "raw_number", "value": new},
            {"type": "raw_text", "text": rate},
            {"type": "raw_number", "value": cpa, "text": f"¥{cpa:,}"},
        ]
        for name, new, rate, cpa in lines
    ]
    align = [{"align": "left"}, {"align": "right"}, {"align": "right"}, {"align": "right"}]
    return {"type": "table", "rows": [head, *rows], "column_settings": align}


def verdict() -> Json:
    """Buttons, one of which asks first, and a menu."""
    confirm = {
        "title": plain("止めますか?"),
        "text": {"type": "mrkdwn", "text": "*CPN-GIVEAWAY* を止める候補にします。"},
        "confirm": plain("止める"),
        "deny": plain("もどる"),
        "style": "danger",
    }
    return {
        "type": "actions",
        "block_id": "verdict",
        "elements": [
            {
                "type": "button",
                "action_id": "keep",
                "text": plain("続ける"),
                "style": "primary",
                "value": "1",
            },
            {
                "type": "button",
                "action_id": "stop",
                "text": plain("止める"),
                "style": "danger",
                "value": "0",
                "confirm": confirm,
            },
            {
                "type": "static_select",
                "action_id": "window",
                "placeholder": plain("期間"),
                "options": [option("90日", "90"), option("365日", "365")],
            },
        ],
    }


def report(file_id: str) -> list[Json]:
    """A message with text, fields, a picture, a table, buttons and menus."""
    return [
        {"type": "header", "text": plain("広告の成績 :bar_chart:")},
        {
            "type": "section",
            "text": {
                "type": "mrkdwn",
                "text": "*CPN-GIVEAWAY* は _安いがリピートしない_ です。~継続~ `F2=4.1%`\n> 1件目\n> 2件目\n"
                "くわしくは <https://example.jp/a|資料> と <@U0OWNER01> へ。"
                " &lt;b&gt;そのまま&lt;/b&gt; :warning:",
            },
            "accessory": {
                "type": "overflow",
                "action_id": "more",
                "options": [option("CSVを出す", "csv"), option("定義を見る", "definition")],
            },
        },
        {
            "type": "section",
            "fields": [
                {"type": "mrkdwn", "text": "*LTV(365日)*\n¥18,240"},
                {"type": "mrkdwn", "text": "*F2(90日)*\n29.4%(n=1,204)"},
            ],
        },
        {
            "type": "image",
            "slack_file": {"id": file_id},
            "alt_text": "広告別のF2転換率",
            "title": plain("広告別"),
        },
        ads_table(),
        {"type": "divider"},
        verdict(),
        {"type": "context", "elements": [{"type": "mrkdwn", "text": "データは 10:05 現在・n=1,204"}]},
    ]


def register(app: App) -> None:
    """Add the gallery's listeners to a Bolt app."""

    @app.command("/modal")
    def open_form(ack: Ack, body: Json, client: WebClient) -> None:
        ack()
        client.views_open(trigger_id=body["trigger_id"], view=form())

    @app.command("/say")
    def say(ack: Ack, body: Json, client: WebClient) -> None:
        ack()
        file = client.files_upload_v2(filename="ads.png", content=picture(), title="広告別")["file"]
        client.chat_postMessage(channel=body["channel_id"], text="広告の成績", blocks=report(file["id"]))

    _register_form(app)
    _register_answers(app)


def _register_form(app: App) -> None:
    @app.options("product")
    def search(ack: Ack, body: Json) -> None:
        found = [name for name in PRODUCTS if body["value"] in name]
        ack(options=[option(name, name) for name in found])

    @app.action("price")
    def need(ack: Ack, body: Json, client: WebClient) -> None:
        ack()
        view = body["view"]
        price = int(body["actions"][0]["value"] or 0)
        needed = -(-2000 * 10 // price) if price else 0
        fresh = form()
        fresh["blocks"][0]["text"]["text"] = f"*必要人数* 10人中 *{needed}人*"
        client.views_update(view_id=view["id"], hash=view["hash"], view=fresh)

    @app.view("gallery")
    def record(ack: Ack, body: Json, view: Json, client: WebClient) -> None:
        values = view["state"]["values"]
        if values["concept"]["concept"]["value"] == "だめ":
            ack(response_action="errors", errors={"concept": "そのコンセプトは記録できません。"})
            return
        ack()
        client.chat_postMessage(channel=body["user"]["id"], text=f"```{json.dumps(values, ensure_ascii=False)}```")

    @app.view_closed("gallery")
    def gone(ack: Ack, body: Json, client: WebClient) -> None:
        ack()
        client.chat_postMessage(channel=body["user"]["id"], text="フォームを閉じました")


def _register_answers(app: App) -> None:
    @app.action("keep")
    @app.action("stop")
    @app.action("more")
    @app.action("window")
    def decided(ack: Ack, body: Json, respond: Respond) -> None:
        ack()
        action = body["actions"][0]
        chosen = action.get("value") or action["selected_option"]["value"]
        respond(text=f"{action['action_id']}={chosen} を受け付けました")

    @app.event("app_home_opened")
    def home(event: Json, client: WebClient) -> None:
        client.views_publish(
            user_id=event["user"],
            view={
                "type": "home",
                "blocks": [
                    {"type": "header", "text": plain("番頭のホーム")},
                    {"type": "section", "text": {"type": "mrkdwn", "text": "今週の確認は *3件* です。"}},
                ],
            },
        )

    @app.event("app_mention")
    def mention(event: Json, client: WebClient) -> None:
        client.chat_postMessage(channel=event["channel"], thread_ts=event["ts"], text="はい、なんでしょう。")
