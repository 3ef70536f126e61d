"""A relay before a server that counts what goes over the wire, TLS and all: the same yardstick for every client.

It forwards octets as they come and looks at none. `delay` seconds each way make a distance, `megabits` a second of each
connection and way a link. A turn is a client that speaks after the server spoke: an upper bound of the round trips it
waited for.
"""

import asyncio
import contextlib
import threading
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Self

_PIECE = 1 << 16


@dataclass
class Traffic:
    """What went over all connections: octets from and to the client, connections, turns."""

    from_client: int = 0
    to_client: int = 0
    connections: int = 0
    turns: int = 0

    @property
    def octets(self) -> int:
        """Both ways."""
        return self.from_client + self.to_client


class Relay:
    """Forwards a loopback port of its own to `port`, in a thread."""

    def __init__(self, port: int, delay: float = 0.0, megabits: float = 0.0) -> None:
        self.port = 0
        self._to, self._delay = port, delay
        self._octets_a_second = megabits * 125_000  # 0: as fast as may be
        self._traffic = Traffic()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        server = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(20)
        self.port = int(server.sockets[0].getsockname()[1])
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def take(self) -> Traffic:
        """What went over since the last call."""
        taken = replace(self._traffic)
        self._traffic = Traffic()
        return taken

    async def _listen(self) -> asyncio.Server:
        return await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=_PIECE)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._traffic.connections += 1
        connection = _Connection()
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._to, limit=_PIECE)
        except OSError:
            writer.close()
            return
        up = asyncio.create_task(self._forward(reader, far_writer, connection, is_client=True))
        down = asyncio.create_task(self._forward(far_reader, writer, connection, is_client=False))
        await asyncio.gather(up, down)

    async def _forward(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, connection: "_Connection", *, is_client: bool
    ) -> None:
        late = _Late(writer, self._delay) if self._delay else None
        loop = asyncio.get_running_loop()
        free_at = loop.time()
        with contextlib.suppress(OSError):
            while piece := await reader.read(_PIECE):
                self._count(len(piece), connection, is_client=is_client)
                if self._octets_a_second:
                    free_at = max(free_at, loop.time()) + len(piece) / self._octets_a_second
                    await asyncio.sleep(free_at - loop.time())
                if late:
                    late.write(piece)
                else:
                    writer.write(piece)
                    await writer.drain()
        if late:
            await asyncio.sleep(self._delay * 1.1)
        with contextlib.suppress(OSError):
            writer.close()

    def _count(self, octets: int, connection: "_Connection", *, is_client: bool) -> None:
        if is_client:
            self._traffic.from_client += octets
            self._traffic.turns += connection.server_spoke
        else:
            self._traffic.to_client += octets
        connection.server_spoke = not is_client


@dataclass
class _Connection:
    server_spoke: bool = False


class _Late:
    """Writes each piece after the same time."""

    def __init__(self, writer: asyncio.StreamWriter, delay: float) -> None:
        self._writer, self._delay = writer, delay

    def write(self, piece: bytes) -> None:
        asyncio.get_running_loop().call_later(self._delay, self._writer.write, piece)
