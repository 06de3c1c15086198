# PlatformIO runs this before it builds. An upload also erases the heads of the model partition's two halves:
# constants that were sent to the board before must not replace those of the new application.
from pathlib import Path

Import("env")  # noqa: F821

SECTOR = 4096
project, built = Path(env.subst("$PROJECT_DIR")), Path(env.subst("$BUILD_DIR"))  # noqa: F821
empty = built.resolve() / "empty_model.bin"
for line in (project / "partitions.csv").read_text().splitlines():
    row = [cell.strip() for cell in line.split(",")]
    if row[0] == "model":
        offset, size = int(row[3], 0), int(row[4], 0)
        built.mkdir(parents=True, exist_ok=True)
        empty.write_bytes(b"\xff" * SECTOR)
        for head in (offset, offset + size // 2 // SECTOR * SECTOR):
            env.Append(FLASH_EXTRA_IMAGES=[(hex(head), str(empty))])  # noqa: F821
