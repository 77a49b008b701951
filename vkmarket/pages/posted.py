"""What a form says, which may come from a page of ours or from anywhere."""

# Longer than any key of ours or VK's; what fits no column, the database would not even look for.
MOST_DIGITS = 18


def number_of(text: str) -> int | None:
    """The number that stands there, None for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS else None
