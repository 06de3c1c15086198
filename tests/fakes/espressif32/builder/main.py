"""The stand-in's build script: PlatformIO runs it inside scons, as it runs the real platform's."""

import os
import sys
from pathlib import Path

from SCons.Script import AlwaysBuild, Default, DefaultEnvironment

env = DefaultEnvironment()
board = env.BoardConfig()
here = Path(env.PioPlatform().get_dir()).resolve()
repository = Path(os.environ["STANDIN_REPOSITORY"])
sys.path.insert(0, str(here / "builder"))
sys.path.insert(0, str(repository))

from cmake_lists import read_component  # noqa: E402
from drivers import choose  # noqa: E402
from tflite_micro import tflite_micro  # noqa: E402

from host_tools.boards import load_board  # noqa: E402
from host_tools.flashing import partitions  # noqa: E402
from host_tools.flashing.chips import CHIPS  # noqa: E402

# What the real builder/frameworks/espidf.py refuses, with its words.
FRAMEWORK_DIR = os.path.join(env.subst("$PROJECT_PACKAGES_DIR"), "framework-espidf")  # noqa: PTH118
if any(" " in path for path in (FRAMEWORK_DIR, env.subst("$BUILD_DIR"))):
    sys.stderr.write("Error: Detected a whitespace character in project paths.\n")
    env.Exit(1)

project = Path(env.subst("$PROJECT_DIR"))
component = read_component(Path(env.subst("$PROJECT_SRC_DIR")) / "CMakeLists.txt")
name = env.subst("$PIOENV")
mcu = board.get("build.mcu")
fakes = repository / "tests" / "fakes" / "esp_idf"
beneath = choose(os.environ["STANDIN_DRIVERS"], repository, load_board(name))

env.Replace(
    CC=os.environ["STANDIN_CC"],
    LINK=os.environ["STANDIN_CC"],
    PROGSUFFIX=".elf",
    PROGNAME="firmware",
    SIZETOOL=None,
    LINKCOM="$LINK -o $TARGET $LINKFLAGS $SOURCES $BEHIND",  # libraries come behind what needs them
)
PYTHON = os.environ["STANDIN_PYTHON"]
IMAGES = f'"{PYTHON}" "{here / "builder" / "images.py"}"'
env["ENV"]["PYTHONPATH"] = str(repository)

# The compiler of this machine: the facts that only the drivers know are added to those of the project.
given = {text.partition("=")[0] for text in component.definitions}
facts = {key: value for key, value in beneath.definitions.items() if key not in given}
defines = [*component.definitions, *(f"{key}={value}" for key, value in facts.items())]
folder = project / "firmware" / "boards" / name
common = env.Clone()
common.Append(
    CCFLAGS=["-std=gnu17", "-Wall", "-Wextra", "-Werror", *component.options, *beneath.flags],
    CPPDEFINES=[tuple(text.replace('"', '\\"').split("=", 1)) for text in defines],  # a shell reads it
    CPPPATH=[str(path) for path in component.includes],
)


def under_build(*parts: object) -> str:
    """A path in the build folder."""
    return "/".join(["$BUILD_DIR", *map(str, parts)])


linked, syntax = [], []
library = tflite_micro()
behind = [*beneath.link, *(library.link if library else ())]
for source in component.sources:
    target = under_build("src", source.relative_to(project.resolve()).with_suffix(".o"))
    if source.suffix != ".c":
        if library is None:
            raise SystemExit(f"the stand-in compiles C only without STANDIN_TFLM, not {source.name}")
        linked.append(env.Command(target, str(source), library.action(component.includes)))
        continue
    if source.parent == folder.resolve():
        on_idf = common.Clone()
        on_idf.Prepend(CPPPATH=[str(fakes)])
        (linked if beneath.runs_idf else syntax).append(on_idf.Object(target, str(source)))
    else:
        linked.append(common.Object(target, str(source)))
for driver in beneath.sources:
    own = common.Clone()
    own.Prepend(CPPPATH=[str(driver.parent)])
    linked.append(own.Object(under_build("drivers", driver.name + ".o"), str(driver)))

elf = env.Program(
    under_build("firmware.elf"),
    linked,
    LINKFLAGS=list(beneath.flags),
    BEHIND=behind,
)
env.Depends(elf, syntax)


def image(what: str, file: str, source: object) -> object:
    """A command that runs images.py."""
    action = f'{IMAGES} {what} "$SOURCE" "$TARGET" {name}'
    return env.Command(under_build(file), source, env.VerboseAction(action, "Building $TARGET"))


table_csv = Path(board.get("build.partitions")).resolve()
firmware = image("application", "firmware.bin", elf)
bootloader = image("bootloader", "bootloader.bin", str(table_csv))
table = image("partitions", "partitions.bin", str(table_csv))
rows = partitions.parse(
    table_csv.read_text(encoding="utf-8"), str(table_csv), load_board(name).flash.flash_bytes
)
otadata = next(p for p in rows if p.name == "otadata")
empty = env.Command(
    under_build("ota_data_initial.bin"),
    [],
    lambda target, source, env: Path(str(target[0])).write_bytes(b"\xff" * otadata.size) and None,
)

# As the real platform uploads: esptool with the application and the extra images.
env.Append(
    FLASH_EXTRA_IMAGES=[
        (hex(CHIPS[mcu].bootloader_offset), bootloader[0].get_abspath()),
        (hex(partitions.TABLE_OFFSET), table[0].get_abspath()),
        (hex(otadata.offset), empty[0].get_abspath()),
    ]
)
env.Replace(
    UPLOADERFLAGS=[
        "--chip", mcu,
        "--port", '"$UPLOAD_PORT"',
        "--baud", "$UPLOAD_SPEED",
        "--before", board.get("upload.before_reset", "default-reset"),
        "--after", board.get("upload.after_reset", "hard-reset"),
        "write-flash", "-z",
        "--flash-size", board.get("upload.flash_size", "detect"),
    ],
    UPLOADCMD=f'"{PYTHON}" -m esptool $UPLOADERFLAGS {hex(partitions.first_app(rows).offset)} $SOURCE',
)  # fmt: skip
for offset, file in env["FLASH_EXTRA_IMAGES"]:
    env.Append(UPLOADERFLAGS=[offset, file])

everything = [firmware, bootloader, table, empty]
AlwaysBuild(env.Alias("nobuild", everything))
env.Alias("buildprog", everything)
upload = env.AddPlatformTarget(
    "upload",
    everything,
    [
        env.VerboseAction(env.AutodetectUploadPort, "Looking for upload port..."),
        env.VerboseAction("$UPLOADCMD", "Uploading $SOURCE"),
    ],
    "Upload",
)
env.AddPlatformTarget("checkprogsize", None, None, "Nothing to check")
Default(everything)
