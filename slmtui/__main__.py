"""`python -m slmtui` does what `slmtui` does."""

from slmtui.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
