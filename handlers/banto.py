"""`/banto`: help, status, the weekly summary, posts and settings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from slack_bolt import App
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.errors import UserError
from bot.speaker import channel_of, keep_inside, post, user_of, whisper
from bot.status import appointments, read_status
from bot.typed import read_margin, read_person, read_profit, read_when
from bot.views import banto as view
from bot.views import weekly as weekly_view
from bot.views.kit import Message, context
from bot.weekly import weekly
from handlers.deps import Deps
from handlers.funnel import Body, on_action, on_command
from store.posts import Post, newest_posts, post_by_id
from store.schedules import WEEKLY, Schedule, put_schedule, remove_schedule, schedules_of
from store.team_settings import set_margin, set_owner, set_target_profit

LISTED_POSTS = 10
CANNOT_POST = ("not_in_channel", "channel_not_found", "is_archived", "restricted_action")

Word = Callable[[Deps, Body, WebClient, str, str], Message | None]
"""Called with the payload, a client, the team and what follows the word; the answer to the asker."""


def register(app: App, deps: Deps) -> None:
    """The command and its buttons."""
    on_command(app, deps, "/banto", partial(_command, deps))
    on_action(app, deps, weekly_view.SHARE, partial(_share, deps))
    on_action(app, deps, view.OPEN_POST, partial(_open, deps))


def _command(deps: Deps, body: Body, client: WebClient, team: str) -> None:
    word, _, rest = " ".join(str(body.get("text") or "").replace("\u3000", " ").split()).partition(" ")
    known = WORDS.get(word.casefold())
    if known is None:
        raise UserError("banto.unknown", word=word[:40], words=", ".join(w for w in WORDS if w.isascii() and w))
    message = known(deps, body, client, team, rest)
    if message is not None:
        whisper(client, body, message)


def _help(deps: Deps, body: Body, client: WebClient, team: str, rest: str) -> Message:
    return view.help_text(deps.words(team))


def _status(deps: Deps, body: Body, client: WebClient, team: str, rest: str) -> Message:
    words = deps.words(team)
    state = read_status(deps.engine, deps.books(team), words, deps.clock(), deps.importing())
    return view.status(state, words)


def _weekly(deps: Deps, body: Body, client: WebClient, team: str, rest: str) -> Message | None:
    word, _, more = rest.partition(" ")
    known = WEEKLY_WORDS.get(word.casefold())
    if known is None:
        raise UserError("weekly.bad_word", word=rest[:40])
    return known(deps, body, client, team, more)


def _state(deps: Deps, body: Body, client: WebClient, team: str, rest: str) -> Message:
    mine = [each for each in schedules_of(deps.engine, team) if each.channel == channel_of(body)]
    if not mine:
        return view.said(deps.words(team)("weekly.state.none"))
    shown = appointments(mine, deps.books(team), deps.clock())
    return view.scheduled(shown[0], deps.words(team), new=False)


def _here(deps: Deps, body: Body, client: WebClient, team: str, rest: str) -> None:
    when, channel = read_when(rest), channel_of(body)
    if channel is None:
        raise UserError("weekly.no_channel")
    schedule = Schedule(
        team=team,
        kind=WEEKLY,
        channel=channel,
        weekday=when.weekday,
        minute_of_day=when.minute_of_day,
        created_by=user_of(body),
        created_at=deps.clock(),
    )
    (shown,) = appointments([schedule], deps.books(team), deps.clock())
    # Told to everybody in the channel, which also proves that the bot may post there.
    _post(client, channel, view.scheduled(shown, deps.words(team), new=True))
    put_schedule(deps.engine, schedule)


def _off(deps: Deps, body: Body, client: WebClient, team: str, rest: str) -> Message:
    removed = remove_schedule(deps.engine, team, WEEKLY, channel_of(body) or "")
    return view.said(deps.words(team)("weekly.off" if removed else "weekly.off.none"))


def _now(deps: Deps, body: Body, client: WebClient, team: str, rest: str) -> Message:
    books = deps.books(team)
    return weekly(books, deps.engine, deps.words(team), now=deps.clock(), shareable=True).message


def _share(deps: Deps, body: Body, client: WebClient, team: str) -> None:
    channel, words = channel_of(body), deps.words(team)
    if channel is None:
        raise UserError("weekly.no_channel")
    message = weekly(deps.books(team), deps.engine, words, now=deps.clock()).message
    by = context(words("weekly.shared_by", user=user_of(body)))
    _post(client, channel, replace(message, blocks=[*message.blocks, by]))


def _post(client: WebClient, channel: str, message: Message) -> None:
    try:
        keep_inside(client, channel)
        post(client, channel, message)
    except SlackApiError as error:
        if error.response.get("error") in CANNOT_POST:
            raise UserError("weekly.invite") from error
        raise


def _posts(deps: Deps, body: Body, client: WebClient, team: str, rest: str) -> Message:
    listed = [_posted(deps, each) for each in newest_posts(deps.engine, team, LISTED_POSTS)]
    return view.posts(listed, deps.words(team))


def _open(deps: Deps, body: Body, client: WebClient, team: str) -> None:
    value = str(body["actions"][0]["value"])
    found = post_by_id(deps.engine, team, int(value)) if value.isdigit() else None
    if found is None or found.result is None:
        raise UserError("banto.posts.gone")
    whisper(client, body, view.reopened(_posted(deps, found), deps.words(team)))


def _posted(deps: Deps, found: Post) -> view.Posted:
    return view.Posted(
        id=found.id,
        kind=found.key.kind,
        period=found.key.period,
        channel=found.key.channel,
        at=(found.sent_at or found.claimed_at).astimezone(deps.zone),
        snapshot=found.snapshot,
        result=found.result or {},
    )


def _margin(deps: Deps, body: Body, client: WebClient, team: str, rest: str) -> Message:
    words = deps.words(team)
    if rest:
        set_margin(deps.engine, team, read_margin(rest))
    margin = deps.books(team).settings().margin_permille
    if margin is None:
        return view.said(words("banto.margin.none"))
    return view.said(words("banto.margin.set" if rest else "banto.margin.now", margin=view.percent_of(margin)))


def _profit(deps: Deps, body: Body, client: WebClient, team: str, rest: str) -> Message:
    words = deps.words(team)
    if rest:
        set_target_profit(deps.engine, team, read_profit(rest, words.currency))
    profit = words.money(deps.books(team).settings().target_profit)
    return view.said(words("banto.profit.set" if rest else "banto.profit.now", profit=profit))


def _owner(deps: Deps, body: Body, client: WebClient, team: str, rest: str) -> Message:
    words = deps.words(team)
    if rest:
        set_owner(deps.engine, team, read_person(rest, user_of(body)))
    owner = deps.books(team).settings().owner
    if owner is None:
        return view.said(words("banto.owner.none"))
    return view.said(words("banto.owner.set" if rest else "banto.owner.now", user=owner))


WEEKLY_WORDS: dict[str, Word] = {
    "": _state,
    "here": _here,
    "ここ": _here,
    "off": _off,
    "停止": _off,
    "now": _now,
    "今": _now,
}
WORDS: dict[str, Word] = {
    "": _help,
    "help": _help,
    "ヘルプ": _help,
    "status": _status,
    "状態": _status,
    "weekly": _weekly,
    "週報": _weekly,
    "posts": _posts,
    "投稿": _posts,
    "margin": _margin,
    "粗利": _margin,
    "profit": _profit,
    "利益": _profit,
    "owner": _owner,
    "担当": _owner,
}
