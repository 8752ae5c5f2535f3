"""The command line."""


def main(arguments: list[str] | None = None) -> int:
    """Run slmtui."""
    return 0
