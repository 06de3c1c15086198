"""Everything that this project says about ESP-IDF, held against ESP-IDF itself.

Runs where IDF_PATH names a checkout (`. export.sh` of ESP-IDF sets it); see real_idf.py for what else helps.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import firmware
from codegen.board import Board
from codegen.errors import ToolError
from host_tools.boards import board_defines, list_boards, places, project_files
from host_tools.flashing import partitions
from host_tools.project.toolchains import host_compiler
from tests.firmware import fake_headers, real_idf
from tests.firmware.test_esp_kernels import MODELS, TAKEN, assembled, written

IDF = real_idf.idf_path()
pytestmark = pytest.mark.skipif(IDF is None, reason="IDF_PATH names no checkout of ESP-IDF")
BOARDS = [board for board in list_boards() if board.flash.framework == "espidf"]
BOARD_SOURCES = firmware.ROOT / "chips" / "espressif"
Configured = Callable[[Board], tuple[Path, dict[str, str], list[str]]]


def of_boards(test: Callable[..., None]) -> Callable[..., None]:
    return pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.name)(test)


@pytest.fixture(scope="module")
def configured(tmp_path_factory: pytest.TempPathFactory) -> Configured:
    """Makes each board's configuration once: folder of sdkconfig.h, options, what was said about ours."""
    pytest.importorskip("kconfgen", reason="esp-idf-kconfig is not installed")
    made: dict[str, tuple[Path, dict[str, str], list[str]]] = {}

    def configure(board: Board) -> tuple[Path, dict[str, str], list[str]]:
        if board.name not in made:
            folder = tmp_path_factory.mktemp(board.name)
            assert IDF is not None
            made[board.name] = (folder, *real_idf.configure(IDF, board, folder))
        return made[board.name]

    return configure


def command(board: Board, config: Path) -> list[str]:
    """The compiler with ESP-IDF's headers; skips where there is no compiler."""
    assert IDF is not None
    try:
        cc = real_idf.compiler(board.chip)
    except ToolError as error:
        pytest.skip(str(error))
    return [*cc, "-DESP_PLATFORM", f"-I{config}", *real_idf.includes(IDF, board.chip)]


@of_boards
def test_the_sources_compile(board: Board, configured: Configured) -> None:
    cc = command(board, configured(board)[0])
    rooms = (*places(board), firmware.ROOT / "src")
    sources = [source for room in rooms for source in sorted(room.glob("*.c"))]
    camera = real_idf.camera_includes() or []
    if board.camera and not camera:  # TINYFACE_IDF_COMPONENTS names no esp32-camera
        left = real_idf.without_camera(sources, [header for room in rooms for header in room.glob("*.h")])
        assert len(sources) / 2 < len(left) < len(sources)
        sources = left
    facts = [f"-D{fact}={value}" for fact, value in board_defines(board).items()]
    ours = [f"-I{place}" for place in (firmware.ROOT / "include", *reversed(rooms))]
    assert real_idf.check_syntax([*cc, *facts, *ours, *camera], *sources) == ""


@of_boards
def test_generated_c_takes_mac16_where_esp_idf_says_that_the_core_has_it(
    board: Board, configured: Configured, tmp_path: Path
) -> None:
    cc = command(board, configured(board)[0])
    for name in MODELS:
        text = assembled(written(name, tmp_path, TAKEN), cc, tmp_path)
        assert ("ldinc" in text) == (board.core == "xtensa-mac16")


def test_a_wrong_call_is_seen(configured: Configured, tmp_path: Path) -> None:
    board = BOARDS[0]
    wrong = tmp_path / "wrong.c"
    wrong.write_text('#include "esp_timer.h"\nint f(void);\nint f(void) { return esp_timer_get_tmie(); }\n')
    assert "esp_timer_get_tmie" in real_idf.check_syntax(command(board, configured(board)[0]), wrong)


@of_boards
def test_the_fakes_declare_what_esp_idf_declares(
    board: Board, configured: Configured, tmp_path: Path
) -> None:
    config = configured(board)[0]
    camera = real_idf.camera_includes() if board.camera else None
    cc = command(board, config)
    names = [name for name in fake_headers.headers() if camera or name != "esp_camera.h"]
    if "USB_SERIAL_JTAG" not in (config / "sdkconfig.h").read_text():
        names.remove("driver/usb_serial_jtag.h")
    lines = [f'#include "{name}"' for name in ("freertos/FreeRTOS.h", *names)]
    lines.append("#define SAME(A, B) _Static_assert(__builtin_types_compatible_p(A, B), #A)")
    texts = {name: fake_headers.read(name) for name in names}
    listed = [name for text in texts.values() for name in fake_headers.constants(text)]
    chip = [f"-DCONFIG_IDF_TARGET_ESP32={int(board.chip == 'esp32')}"]
    worth = fake_headers.values(listed, [f"-I{fake_headers.FAKES}", *chip], [host_compiler()], tmp_path)
    lines += [f'_Static_assert((long long)({name}) == {value}LL, "{name}");' for name, value in worth.items()]
    for text in texts.values():
        for result, name, kinds in fake_headers.prototypes(text):
            given = ", ".join(f"({kind})0" for kind in kinds)
            lines.append(f"#ifndef {name}\n{result} {name}({', '.join(kinds) or 'void'});\n#endif")
            lines.append(f"SAME(__typeof__({name}({given})), {result});")
        for struct, field, kind in fake_headers.fields(text):
            if kind:
                lines.append(f"SAME(__typeof__((({struct} *)0)->{field}), {kind});")
            else:  # a bit field has no address and no type of its own
                lines.append(
                    f"static inline void set_{field.replace('.', '_')}({struct} *s) {{ s->{field} = 0; }}"
                )
    source = tmp_path / "compare.c"
    source.write_text("\n".join(lines) + "\n")
    assert len(worth) > 60
    assert real_idf.check_syntax([*cc, *(camera or [])], source) == ""


@of_boards
def test_every_option_of_sdkconfig_defaults_takes_effect(board: Board, configured: Configured) -> None:
    _, values, said = configured(board)
    asked = dict(re.findall(r"^CONFIG_(\w+)=(.*)$", project_files(board)["sdkconfig.defaults"], re.MULTILINE))
    assert len(values) > 500
    assert not said
    assert {name: values.get(name, "n") for name in asked} == asked
    cores = "FREERTOS_UNICORE" not in values
    assert cores == (board.chip != "esp32c3")
    assert (values.get("SPIRAM_BOOT_INIT") == "y") == (board.memory.psram > 0)
    assert int(values["ESP_DEFAULT_CPU_FREQ_MHZ"]) * 1_000_000 == board.clock_hz
    assert (values["ESP_TASK_WDT_EN"], values["ESP_BROWNOUT_DET"]) == ("y", "y")


@of_boards
def test_this_version_is_one_that_the_project_asks_for(board: Board) -> None:
    """Within idf_component.yml's range the reset reasons are there, and `driver` brings UART and pins."""
    assert IDF is not None
    asked = re.search(r'idf: ">=(\d+)\.(\d+),<(\d+)"', project_files(board)["src/idf_component.yml"])
    assert asked
    version = tuple(int(part) for part in real_idf.version(IDF).split(".")[:2])
    assert (int(asked[1]), int(asked[2])) <= version < (int(asked[3]), 0)
    reasons = (IDF / "components" / "esp_system" / "include" / "esp_system.h").read_text()
    used = re.findall(r"case (ESP_RST_\w+):", (BOARD_SOURCES / "esp_main.c").read_text())
    assert len(used) > 10
    assert not [reason for reason in used if not re.search(rf"\b{reason}\b", reasons)]
    exported = (IDF / "components" / "driver" / "CMakeLists.txt").read_text()
    assert re.search(r"\besp_driver_gpio\b", exported)
    assert re.search(r"\besp_driver_uart\b", exported)


def test_the_uarts_buffers_lie_in_internal_memory_and_its_interrupt_in_iram() -> None:
    """What CONFIG_UART_ISR_IN_IRAM means in this version of ESP-IDF."""
    assert IDF is not None
    text = (IDF / "components" / "esp_driver_uart" / "src" / "uart.c").read_text()
    with_option = text.split("#ifdef CONFIG_UART_ISR_IN_IRAM", 1)[1].split("#else", 1)[0]
    assert re.search(r"#define UART_ISR_ATTR\s+IRAM_ATTR", with_option)
    assert "MALLOC_CAP_INTERNAL" in with_option
    made = re.findall(r"x(?:Queue|Ringbuffer)Create\w*\([^;]*\);", text)
    assert len(made) >= 3
    assert all("UART_MALLOC_CAPS" in call for call in made)


def test_chips_of_revision_3_go_without_the_workaround(tmp_path: Path) -> None:
    """And all others with it: ESP-IDF's own configuration, without and with the further file."""
    pytest.importorskip("kconfgen", reason="esp-idf-kconfig is not installed")
    assert IDF is not None
    board = next(board for board in BOARDS if board.chip == "esp32")
    values, _ = real_idf.configure(IDF, board, tmp_path / "any")
    assert (values.get("SPIRAM_CACHE_WORKAROUND"), values["ESP32_REV_MIN"]) == ("y", "1")
    values, said = real_idf.configure(IDF, board, tmp_path / "newer", "esp32-revision3.defaults")
    assert (values.get("SPIRAM_CACHE_WORKAROUND", "n"), values["ESP32_REV_MIN"]) == ("n", "3")
    assert not said


@of_boards
def test_the_xtensa_chips_have_the_upper_half_of_a_product(board: Board) -> None:
    """What codegen/kernels/requantize.h takes for granted where ESP_PLATFORM is defined."""
    assert IDF is not None
    isa = IDF / "components" / "xtensa" / board.chip / "include" / "xtensa" / "config" / "core-isa.h"
    assert isa.is_file() == (real_idf.CHIPS[board.chip] == "xtensa")
    if isa.is_file():
        text = isa.read_text()
        assert re.search(r"XCHAL_HAVE_MUL32_HIGH\s+1\b", text)
        assert re.search(r"XCHAL_HAVE_WINDOWED\s+1\b", text)
    assert "ESP_PLATFORM" in (IDF / "tools" / "cmake" / "build.cmake").read_text()


@of_boards
def test_the_partition_table_is_espressifs(board: Board, tmp_path: Path) -> None:
    """ESP-IDF's own generator takes partitions.csv, and its bytes are those that this project makes of it."""
    assert IDF is not None
    given, made = tmp_path / "partitions.csv", tmp_path / "partitions.bin"
    text = project_files(board)["partitions.csv"]
    given.write_text(text)
    script = IDF / "components" / "partition_table" / "gen_esp32part.py"
    size = f"{board.flash.flash_bytes >> 20}MB"
    done = subprocess.run(
        [sys.executable, str(script), "--flash-size", size, str(given), str(made)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    table = partitions.parse(text, str(given), board.flash.flash_bytes)
    assert made.read_bytes() == partitions.to_binary(table)
