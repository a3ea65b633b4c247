"""docs/bad-input.md, read: what a person is told for each bad input. The tests hold it to that."""

from pathlib import Path

DOCUMENT = Path(__file__).parents[1] / "docs" / "bad-input.md"


def sentences(section: str) -> dict[str, str]:
    """Case to sentence, of the table under this heading."""
    _, _, rest = DOCUMENT.read_text().partition(f"\n## {section}\n")
    text, _, _ = rest.partition("\n## ")
    rows = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("| ")]
    (_, *cases) = rows
    return {case.strip(): sentence.strip() for case, _, sentence in cases}
