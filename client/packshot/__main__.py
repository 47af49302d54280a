"""`python -m packshot` is the command `packshot`."""

from packshot.cli import main

if __name__ == "__main__":
    main()
