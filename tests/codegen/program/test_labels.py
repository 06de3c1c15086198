"""Names of classes from a file, and in one line of a monitor."""

from __future__ import annotations

import pytest

from codegen.errors import DataError
from codegen.program.labels import read_labels


def test_names_one_a_line(tmp_path):
    file = tmp_path / "labels.txt"
    file.write_bytes("\ufeffcat\r\n kätzchen \r\na dog\r\n\r\n".encode())
    assert read_labels(file) == ("cat", "kätzchen", "a dog")


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (b"", "0 names"),
        (b"cat\n\ndog\n", "the name in line 2 is empty"),
        (b"cat\n" + b"d" * 65, "line 2 is too long"),
        (b"cat\x1b[2J\n", "line 1 is no plain text"),
        (b"\xff\xfe\x00", "no UTF-8 text"),
        (b"x\n" * 4097, "4097 names"),
    ],
)
def test_what_names_no_class_is_refused(tmp_path, content, cause):
    file = tmp_path / "labels.txt"
    file.write_bytes(content)
    with pytest.raises(DataError, match=cause):
        read_labels(file)


def test_no_such_file(tmp_path):
    with pytest.raises(DataError, match="No such file"):
        read_labels(tmp_path / "none.txt")
