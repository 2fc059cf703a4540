"""What people type into a panel's forms and behind `/panel calc`, as values or answered by a UserError."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from babel.numbers import get_currency_precision

from bot.errors import UserError
from bot.messages import Words
from bot.metrics.panel import THRESHOLD, PanelError, PanelResult, check_price, measure
from bot.views import panel_modals as form
from store.panel_records import PEOPLE_LIMIT, NewPanel, Person

ALIAS_LIMIT = 40
TRIAL_LIMIT = 100_000
MINUS_SIGN = "\u2212"
T = TypeVar("T")
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
COUNT = re.compile(r"(-?[0-9.,]+) *(人|名)?")
Body = Mapping[str, Any]


def typed(body: Body, block: str) -> str:
    """What stands in a text field of a submitted form, trimmed; empty when the field is."""
    state = body["view"]["state"]["values"].get(block, {}).get("value", {})
    return str(state.get("value") or "").strip()


def chosen(body: Body, block: str) -> list[str]:
    """The values chosen in a menu or ticked in a form."""
    state = body["view"]["state"]["values"].get(block, {}).get("value", {})
    options = state.get("selected_options") or [state.get("selected_option")]
    return [str(option["value"]) for option in options if option]


def required(body: Body, block: str, missing: str) -> str:
    """A text that may not be empty; `missing` names the sentence that says so."""
    text = typed(body, block)
    if not text:
        raise UserError(missing, block=block)
    return text


def read_panel(body: Body, words: Words) -> NewPanel:
    """The form that starts a panel."""
    return NewPanel(
        concept=_concept(body),
        proposition=required(body, form.PROPOSITION, "panel.error.proposition_missing"),
        price=read_price(body, words.currency),
        currency=words.currency,
        threshold=THRESHOLD,
        internal=bool(chosen(body, form.INTERNAL)),
        aliases=read_people(typed(body, form.PEOPLE), words),
    )


def read_price(body: Body, currency: str) -> int:
    """The price field in minor units."""
    try:
        return minor_price(typed(body, form.PRICE), currency)
    except UserError as error:
        raise UserError(error.key, block=form.PRICE, **error.figures) from error


def minor_price(text: str, currency: str) -> int:
    """A typed price (4000, 4,000円, also in full-width digits) in minor units."""
    bare = re.sub(r"[¥$,円\s]", "", _folded(text))
    if not NUMBER.fullmatch(bare):
        raise UserError("panel.error.price_unreadable")
    price = Decimal(bare)
    with_sentence(lambda: check_price(price))
    digits = get_currency_precision(currency)
    minor = price.scaleb(digits)
    if minor != int(minor):
        key = "panel.error.price_decimals" if digits else "panel.error.price_whole"
        raise UserError(key, currency=currency, digits=digits)
    return int(minor)


def read_people(text: str, words: Words) -> tuple[str, ...]:
    """Attendees: names, one per line (、 and , part them too), or their number, which makes Aさん, Bさん …"""
    number = COUNT.fullmatch(_folded(text).strip())
    if number:
        return tuple(words("panel.person", letter=_letters(n)) for n in range(_count(number.group(1))))
    names = [" ".join(name.split()) for name in re.split(r"[\n、,\uff0c]", text)]
    names = [name for name in names if name]
    if not names:
        raise UserError("panel.error.people_missing", block=form.PEOPLE)
    _check_count(len(names))
    known: set[str] = set()
    for name in names:
        if len(name) > ALIAS_LIMIT:
            raise UserError("panel.error.name_long", block=form.PEOPLE, name=name[:20] + "…", limit=ALIAS_LIMIT)
        if _folded(name) in known:
            raise UserError("panel.error.name_twice", block=form.PEOPLE, name=name)
        known.add(_folded(name))
    return tuple(names)


def read_reasons(text: str, people: Sequence[Person], words: Words) -> dict[int, str]:
    """Lines 「Aさん: 高い」 as reasons by seat; several lines of one person are put together."""
    reasons: dict[int, str] = {}
    for line in filter(None, (line.strip() for line in text.splitlines())):
        seat, reason = _reason(line, people, words)
        if reason:
            reasons[seat] = f"{reasons[seat]} / {reason}" if seat in reasons else reason
    return reasons


def read_launch(body: Body) -> date | None:
    """The planned launch, if one was chosen."""
    state = body["view"]["state"]["values"].get(form.LAUNCH, {}).get("value", {})
    day = state.get("selected_date")
    try:
        return date.fromisoformat(day) if day else None
    except ValueError as error:
        raise UserError("panel.error.date_unreadable", block=form.LAUNCH) from error


def read_trial(text: str, currency: str) -> PanelResult:
    """`4000 5 10`, `4000 5/10`, `4,000円 5人 10人`: price, buyers, people asked."""
    bare = re.sub(r"(?<=[0-9]),(?=[0-9]{3})", "", _folded(text))
    parts = re.sub(r"[\u00d7÷/x*人名中]", " ", bare).split()
    if len(parts) != 3:
        raise UserError("panel.calc.usage")
    price = Decimal(minor_price(parts[0], currency)).scaleb(-get_currency_precision(currency))
    would_buy, asked = _whole(parts[1]), _whole(parts[2])
    if max(would_buy, asked) > TRIAL_LIMIT:
        raise UserError("panel.calc.too_many", limit=TRIAL_LIMIT)
    return with_sentence(lambda: measure(price=price, asked=asked, would_buy=would_buy, agreed=0))


def with_sentence(work: Callable[[], T]) -> T:
    """What `work` gives; figures that cannot be a panel become a UserError."""
    try:
        return work()
    except PanelError as error:
        figures: dict[str, Any] = dict(error.figures)
        raise UserError(f"panel.error.{error.code}", **figures) from error


def _concept(body: Body) -> str:
    written, menu = " ".join(typed(body, form.CONCEPT).split()), chosen(body, form.KNOWN)
    if written and menu:
        raise UserError("panel.error.concept_twice", block=form.CONCEPT)
    if not written and not menu:
        raise UserError("panel.error.concept_missing", block=form.CONCEPT)
    return written or menu[0]


def _reason(line: str, people: Sequence[Person], words: Words) -> tuple[int, str]:
    """The seat a line begins with and the rest; a name may hold colons itself and may come without さん."""
    seats = {_short(person.alias, words): person.seat for person in people}
    seats |= {_folded(person.alias): person.seat for person in people}
    colons = [match.start() for match in re.finditer("[:\uff1a]", line)]
    if not colons:
        raise UserError("panel.error.reason_form", block=form.REASONS, line=line[:40])
    for colon in colons:
        seat = seats.get(_folded(line[:colon]))
        if seat is not None:
            return seat, line[colon + 1 :].strip()
    names = words("panel.names.separator").join(person.alias for person in people[:10])
    raise UserError("panel.error.reason_unknown", block=form.REASONS, name=line[: colons[0]][:40], names=names)


def _short(alias: str, words: Words) -> str:
    return _folded(alias).removesuffix(_folded(words("panel.person", letter="")))


def _folded(text: str) -> str:
    """Full-width digits and letters as half-width ones, without case and outer blanks; minus is a hyphen."""
    return unicodedata.normalize("NFKC", text).replace(MINUS_SIGN, "-").casefold().strip()


def _count(text: str) -> int:
    bare = text.replace(",", "")
    if not re.fullmatch("-?[0-9]+", bare):
        raise UserError("panel.error.people_unreadable", block=form.PEOPLE)
    count = int(bare)
    if count < 1:
        raise UserError("panel.error.people_unreadable", block=form.PEOPLE)
    _check_count(count)
    return count


def _check_count(count: int) -> None:
    if count > PEOPLE_LIMIT:
        raise UserError("panel.error.too_many_people", block=form.PEOPLE, limit=PEOPLE_LIMIT, count=count)


def _whole(text: str) -> int:
    if not re.fullmatch("-?[0-9]{1,12}", text):
        raise UserError("panel.calc.people", typed=text[:40])
    return int(text)


def _letters(number: int) -> str:
    """0 → A, 25 → Z, 26 → AA, as columns of a sheet are named."""
    return (_letters(number // 26 - 1) if number >= 26 else "") + LETTERS[number % 26]
