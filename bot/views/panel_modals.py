"""The forms of a concept panel, and how their fields are named."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from bot.messages import Words
from bot.metrics.panel import PanelResult
from bot.views import kit
from bot.views.kit import Block
from bot.views.panel_result import needed
from bot.views.panel_shown import PROCEED, PanelShown, PersonShown

NEW_FORM = "panel.new"
AGREE_FORM = "panel.agree"
BUYERS_FORM = "panel.buyers"
WHY_FORM = "panel.why"
ROUND_FORM = "panel.round"
DECIDE_FORM = "panel.decide"

CONCEPT = "concept"
KNOWN = "known_concept"
PROPOSITION = "proposition"
PRICE = "price"
PEOPLE = "people"
INTERNAL = "internal"
SEATS = "seats"
REASONS = "reasons"
REASON = "reason"
PRODUCT = "product"
LAUNCH = "launch"

CONCEPT_LIMIT = 100
REASON_LIMIT = 1000
PRODUCT_LIMIT = 255
OPTIONS_LIMIT = 100


def new_form(words: Words, channel: str, known: Sequence[str], concept: str = "") -> Block:
    """Start a panel; `known` are the team's concepts, `concept` what was typed behind the command."""
    menu = [
        kit.choice_input(
            KNOWN,
            words("panel.form.known"),
            "static_select",
            [kit.option(name, name) for name in known[:OPTIONS_LIMIT]],
            optional=True,
            placeholder=words("panel.form.known.placeholder"),
        )
    ]
    blocks = [
        kit.text_input(
            CONCEPT,
            words("panel.form.concept"),
            optional=bool(known),
            initial=concept[:CONCEPT_LIMIT],
            placeholder=words("panel.form.concept.placeholder"),
            max_length=CONCEPT_LIMIT,
        ),
        *(menu if known else []),
        kit.text_input(
            PROPOSITION,
            words("panel.form.proposition"),
            multiline=True,
            hint=words("panel.form.proposition.hint"),
        ),
        kit.text_input(
            PRICE,
            words("panel.form.price"),
            placeholder=words("panel.form.price.placeholder"),
            hint=words("panel.form.price.hint"),
            max_length=40,
        ),
        kit.text_input(
            PEOPLE,
            words("panel.form.people"),
            multiline=True,
            placeholder=words("panel.form.people.placeholder"),
            hint=words("panel.form.people.hint"),
        ),
        kit.choice_input(
            INTERNAL,
            words("panel.form.mode"),
            "checkboxes",
            [kit.option(words("panel.form.internal"), "yes")],
            optional=True,
            hint=words("panel.form.internal.hint"),
        ),
    ]
    return _form(NEW_FORM, "panel.form.new", "panel.form.start", blocks, words, {"channel": channel})


def agree_form(words: Words, panel: PanelShown) -> Block:
    """Who agrees with the value proposition."""
    agreed = [person for person in panel.people if person.agreed]
    blocks = [
        {"type": "section", "text": kit.plain(panel.proposition)},
        _seat_menu("panel.form.agreed", panel.people, agreed, words),
    ]
    return _form(AGREE_FORM, "panel.form.agree", "panel.form.record", blocks, words, {"panel": panel.id})


def buyers_form(words: Words, panel: PanelShown, result: PanelResult) -> Block:
    """Who would buy at the price, and why or why not."""
    buyers = [person for person in panel.people if person.would_buy]
    told = [f"{person.alias}: {person.reason}" for person in panel.people if person.reason]
    goal = words("panel.goal", price=words.money(panel.price), needed=needed(result, words))
    blocks = [
        kit.section(goal),
        _seat_menu("panel.form.bought", panel.people, buyers, words),
        kit.text_input(
            REASONS,
            words("panel.form.reasons"),
            multiline=True,
            optional=True,
            initial=kit.cut("\n".join(told), kit.TEXT_LIMIT),
            placeholder=words("panel.form.reasons.placeholder"),
            hint=words("panel.form.reasons.hint"),
        ),
    ]
    return _form(BUYERS_FORM, "panel.form.buyers", "panel.form.record", blocks, words, {"panel": panel.id})


def why_form(words: Words, panel: PanelShown, own: str) -> Block:
    """A member's own reason in an internal panel."""
    field = kit.text_input(
        REASON,
        words("panel.form.why.label"),
        multiline=True,
        initial=own,
        hint=words("panel.form.why.hint"),
        max_length=REASON_LIMIT,
    )
    return _form(WHY_FORM, "panel.form.why", "panel.form.record", [field], words, {"panel": panel.id})


def round_form(words: Words, panel: PanelShown) -> Block:
    """Another price for the same people."""
    blocks = [
        kit.section(words("panel.form.round.now", price=words.money(panel.price))),
        kit.text_input(
            PRICE,
            words("panel.form.round.price"),
            placeholder=words("panel.form.price.placeholder"),
            hint=words("panel.form.round.hint"),
            max_length=40,
        ),
    ]
    return _form(ROUND_FORM, "panel.form.round", "panel.form.round.start", blocks, words, {"panel": panel.id})


def decide_form(words: Words, panel: PanelShown, choice: str) -> Block:
    """Why it was decided so; for 進む also which product comes of it and when."""
    blocks = [
        kit.text_input(
            REASON,
            words("panel.form.decide.reason"),
            multiline=True,
            placeholder=words(f"panel.form.decide.{choice}.placeholder"),
            max_length=REASON_LIMIT,
        )
    ]
    if choice == PROCEED:
        blocks += [
            kit.text_input(
                PRODUCT,
                words("panel.form.product"),
                optional=True,
                hint=words("panel.form.product.hint"),
                max_length=PRODUCT_LIMIT,
            ),
            {
                "type": "input",
                "block_id": LAUNCH,
                "label": kit.plain(words("panel.form.launch")),
                "element": {"type": "datepicker", "action_id": "value"},
                "optional": True,
            },
        ]
    told = {"panel": panel.id, "choice": choice}
    return _form(DECIDE_FORM, f"panel.form.decide.{choice}", "panel.form.decide.submit", blocks, words, told)


def _seat_menu(label: str, people: Sequence[PersonShown], chosen: Sequence[PersonShown], words: Words) -> Block:
    return kit.choice_input(
        SEATS,
        words(label, count=len(people)),
        "multi_static_select",
        [_seat(person) for person in people],
        initial=[_seat(person) for person in chosen],
        optional=True,
        placeholder=words("panel.form.seats.placeholder"),
        hint=words("panel.form.seats.hint"),
    )


def _seat(person: PersonShown) -> Block:
    return kit.option(person.alias, str(person.seat))


def _form(
    callback_id: str, title: str, submit: str, blocks: Sequence[Block], words: Words, told: dict[str, Any]
) -> Block:
    return kit.modal(
        callback_id,
        words(title),
        blocks,
        submit=words(submit),
        close=words("button.cancel"),
        metadata=json.dumps(told),
    )
