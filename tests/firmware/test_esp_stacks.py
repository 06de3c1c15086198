"""How deep the firmware's own calls go on an ESP32-class core, by what the compiler tells.

What ESP-IDF's drivers need below them is not in it; the stacks leave it the greater part.
"""

from __future__ import annotations

import re
import subprocess

import pytest

import firmware
from codegen.lowering.target import Target
from codegen.memory.options import PlanOptions
from host_tools.boards import INFERENCE_STACK, MAIN_STACK, board_defines, load_board
from host_tools.models import resolve
from host_tools.project.write import write_project
from tests.compilers import esp32_class
from tests.firmware.esp_on_fakes import FAKES
from tests.host_tools.toy_folder import write_landmark_toy

SHARED = firmware.ROOT / "chips" / "espressif"
HELPER_STACK = int(re.findall(r"HELPER_STACK = (\d+)", (SHARED / "esp_parallel.c").read_text())[0])
CAPTURE_STACK = int(re.findall(r"CAPTURE_STACK = (\d+)", (SHARED / "esp_tasks.c").read_text())[0])
INTERRUPT_BYTES = 512
"""What an interrupted task's registers take on its stack, coprocessors included, with room."""

BY_POINTER = {
    "tinyface_run_step": (r"(?:/model|decode_\w+|/inference)\.c", "invoke|decode|finish|run_begins|run_ends"),
    "tinyface_infer_bytes": (r"/model\.c", "invoke"),
    "tinyface_infer_frame": (r"/\w+\.c", "tell_part"),
    "tinyface_board_parallel": (r"/model\.c", r"layer_\d+"),
    "esp_parallel.c:help": (r"/model\.c", r"layer_\d+"),
}
"""Function -> what it calls through a pointer: networks, decoders and hooks, who is told of a part."""


@pytest.fixture(scope="module")
def calls(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, int], dict[str, set[str]]]:
    """Function (a static one as FILE:NAME) -> bytes of its frame, function -> what it calls."""
    toolchain = esp32_class()
    board, folder = load_board("esp32cam"), tmp_path_factory.mktemp("stacks")
    ref = resolve(str(write_landmark_toy(folder)))
    two_cores = PlanOptions(target=Target(cores=2))
    project = write_project(ref, board, "aot", folder / "project", options=two_cores).folder
    facts = [f"-D{fact}={value}" for fact, value in board_defines(board).items()]
    facts += ["-DCONFIG_IDF_TARGET_ESP32=1", "-DCONFIG_FREERTOS_UNICORE=0", "-DNDEBUG"]
    rooms = (firmware.ROOT / "include", firmware.ROOT / "src", board.folder, SHARED, FAKES, project)
    sources = [
        path for room in (rooms[1], board.folder, SHARED, project) for path in sorted(room.glob("*.c"))
    ]
    frames: dict[str, int] = {}
    edges: dict[str, set[str]] = {}
    for source in sources:
        told = folder / f"{source.stem}.ci"
        flags = ["-std=gnu17", "-O2", "-c", "-fcallgraph-info=su", "-o", str(told.with_suffix(".o"))]
        include = [f"-I{room}" for room in rooms]
        subprocess.run([toolchain.cc, *flags, *facts, *include, str(source)], check=True)
        text = told.read_text()
        for title, size, kind in re.findall(r'node: \{ title: "([^"]+)".*?(\d+) bytes \((\w+)', text):
            assert kind == "static", title
            frames[title] = int(size)
        for caller, callee in re.findall(r'edge: \{ sourcename: "([^"]+)" targetname: "([^"]+)"', text):
            edges.setdefault(caller, set()).add(callee)
    for ending, (file, names) in BY_POINTER.items():
        (caller,) = [title for title in edges if title == ending or title.endswith(f"/{ending}")]
        assert "__indirect_call" in edges[caller]
        found = [f for f in frames if re.search(rf"{file}:({names})$", f)]
        assert found, caller
        edges[caller] |= {*found}
    return frames, edges


Calls = tuple[dict[str, int], dict[str, set[str]]]


def deepest(calls: Calls, root: str, above: tuple[str, ...] = ()) -> int:
    """Bytes of the deepest way of calls from here; a recursion has none."""
    frames, edges = calls
    assert root not in above, f"{root} calls itself"
    below = (deepest(calls, name, (*above, root)) for name in edges.get(root, ()) if name in frames)
    return frames[root] + max(below, default=0)


def static(calls: Calls, file: str, name: str) -> str:
    """The whole name of a static function."""
    (found,) = [title for title in calls[0] if title.endswith(f"{file}:{name}")]
    return found


def test_the_stacks_are_four_times_what_the_firmware_takes_of_them(calls) -> None:
    """The model is called by the second core, or by the main task where there is one."""
    for used, stack in (
        (deepest(calls, "app_main"), MAIN_STACK["aot"]),
        (deepest(calls, static(calls, "worker.c", "work")), INFERENCE_STACK["aot"]),
        (deepest(calls, static(calls, "stream.c", "capture_frames")), CAPTURE_STACK),
        (deepest(calls, static(calls, "esp_parallel.c", "help")), HELPER_STACK),
    ):
        assert used > 100
        assert 4 * used + INTERRUPT_BYTES <= stack
