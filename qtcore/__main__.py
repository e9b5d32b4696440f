"""`python -m qtcore` is the command line, as `qtcore` is."""

from qtcore.cli import main

if __name__ == "__main__":
    main()
