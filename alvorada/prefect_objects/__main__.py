"""`python -m alvorada.prefect_objects [live|sandbox]`: deployments, blocks and Automations in one process.

`alvorada up` runs this: it is `alvorada deploy` and `alvorada automations apply` with one import of Prefect, which
takes seconds. Its environment must have PREFECT_EXPERIMENTAL_EVENTS=true, as for `reconcile`.
"""

from __future__ import annotations

import sys

from alvorada.prefect_objects import apply_all, deployments
from desk.errors import AlvoradaError


def main(sources: str = "live") -> None:
    """Applies everything but the database's block: the local stack's own address is of no use to other machines."""
    deployments.apply(sources)
    apply_all.apply(keep_database=False)


if __name__ == "__main__":
    try:
        main(*sys.argv[1:2])
    except AlvoradaError as error:
        sys.exit(f"alvorada: {error}")
