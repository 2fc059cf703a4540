"""Refusals, named as Slack names them."""

from localslack.team import Json


class ApiError(Exception):
    """A Web API refusal: `code` is Slack's name for it, `messages` go into response_metadata."""

    def __init__(self, code: str, messages: list[str] | None = None, **extra: str) -> None:
        super().__init__(code, messages or [])
        self.code = code
        self.messages = messages or []
        self.extra = extra

    def body(self) -> Json:
        """The JSON answer."""
        answer: Json = {"ok": False, "error": self.code, **self.extra}
        if self.messages:
            answer["response_metadata"] = {"messages": self.messages}
        return answer


class RateLimited(Exception):
    """Too many calls: HTTP 429 with Retry-After in whole seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(retry_after)
        self.retry_after = retry_after


class PersonRefused(ValueError):
    """A person asked for something that does not exist or is not theirs; the text is shown to them."""
