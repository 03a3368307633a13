"""`python -m sandbox --port N [--seed S] [--now ISO] [--config FILE]`: prints one line when ready."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import datetime as dt
import json
import logging
import socket
import sys
from pathlib import Path

import uvicorn
from pydantic import ValidationError

from desk.catalog import load_catalog
from desk.worlds import DEFAULT_SEED
from sandbox.server import Sandbox
from sandbox.settings import SandboxSettings
from sandbox.world import SimulatedWorld


def main(arguments: list[str] | None = None) -> int:
    """Serve until interrupted. Returns the exit code: 2 for invalid settings or a port in use."""
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free port and prints it")
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED)
    parser.add_argument("--now", help="ISO time of the sandbox; default the wall clock")
    parser.add_argument("--config", type=Path, help="JSON with now, latency and faults")
    options = parser.parse_args(arguments)
    try:
        settings = read_settings(options.config, options.now)
        listener = bound_socket(options.host, options.port)
    except (OSError, ValueError) as error:
        print(f"sandbox: {error}", file=sys.stderr)
        return 2
    sandbox = Sandbox(SimulatedWorld(options.seed, load_catalog()), settings, lambda: dt.datetime.now(dt.UTC))
    sandbox.world.economy(settings.moment(sandbox.wall_clock()))
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(sandbox, listener))
    return 0


def read_settings(config: Path | None, now: str | None) -> SandboxSettings:
    """Settings from the file and the option, which wins. Raises ValueError, OSError."""
    raw = json.loads(config.read_text(encoding="utf-8")) if config else {}
    if now:
        raw["now"] = now
    try:
        return SandboxSettings.model_validate(raw)
    except ValidationError as error:
        problem = error.errors()[0]
        raise ValueError(f"{'.'.join(str(part) for part in problem['loc'])}: {problem['msg']}") from error


def bound_socket(host: str, port: int) -> socket.socket:
    """Raises OSError where the port is taken."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise OSError(f"port {port} of {host} cannot be taken: {error.strerror}") from error
    return listener


class _InjectedFaultFilter(logging.Filter):
    """Drops uvicorn's messages about bodies that the sandbox truncates on purpose."""

    def filter(self, record: logging.LogRecord) -> bool:
        return "without completing response" not in record.getMessage()


async def serve(sandbox: Sandbox, listener: socket.socket) -> None:
    """Serve `sandbox` on `listener`; prints one line when ready."""
    server = uvicorn.Server(uvicorn.Config(sandbox.app(), log_level="warning", access_log=False, lifespan="off"))
    logging.getLogger("uvicorn.error").addFilter(_InjectedFaultFilter())
    host, port = listener.getsockname()
    listener.listen(128)  # from now on a request waits instead of failing
    print(f"sandbox ready on http://{host}:{port} seed {sandbox.world.seed}", flush=True)
    await server.serve(sockets=[listener])


if __name__ == "__main__":
    raise SystemExit(main())
