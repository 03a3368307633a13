from alvorada.cli.main import main

main()
