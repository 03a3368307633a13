"""The stack that `alvorada up` runs, as stack.json in the data directory describes it to other commands."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from alvorada.stack.data_dir import DataDir
from alvorada.stack.processes import ProcessId
from blocks.atomic_write import write_atomically
from desk.errors import BadInput


@dataclass(frozen=True, slots=True)
class RunningStack:
    """Process ids and addresses. `ready`: everything has started; `sandbox_url`, `sandbox_seed`: with --sandbox."""

    supervisor: ProcessId
    processes: tuple[ProcessId, ...]
    api_url: str
    ui_url: str
    world: str
    sandbox_url: str | None = None
    sandbox_seed: int | None = None
    ready: bool = False

    def write(self, data_dir: DataDir) -> None:
        """Stores this state in stack.json. Raises OSError."""
        record = {"home": str(data_dir.path), **asdict(self)}
        write_atomically(data_dir.stack_file, json.dumps(record, indent=2))

    @classmethod
    def read(cls, data_dir: DataDir) -> RunningStack | None:
        """The stored state, whether its processes live or not. Raises BadInput for a file that cannot be read."""
        try:
            record = json.loads(data_dir.stack_file.read_text(encoding="utf-8"))
            if record.pop("home", str(data_dir.path)) != str(data_dir.path):
                return None  # this home was copied or moved: what runs there is not ours
            processes = tuple(ProcessId(**process) for process in record.pop("processes"))
            return cls(supervisor=ProcessId(**record.pop("supervisor")), processes=processes, **record)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (ValueError, KeyError, TypeError) as error:
            raise BadInput(f"{data_dir.stack_file} cannot be read ({error}): delete it") from error


def find_running_stack(data_dir: DataDir) -> RunningStack | None:
    """The stack of this data directory that runs now and is ready for work; None where there is none."""
    found = RunningStack.read(data_dir)
    return found if found and found.ready and found.supervisor.alive else None
