"""The slash commands, once: the help, the manifest and the README are compared with this list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, kw_only=True)
class Command:
    """A slash command: how it is used (Slack's usage hint) and what it does, by language.

    `escaped` is the manifest's should_escape: whether a mentioned person arrives as an id.
    """

    name: str
    usage: str
    description: Mapping[str, str]
    escaped: bool = False


def _said(ja: str, en: str) -> Mapping[str, str]:
    return MappingProxyType({"ja": ja, "en": en})


COMMANDS = (
    Command(
        name="/panel",
        usage="[new | list | show 名前 | calc 4000 5 10 | search 言葉 | help]",
        description=_said(
            "コンセプトパネルを記録し、売れる通販指数を出す",
            "Record a concept panel and get its sellability index",
        ),
    ),
    Command(
        name="/ltv",
        usage="product-x | all [180日] [basis=product] [channel=web] [ad=CODE] [初回2026-01]",
        description=_said(
            "LTV（平均購入単価 × 平均購入回数）",
            "LTV (average purchase price × purchases per person)",
        ),
    ),
    Command(
        name="/repeat",
        usage="product-x | all [90日] [basis=product] [channel=web] [ad=CODE] [初回2026-01]",
        description=_said(
            "リピート率（F2転換率）と段ごとの継続",
            "Repeat rate (F2 conversion) and the ladder of later purchases",
        ),
    ),
    Command(
        name="/ad",
        usage="[all | 広告コード | alerts]",
        description=_said(
            "広告のCPA・LTV・リピートと判定、警報",
            "CPA, LTV, repeat, verdict and alerts of ads",
        ),
    ),
    Command(
        name="/banto",
        usage="[help | status | weekly here | weekly now | margin 60]",
        description=_said(
            "使い方・状態・週報・設定",
            "Help, status, the weekly summary and settings",
        ),
        escaped=True,
    ),
)
