"""Runs the workspace under uvicorn on the loopback address."""

import socket

import uvicorn
from starlette.applications import Starlette

from localslack.stream import Stream


class Server(uvicorn.Server):
    """A uvicorn server that ends the pages' live streams when it stops, instead of waiting for them."""

    def __init__(self, app: Starlette, stream: Stream) -> None:
        super().__init__(uvicorn.Config(app, log_level="warning", access_log=False, timeout_graceful_shutdown=3))
        self._stream = stream

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop: streams first, then what uvicorn does."""
        self._stream.stop()
        await super().shutdown(sockets)


def listen(port: int) -> socket.socket:
    """A listening socket on 127.0.0.1; port 0 takes any free one. Raises OSError when the port is busy."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
        listener.listen(128)
    except OSError:
        listener.close()
        raise
    return listener
