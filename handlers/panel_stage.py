"""What the store says about a panel that has moved on, as sentences for the person who pressed."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import ParamSpec, TypeVar

from bot.errors import UserError
from store.panel_records import (
    AnswersOpen,
    NothingRecorded,
    Panel,
    PanelFull,
    RoundExists,
    Stage,
    UnknownPanel,
    WrongStage,
)

P = ParamSpec("P")
R = TypeVar("R")


def told(work: Callable[P, R]) -> Callable[P, R]:
    """`work`, with the store's refusals said to the person as UserErrors."""

    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return work(*args, **kwargs)
        except UnknownPanel as error:
            raise UserError("panel.error.not_found") from error
        except WrongStage as error:
            raise UserError(f"panel.error.at.{error.stage}") from error
        except NothingRecorded as error:
            raise UserError("panel.error.nothing_recorded") from error
        except AnswersOpen as error:
            raise UserError("panel.error.answers_open") from error
        except RoundExists as error:
            raise UserError("panel.error.round_exists") from error
        except PanelFull as error:
            raise UserError("panel.error.full") from error

    return run


def expect(panel: Panel, stages: Collection[Stage]) -> Panel:
    """The panel, if it stands at one of the stages; WrongStage otherwise."""
    if panel.stage not in stages:
        raise WrongStage(panel.stage)
    return panel
