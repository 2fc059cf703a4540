"""Concept panels in the store. Every function takes the team: another team's panel does not exist for it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Select, and_, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from store.database import insert_or_ignore
from store.panel_records import (
    PEOPLE_LIMIT,
    AnswersOpen,
    Choice,
    Decision,
    NewPanel,
    NothingRecorded,
    Panel,
    PanelFull,
    Person,
    Remark,
    RoundExists,
    Stage,
    UnknownPanel,
    WrongStage,
)
from store.tables import concepts, decisions, panel_people, panels

OPEN = (Stage.AGREEMENT, Stage.CLOSING)


def start_panel(engine: Engine, team: str, new: NewPanel, *, channel: str, user: str, at: datetime) -> Panel:
    """Record a first round with everybody's seat; a concept of that name is taken up again, else made."""
    with engine.begin() as connection:
        connection.execute(insert_or_ignore(connection, concepts).values(team=team, name=new.concept))
        where = and_(concepts.c.team == team, concepts.c.name == new.concept)
        panel_id = connection.execute(
            insert(panels)
            .values(
                team=team,
                concept_id=connection.execute(select(concepts.c.id).where(where)).scalar_one(),
                round=1,
                proposition=new.proposition,
                price=new.price,
                currency=new.currency,
                threshold=new.threshold,
                stage=Stage.AGREEMENT,
                internal=new.internal,
                created_by=user,
                created_at=at,
                channel=channel,
            )
            .returning(panels.c.id)
        ).scalar_one()
        _seat(connection, panel_id, (Person(seat=n, alias=alias) for n, alias in enumerate(new.aliases, 1)))
        return _load(connection, team, panel_id)


def find_panel(engine: Engine, team: str, panel_id: int) -> Panel:
    """The round with that id; UnknownPanel when this team has none."""
    with engine.connect().execution_options(read_only=True) as connection:
        return _load(connection, team, panel_id)


def recent_panels(engine: Engine, team: str, limit: int) -> tuple[Panel, ...]:
    """The newest rounds first."""
    with engine.connect().execution_options(read_only=True) as connection:
        return _panels(connection, _rows(team).order_by(panels.c.id.desc()).limit(limit))


def panels_named(engine: Engine, team: str, name: str, limit: int) -> tuple[Panel, ...]:
    """Newest rounds of the concept of that name; where there is none, of concepts whose name contains it."""
    with engine.connect().execution_options(read_only=True) as connection:
        newest = _rows(team).order_by(panels.c.id.desc()).limit(limit)
        exact = _panels(connection, newest.where(func.lower(concepts.c.name) == name.lower()))
        return exact or _panels(connection, newest.where(concepts.c.name.icontains(name, autoescape=True)))


def concept_names(engine: Engine, team: str, limit: int) -> tuple[str, ...]:
    """Names of the team's concepts, the newest first."""
    query = select(concepts.c.name).where(concepts.c.team == team).order_by(concepts.c.id.desc()).limit(limit)
    with engine.connect().execution_options(read_only=True) as connection:
        return tuple(connection.execute(query).scalars())


def rounds_at_price(engine: Engine, panel: Panel) -> tuple[Panel, ...]:
    """Closed rounds of the panel's concept at its price, oldest first; dry runs and real ones stay apart."""
    query = _rows(panel.team).where(
        panels.c.concept_id == panel.concept_id,
        panels.c.price == panel.price,
        panels.c.currency == panel.currency,
        panels.c.internal == panel.internal,
        panels.c.stage == Stage.CLOSED,
    )
    with engine.connect().execution_options(read_only=True) as connection:
        return _panels(connection, query.order_by(panels.c.closed_at, panels.c.id))


def attach_card(engine: Engine, panel: Panel, channel: str, message_ts: str) -> None:
    """Remember where the panel's card stands now."""
    with engine.begin() as connection:
        connection.execute(
            update(panels).where(_is(panel.team, panel.id)).values(channel=channel, message_ts=message_ts)
        )


def record_agreement(engine: Engine, team: str, panel_id: int, seats: Collection[int]) -> Panel:
    """Who agrees (賛同); everybody else does not. Can be repeated until the price is revealed."""
    with engine.begin() as connection:
        _locked(connection, team, panel_id, (Stage.AGREEMENT,))
        connection.execute(
            update(panel_people)
            .where(panel_people.c.panel_id == panel_id)
            .values(agreed=panel_people.c.seat.in_(seats))
        )
        return _load(connection, team, panel_id)


def reveal_price(engine: Engine, team: str, panel_id: int) -> Panel:
    """From agreement to closing: the price may be shown from now on."""
    with engine.begin() as connection:
        _locked(connection, team, panel_id, (Stage.AGREEMENT,))
        _move(connection, panel_id, stage=Stage.CLOSING)
        return _load(connection, team, panel_id)


def record_buyers(
    engine: Engine, team: str, panel_id: int, seats: Collection[int], reasons: Mapping[int, str]
) -> Panel:
    """Who would buy (購入意向) and why or why not, by seat. Can be repeated until the round is closed."""
    with engine.begin() as connection:
        panel = _locked(connection, team, panel_id, (Stage.CLOSING,))
        here = panel_people.c.panel_id == panel_id
        bought = panel_people.c.seat.in_(seats)
        connection.execute(update(panel_people).where(here).values(would_buy=bought, answered=True, reason=""))
        for person in panel.people:
            if reason := reasons.get(person.seat):
                seat = and_(here, panel_people.c.seat == person.seat)
                connection.execute(update(panel_people).where(seat).values(reason=reason))
        return _load(connection, team, panel_id)


def vote(engine: Engine, team: str, panel_id: int, user: str, stage: Stage, yes: bool | None) -> Panel:
    """A member's own answer in an internal panel: agreement or buying, whichever `stage` asks for.

    A member takes the first free seat, or one more if all are taken (PanelFull after a hundred).
    """
    with engine.begin() as connection:
        panel = _locked(connection, team, panel_id, (stage,))
        seat = _own_seat(connection, panel, user)
        said = {"agreed": yes} if stage is Stage.AGREEMENT else {"would_buy": yes, "answered": True}
        _change_seat(connection, panel_id, seat, said)
        return _load(connection, team, panel_id)


def explain(engine: Engine, team: str, panel_id: int, user: str, reason: str) -> Panel:
    """A member's own reason in an internal panel."""
    with engine.begin() as connection:
        panel = _locked(connection, team, panel_id, (Stage.CLOSING,))
        _change_seat(connection, panel_id, _own_seat(connection, panel, user), {"reason": reason})
        return _load(connection, team, panel_id)


def close_panel(engine: Engine, team: str, panel_id: int, at: datetime) -> Panel:
    """Close the round: its figures are final. Of two who press at once the second gets WrongStage."""
    with engine.begin() as connection:
        panel = _locked(connection, team, panel_id, (Stage.CLOSING,))
        if not panel.answered:
            raise NothingRecorded
        _move(connection, panel_id, stage=Stage.CLOSED, closed_at=at)
        return _load(connection, team, panel_id)


def withdraw_panel(engine: Engine, team: str, panel_id: int) -> Panel:
    """Take back a round that is not closed; it is kept but counts nowhere."""
    with engine.begin() as connection:
        _locked(connection, team, panel_id, OPEN)
        _move(connection, panel_id, stage=Stage.WITHDRAWN)
        return _load(connection, team, panel_id)


def next_round(engine: Engine, team: str, panel_id: int, price: int, user: str, at: datetime) -> Panel:
    """The same people at another price (minor units), agreement taken over, nothing else.

    The old round stays as it was; if nobody had answered to its price yet, it is withdrawn. RoundExists when
    somebody else was quicker, AnswersOpen when answers stand there that nobody has closed.
    """
    with engine.begin() as connection:
        old = _locked(connection, team, panel_id, (Stage.CLOSING, Stage.CLOSED))
        if old.stage is Stage.CLOSING:
            if old.answered:
                raise AnswersOpen
            _move(connection, panel_id, stage=Stage.WITHDRAWN)
        new = {
            "team": team,
            "concept_id": old.concept_id,
            "first_round": old.first_round,
            "round": old.round + 1,
            "proposition": old.proposition,
            "price": price,
            "currency": old.currency,
            "threshold": old.threshold,
            "stage": Stage.CLOSING,
            "internal": old.internal,
            "created_by": user,
            "created_at": at,
            "channel": old.channel,
        }
        try:
            new_id = connection.execute(insert(panels).values(new).returning(panels.c.id)).scalar_one()
        except IntegrityError as error:
            raise RoundExists from error
        _seat(connection, new_id, old.people)
        return _load(connection, team, new_id)


def decide(engine: Engine, panel: Panel, decision: Decision, recheck_on: int | None) -> None:
    """Add a decision to a closed panel; earlier ones are kept. `recheck_on` is a day since 1970."""
    with engine.begin() as connection:
        _locked(connection, panel.team, panel.id, (Stage.CLOSED,))
        connection.execute(
            insert(decisions).values(
                team=panel.team,
                kind="panel",
                subject_id=panel.id,
                decision=decision.choice,
                reason=decision.reason,
                decided_by=decision.decided_by,
                decided_at=decision.decided_at,
                recheck_on=recheck_on,
                evidence=dict(decision.evidence),
            )
        )


def decisions_on(engine: Engine, panel: Panel) -> tuple[Decision, ...]:
    """What was decided on the panel, oldest first."""
    where = and_(decisions.c.team == panel.team, decisions.c.kind == "panel", decisions.c.subject_id == panel.id)
    with engine.connect().execution_options(read_only=True) as connection:
        rows = connection.execute(select(decisions).where(where).order_by(decisions.c.id))
        return tuple(
            Decision(
                choice=Choice(row.decision),
                reason=row.reason,
                decided_by=row.decided_by,
                decided_at=row.decided_at,
                evidence=row.evidence,
            )
            for row in rows
        )


def search_reasons(engine: Engine, team: str, word: str, limit: int) -> tuple[tuple[Remark, ...], int]:
    """Reasons that contain the word, newest first, and how many there are in all.

    What members said in an internal panel is found only after it was closed.
    """
    # panels.team is checked by hand here: the join starts at the people, not at `_rows`.
    query = (
        select(
            panels.c.id.label("panel_id"),
            concepts.c.name.label("concept"),
            panels.c.price,
            panel_people.c.alias,
            panel_people.c.slack_user,
            panel_people.c.would_buy,
            panel_people.c.reason,
        )
        .select_from(panel_people.join(panels).join(concepts))
        .where(
            panels.c.team == team,
            panels.c.stage != Stage.WITHDRAWN,
            or_(panels.c.internal.is_(False), panels.c.stage == Stage.CLOSED),
            panel_people.c.reason.icontains(word, autoescape=True),
        )
    )
    ordered = query.order_by(panels.c.id.desc(), panel_people.c.seat).limit(limit)
    with engine.connect().execution_options(read_only=True) as connection:
        total = connection.execute(select(func.count()).select_from(query.subquery())).scalar_one()
        return tuple(Remark(**row) for row in connection.execute(ordered).mappings()), total


def _rows(team: str) -> Select[Any]:
    return (
        select(panels, concepts.c.name.label("concept")).select_from(panels.join(concepts)).where(panels.c.team == team)
    )


def _is(team: str, panel_id: int) -> Any:
    return and_(panels.c.team == team, panels.c.id == panel_id)


def _panels(connection: Connection, query: Select[Any]) -> tuple[Panel, ...]:
    rows = connection.execute(query).mappings().all()
    seats: defaultdict[int, list[Person]] = defaultdict(list)
    people = select(panel_people).where(panel_people.c.panel_id.in_([row["id"] for row in rows]))
    for seat in connection.execute(people.order_by(panel_people.c.panel_id, panel_people.c.seat)).mappings():
        told = dict(seat)
        seats[told.pop("panel_id")].append(Person(**told))
    return tuple(
        Panel(
            **{**row, "stage": Stage(row["stage"]), "first_round": row["first_round"] or row["id"]},
            people=tuple(seats[row["id"]]),
        )
        for row in rows
    )


def _load(connection: Connection, team: str, panel_id: int) -> Panel:
    found = _panels(connection, _rows(team).where(panels.c.id == panel_id))
    if not found:
        raise UnknownPanel(panel_id)
    return found[0]


def _locked(connection: Connection, team: str, panel_id: int, stages: Collection[Stage]) -> Panel:
    """The panel, if it stands at one of the stages; other writers wait until this transaction ends."""
    connection.execute(select(panels.c.id).where(_is(team, panel_id)).with_for_update())
    panel = _load(connection, team, panel_id)
    if panel.stage not in stages:
        raise WrongStage(panel.stage)
    return panel


def _move(connection: Connection, panel_id: int, **values: Any) -> None:
    connection.execute(update(panels).where(panels.c.id == panel_id).values(**values))


def _seat(connection: Connection, panel_id: int, people: Iterable[Person]) -> None:
    """Fresh seats: names, members and agreement are kept, answers to a price are not."""
    connection.execute(
        insert(panel_people),
        [
            {
                "panel_id": panel_id,
                "seat": person.seat,
                "alias": person.alias,
                "slack_user": person.slack_user,
                "agreed": person.agreed,
            }
            for person in people
        ],
    )


def _own_seat(connection: Connection, panel: Panel, user: str) -> int:
    """The member's seat: the own one, else the first free one, else a new one."""
    for person in panel.people:
        if person.slack_user == user:
            return person.seat
    for person in panel.people:
        if person.slack_user is None:
            _change_seat(connection, panel.id, person.seat, {"slack_user": user})
            return person.seat
    if len(panel.people) >= PEOPLE_LIMIT:
        raise PanelFull
    seat = panel.people[-1].seat + 1
    _seat(connection, panel.id, [Person(seat=seat, alias=user, slack_user=user)])
    return seat


def _change_seat(connection: Connection, panel_id: int, seat: int, values: Mapping[str, Any]) -> None:
    where = and_(panel_people.c.panel_id == panel_id, panel_people.c.seat == seat)
    connection.execute(update(panel_people).where(where).values(**values))
