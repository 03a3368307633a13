"""`python -m alvorada`: the same as the `alvorada` command."""

from alvorada.cli.main import main

main()
