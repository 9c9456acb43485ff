"""What gets installed is pinned, hashed, complete, and names no package index."""

from pathlib import Path

import pytest

from dext_sync.local import lock


def test_the_lock_files_are_in_order() -> None:
    assert list(lock.complaints()) == []


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("--index-url https://index.example/simple\n", "here.txt names an address"),
        ("django>=5\n", "here.txt: not pinned with a hash: django>=5"),
        ("django==5.2\n", "here.txt: not pinned with a hash: django==5.2"),
    ],
)
def test_a_file_out_of_order_is_noticed(
    tmp_path: Path, text: str, complaint: str
) -> None:
    file = tmp_path / "here.txt"
    file.write_text(text)
    assert list(lock.complaints_about(file)) == [complaint]
