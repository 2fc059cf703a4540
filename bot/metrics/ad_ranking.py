"""All ads of a shop side by side: what each cost and brought, its verdict, and where its repeat rate stands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from bot.metrics.ad import NOTHING, AdSums, Scan
from bot.metrics.ad_verdict import Kind, Verdict, judge, shop_figures
from bot.metrics.intervals import Ratio
from bot.metrics.repeat_alert import AdCheck, AdState, Replay, State

UNKNOWN_AD = 0
TOLD_FIRST = (Kind.STOP_CHEAP_NO_REPEAT, Kind.STOP, Kind.INCREASE)
UNDER_ALERT = (State.ALERTING, State.RECOVERING)
HIGHLIGHTS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class RankedAd:
    """One ad with its evidence. `spend` is None where none was imported."""

    number: int
    code: str
    spend: int | None
    sums: AdSums
    verdict: Verdict
    state: State
    """Of its repeat rate at the last weekly check."""
    check: AdCheck | None
    """That check; None where nobody has matured yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """The ads by spend, the dearest first; those without known spend follow. `unknown` came without any ad."""

    ads: tuple[RankedAd, ...]
    unknown: AdSums
    margin_rate: Fraction | None
    target_profit: int

    @property
    def by_ads(self) -> Ratio:
        """New persons whose ad is known ÷ all new persons."""
        known = sum(ad.sums.new_persons for ad in self.ads)
        return Ratio(known, known + self.unknown.new_persons)

    @property
    def kinds(self) -> Counter[Kind]:
        """How many ads got which verdict."""
        return Counter(ad.verdict.kind for ad in self.ads)

    @property
    def without_people(self) -> tuple[RankedAd, ...]:
        """Ads that cost money and brought nobody."""
        return tuple(ad for ad in self.ads if ad.verdict.spend_without_persons)

    @property
    def highlights(self) -> tuple[RankedAd, ...]:
        """The ads to decide about first: those to stop, then those to increase, the dearest first; at most three.

        One of each kind comes before a second of any, so that the best ad is not hidden behind the bad ones.
        """
        by_kind = [[ad for ad in self.ads if ad.verdict.kind is kind] for kind in TOLD_FIRST]
        firsts = [ads[0] for ads in by_kind if ads]
        others = [ad for ads in by_kind for ad in ads[1:]]
        chosen = [*firsts, *others][:HIGHLIGHTS]
        return tuple(sorted(chosen, key=lambda ad: TOLD_FIRST.index(ad.verdict.kind)))

    @property
    def waiting(self) -> int:
        """New persons, of ads and without, whose year is not over yet."""
        return sum(ad.sums.waiting for ad in self.ads) + self.unknown.waiting

    def find(self, number: int) -> RankedAd | None:
        """The ad with that number, if it cost or brought anything in the period."""
        return next((ad for ad in self.ads if ad.number == number), None)


def rank(
    scan: Scan,
    alerts: Replay,
    codes: Mapping[int, str],
    spend: Mapping[int, int],
    *,
    margin_rate: Fraction | None,
    target_profit: int,
    today: date,
) -> Ranking:
    """Judge every ad that cost something or brought somebody. `today` is the last complete day."""
    numbers = sorted(({*scan.sums, *spend}) - {UNKNOWN_AD})
    sums = {number: scan.sums.get(number, NOTHING) for number in numbers}
    figures = {
        number: sums[number].figures(codes[number], spend.get(number), margin_rate, target_profit) for number in numbers
    }
    shop = shop_figures(figures.values())
    checks = {check.ad_id: check for check in alerts.checks}
    nowhere = AdState(state=State.NO_DATA, since=0, checked=0)
    states = {number: alerts.states.get(number, nowhere).state for number in numbers}
    ads = [
        RankedAd(
            number=number,
            code=codes[number],
            spend=spend.get(number),
            sums=sums[number],
            verdict=judge(
                figures[number],
                shop,
                today=today,
                persons_per_week=sums[number].persons_per_week,
                falling=states[number] in UNDER_ALERT,
            ),
            state=states[number],
            check=checks.get(number),
        )
        for number in numbers
    ]
    ads.sort(key=lambda ad: (-1 if ad.spend is None else ad.spend, ad.sums.new_persons), reverse=True)
    return Ranking(
        ads=tuple(ads),
        unknown=scan.sums.get(UNKNOWN_AD, NOTHING),
        margin_rate=margin_rate,
        target_profit=target_profit,
    )
