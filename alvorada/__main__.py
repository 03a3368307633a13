from alvorada.cli import main

main()
