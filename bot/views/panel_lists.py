"""What `/panel` answers to the asker alone: the list, a search, a trial calculation and the help."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.messages import Words
from bot.messages.figures import figure
from bot.metrics.panel import PanelResult
from bot.views import kit
from bot.views.kit import Message, Picture
from bot.views.panel import NEW, OPEN, Sheet
from bot.views.panel_result import ladder, result_blocks
from bot.views.panel_shown import CLOSED, CLOSING, RemarkShown

REASON_SHOWN = 300


def panel_list(sheets: Sequence[Sheet], words: Words) -> Message:
    """Recent panels with their state, each with a button that opens its card."""
    if not sheets:
        start = kit.button(words("panel.button.new"), NEW, "new", "primary")
        return Message(
            text=words("panel.list.empty"),
            blocks=[kit.section(words("panel.list.empty")), kit.actions([start])],
        )
    title = words("panel.list.title", count=len(sheets))
    rows = [
        kit.section(
            _row(sheet, replace(words, currency=sheet.panel.currency)),
            kit.button(words("panel.button.open"), OPEN, str(sheet.panel.id)),
        )
        for sheet in sheets
    ]
    return Message(text=title, blocks=[kit.section(title), *rows, kit.context(words("panel.list.hint"))])


def remarks(word: str, found: Sequence[RemarkShown], total: int, words: Words) -> Message:
    """Reasons in which a word occurs."""
    word = kit.cut(kit.escape(word), kit.BUTTON_TEXT_LIMIT)
    if not found:
        text = words("panel.search.none", word=word)
        return Message(text=text, blocks=[kit.section(text)])
    title = words("panel.search.title", word=word, count=words.count(total))
    rows = [kit.section(_remark(each, words)) for each in found]
    more = [kit.context(words("panel.search.more", count=total - len(found)))] if total > len(found) else []
    return Message(text=title, blocks=[kit.section(title), *rows, *more])


def trial(result: PanelResult, words: Words, picture: Picture) -> Message:
    """A calculation of which nothing is recorded (試算)."""
    verdict = words("panel.verdict.passes" if result.passes else "panel.verdict.fails")
    return Message(
        text=words("panel.calc.text", index=figure(result.index, words), verdict=verdict),
        blocks=[
            kit.header(words("panel.calc.title")),
            *result_blocks(result, words),
            kit.section(words("panel.ladder.title")),
            ladder(result, words),
            kit.context(words("panel.calc.note"), words("panel.definition", threshold=words.count(result.threshold))),
        ],
        pictures=(picture,),
    )


def help_text(words: Words, threshold: int) -> Message:
    """What a panel is, how to hold one, and what does not count."""
    limit = words.count(threshold)
    parts = [words(f"panel.help.{part}", threshold=limit) for part in ("what", "how", "not", "commands")]
    start = kit.button(words("panel.button.new"), NEW, "new", "primary")
    return Message(
        text=words("panel.help.title"),
        blocks=[
            kit.header(words("panel.help.title")),
            *(kit.section(part) for part in parts),
            kit.actions([start]),
        ],
    )


def _row(sheet: Sheet, words: Words) -> str:
    panel = sheet.panel
    parts = [words("panel.round", round=panel.round)]
    if panel.internal:
        parts.append(words("panel.internal"))
    if panel.stage in (CLOSING, CLOSED):
        parts.append(words.money(panel.price))
    parts.append(words("panel.list.people", count=len(panel.people)))
    parts.append(words.time((panel.closed_at or panel.created_at).astimezone(sheet.zone)))
    return f"*{kit.escape(panel.concept)}*\n{_state(sheet, words)}\n{' · '.join(parts)}"


def _state(sheet: Sheet, words: Words) -> str:
    if sheet.panel.stage != CLOSED or sheet.result is None:
        return words(f"panel.state.{sheet.panel.stage}")
    verdict = words("panel.verdict.passes" if sheet.result.passes else "panel.verdict.fails")
    return words("panel.state.closed", index=figure(sheet.result.index, words), verdict=verdict)


def _remark(remark: RemarkShown, words: Words) -> str:
    answer = {True: "buy", False: "not_buy", None: "unsure"}[remark.would_buy]
    return words(
        "panel.search.row",
        concept=kit.escape(remark.concept),
        price=words.money(remark.price),
        name=f"<@{remark.slack_user}>" if remark.slack_user else kit.escape(remark.alias),
        answer=words(f"panel.answer.{answer}"),
        reason=kit.cut(kit.escape(remark.reason), REASON_SHOWN),
    )
