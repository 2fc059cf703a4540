"""Signed HTTP requests to the bot, as Slack sends them."""

import asyncio
import hashlib
import hmac
import json
import logging
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from urllib.parse import urlencode

from localslack import limits
from localslack.team import Json

log = logging.getLogger(__name__)

TIMED_OUT = "operation_timeout"
FAILED = "dispatch_failed"


@dataclass(frozen=True)
class Reply:
    """What the bot answered. `error` is Slack's word for a failed dispatch, empty when the ack was good."""

    status: int
    content_type: str
    body: bytes
    error: str = ""

    def json(self) -> Json | None:
        """The body as a JSON object, None when it is something else."""
        try:
            value = json.loads(self.body)
        except ValueError:
            return None
        return value if isinstance(value, dict) else None

    def text(self) -> str:
        """The body as text."""
        return self.body.decode("utf-8", "replace")


def sign(secret: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The two headers by which the bot knows that a request comes from the workspace (v0 signature)."""
    base = b"v0:" + str(timestamp).encode() + b":" + body
    digest = hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": str(timestamp), "X-Slack-Signature": f"v0={digest}"}


def _post(url: str, body: bytes, headers: Mapping[str, str], timeout: float) -> Reply:
    request = urllib.request.Request(url, data=body, headers=dict(headers), method="POST")
    # The bot is on this machine: a proxy from the environment would only be in the way.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=timeout) as response:
            return Reply(response.status, response.headers.get("Content-Type", ""), response.read())
    except urllib.error.HTTPError as error:
        return Reply(error.code, error.headers.get("Content-Type", ""), error.read(), FAILED)
    except TimeoutError:
        return Reply(0, "", b"", TIMED_OUT)
    except urllib.error.URLError as error:
        timed_out = isinstance(error.reason, TimeoutError)
        return Reply(0, "", str(error.reason).encode(), TIMED_OUT if timed_out else FAILED)
    except OSError as error:
        return Reply(0, "", str(error).encode(), FAILED)


@dataclass
class Sender:
    """Sends commands, interactions and events to one bot. `seconds` is the real time, for signatures."""

    bot_url: str
    signing_secret: str
    seconds: Callable[[], float]
    retry_seconds: tuple[float, ...] = limits.EVENT_RETRY_SECONDS
    _threads: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(64, "sender"))
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def _send(self, body: bytes, content_type: str, extra: Mapping[str, str] | None = None) -> Reply:
        headers = {
            "Content-Type": content_type,
            "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
            **sign(self.signing_secret, int(self.seconds()), body),
            **(extra or {}),
        }
        url = self.bot_url.rstrip("/") + "/slack/events"
        loop = asyncio.get_running_loop()
        begun = loop.time()
        call = loop.run_in_executor(self._threads, _post, url, body, headers, limits.ACK_SECONDS)
        try:
            reply = await asyncio.wait_for(call, limits.ACK_SECONDS)
        except TimeoutError:
            reply = Reply(0, "", b"", TIMED_OUT)
        if loop.time() - begun >= limits.ACK_SECONDS:
            # Too late, whatever it says: on a busy machine the answer may be looked at before the clock is.
            reply = Reply(0, "", b"", TIMED_OUT)
        if reply.error:
            log.warning("the bot did not acknowledge: %s %s %s", reply.error, reply.status, reply.text()[:500])
        return reply

    async def form(self, fields: Mapping[str, str]) -> Reply:
        """Send a slash command."""
        return await self._send(urlencode(fields).encode(), "application/x-www-form-urlencoded")

    async def interaction(self, payload: Json) -> Reply:
        """Send an interaction (a pressed button, a submitted modal, a search in a menu)."""
        return await self.form({"payload": json.dumps(payload, ensure_ascii=False)})

    def event(self, envelope: Json) -> None:
        """Send an event in the background; without a 2xx again at once, after 1 and after 5 minutes."""
        task = asyncio.get_running_loop().create_task(self._deliver(envelope))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _deliver(self, envelope: Json) -> None:
        body = json.dumps(envelope, ensure_ascii=False).encode()
        extra: dict[str, str] = {}
        for number, pause in enumerate((*self.retry_seconds, None)):
            reply = await self._send(body, "application/json", extra)
            if not reply.error:
                return
            if pause is None:
                log.error("event %s given up after %s tries", envelope["event_id"], number + 1)
                return
            await asyncio.sleep(pause)
            reason = "http_timeout" if reply.error == TIMED_OUT else "http_error"
            extra = {"X-Slack-Retry-Num": str(number + 1), "X-Slack-Retry-Reason": reason}

    async def stop(self) -> None:
        """Give up what waits for another try."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._threads.shutdown(wait=False, cancel_futures=True)
