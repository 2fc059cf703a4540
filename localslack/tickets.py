"""Short-lived rights of the bot: trigger_ids, response_urls, and its allowance of messages per channel."""

import math
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field

from localslack import limits
from localslack.errors import ApiError, RateLimited


@dataclass
class Trigger:
    """A right to open one modal for one person; `view_id` is the modal it was pressed in, if any."""

    user: str
    made: float
    view_id: str | None = None
    used: bool = False


@dataclass
class ResponseUrl:
    """A right to answer one interaction; `message_ts` is the message that was interacted with, if any."""

    user: str
    channel: str
    made: float
    message_ts: str | None = None
    thread_ts: str | None = None
    uses: int = 0


@dataclass
class Tickets:
    """Gives out and checks these rights. `seconds` is a real (never a moved) clock."""

    seconds: Callable[[], float]
    triggers: dict[str, Trigger] = field(default_factory=dict)
    response_urls: dict[str, ResponseUrl] = field(default_factory=dict)
    _allowance: dict[str, tuple[float, float]] = field(default_factory=dict)

    def new_trigger(self, user: str, view_id: str | None = None) -> str:
        """A trigger_id: valid for 3 seconds and one use."""
        now = self.seconds()
        old = [key for key, item in self.triggers.items() if now - item.made > limits.RESPONSE_URL_SECONDS]
        for key in old:
            del self.triggers[key]
        trigger_id = f"{secrets.randbelow(10**10)}.{secrets.randbelow(10**10)}.{secrets.token_hex(16)}"
        self.triggers[trigger_id] = Trigger(user, now, view_id)
        return trigger_id

    def use_trigger(self, trigger_id: str) -> Trigger:
        """Spend a trigger_id. Raises ApiError as views.open does."""
        trigger = self.triggers.get(trigger_id)
        if trigger is None:
            raise ApiError("invalid_trigger_id")
        if trigger.used:
            raise ApiError("exchanged_trigger_id")
        if self.seconds() - trigger.made > limits.TRIGGER_SECONDS:
            raise ApiError("expired_trigger_id")
        trigger.used = True
        return trigger

    def new_response_url(
        self, user: str, channel: str, message_ts: str | None = None, thread_ts: str | None = None
    ) -> str:
        """The secret part of a response_url: 5 uses in 30 minutes."""
        now = self.seconds()
        old = [key for key, item in self.response_urls.items() if now - item.made > 2 * limits.RESPONSE_URL_SECONDS]
        for key in old:
            del self.response_urls[key]
        secret = secrets.token_urlsafe(24)
        self.response_urls[secret] = ResponseUrl(user, channel, now, message_ts, thread_ts)
        return secret

    def response_url(self, secret: str) -> ResponseUrl:
        """Look at a response_url before use. Raises ApiError expired_url or used_url."""
        ticket = self.response_urls.get(secret)
        if ticket is None or self.seconds() - ticket.made > limits.RESPONSE_URL_SECONDS:
            raise ApiError("expired_url")
        if ticket.uses >= limits.RESPONSE_URL_USES:
            raise ApiError("used_url")
        return ticket

    def spend_post(self, channel: str) -> None:
        """Count one chat.postMessage to a channel: 1 a second after a burst of 5, else RateLimited."""
        now = self.seconds()
        left, at = self._allowance.get(channel, (float(limits.POST_BURST), now))
        left = min(limits.POST_BURST, left + (now - at) * limits.POST_PER_SECOND)
        if left < 1:
            self._allowance[channel] = (left, now)
            raise RateLimited(max(1, math.ceil((1 - left) / limits.POST_PER_SECOND)))
        self._allowance[channel] = (left - 1, now)
