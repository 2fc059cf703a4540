"""What moved among the ads in a week: repeat-rate alerts that are on, and verdicts that changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.metrics.ad_ranking import RankedAd, Ranking
from bot.metrics.ad_verdict import Kind
from bot.metrics.intervals import Ratio
from bot.metrics.repeat_alert import State

DECISIVE = (Kind.STOP, Kind.STOP_CHEAP_NO_REPEAT, Kind.INCREASE)


@dataclass(frozen=True, kw_only=True)
class FallingAd:
    """An ad under alert: its repeat rate in the trailing eight weeks and the baseline it fell from."""

    code: str
    baseline: Ratio
    window: Ratio


@dataclass(frozen=True, kw_only=True)
class ChangedVerdict:
    """An ad whose verdict is another one than a week ago, where one of the two asks for action."""

    code: str
    before: Kind
    now: Kind


@dataclass(frozen=True, kw_only=True)
class AdsOfWeek:
    """The ads that people should look at."""

    falling: Sequence[FallingAd] = ()
    changed: Sequence[ChangedVerdict] = ()


def compare(now: Ranking, earlier: Ranking) -> AdsOfWeek:
    """The ads under alert now, and those whose verdict differs from the earlier one."""
    before = {ad.number: ad.verdict.kind for ad in earlier.ads}
    return AdsOfWeek(
        falling=tuple(falling for ad in now.ads if (falling := _falling(ad)) is not None),
        changed=tuple(
            ChangedVerdict(code=ad.code, before=before[ad.number], now=ad.verdict.kind)
            for ad in now.ads
            if ad.number in before
            and before[ad.number] is not ad.verdict.kind
            and (before[ad.number] in DECISIVE or ad.verdict.kind in DECISIVE)
        ),
    )


def _falling(ad: RankedAd) -> FallingAd | None:
    if ad.state not in (State.ALERTING, State.RECOVERING) or ad.check is None:
        return None
    return FallingAd(code=ad.code, baseline=ad.check.baseline, window=ad.check.window)
