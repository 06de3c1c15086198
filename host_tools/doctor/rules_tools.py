"""What shells, make and Python say of a program that is not there."""

from __future__ import annotations

from host_tools.doctor.rule import Rule

_OWN = r"(?:pio|platformio|esptool|espefuse|espsecure)"
_REFUSED = (
    r"(?:is not recognized|was not recognized|ist entweder falsch|wurde nicht als|n['’]est pas reconnu|"
    r"no se reconoce|não é reconhecido|non è riconosciuto|"
    r"не является внутренней|не распознано|nie jest rozpozna|"
    r"(?:is|wordt) niet herkend|不是内部或外部|不是內部或外部|项识别为|は、?内部コマンド|은\(는\) 내부)"
)
"""What the shells of Windows say, in the languages that are met most."""


def _absent(program: str) -> str:
    """A pattern of every way to say that a program is not there; one of its groups holds the name."""
    name = rf"(?<![\w.-])['\"`‘“]?({program}(?:\.py|\.exe)?)['\"`’”]?(?![\w.-])"
    return "|".join(
        (
            rf"(?m:(?:^|[:>] *){name}: +(?:command )?not found\b)",
            rf"(?i:command not found|unknown command):? +{name}",
            rf"Command {name} not found\b",
            rf"\b(?:make(?:\[\d+\])?|env|sudo|nohup|xargs|exec)(?:: \d+)?: +{name}: "
            r"(?:[^\n]*not found|No such file)",
            rf"(?i:{name}: command not found)",
            rf"\bno {name} in \(",
            rf"(?:FileNotFoundError: )?\[Errno 2\] [^\n]{{0,60}}: {name}(?:\n|$)",
            rf"{name} ?:? ?{_REFUSED}",
            rf"No module named {name}(?:\n|$)",
        )
    )


_NAME = "".join(f"{{{number}}}" for number in range(9))
_EXPLAINED = "build", "python-module", "build-tool", "port-missing"

TOOL_RULES = (
    Rule(
        "tool-missing",
        _absent(_OWN),
        f"the program {_NAME} is not installed, or it lies in no folder that the shell searches (PATH)",
        "Install it with `{install}`, and open the shell again; `tinyface flash` finds it there by itself.",
        explains=_EXPLAINED,
        extra="pio",
    ),
    Rule(
        "tool-missing",
        _absent(r"(?:tinyface)"),
        f"the shell does not find {_NAME}: it is not installed, or its environment is not active",
        "Activate the environment that it was installed into (`. .venv/bin/activate`), or, after pipx, run "
        "`pipx ensurepath` and open the shell again.",
        explains=_EXPLAINED,
    ),
    Rule(
        "tool-missing",
        _absent(r"(?:idf)"),
        f"the shell does not find {_NAME} of ESP-IDF",
        "Call ESP-IDF's `. export.sh` (Windows: export.bat) in this shell first.",
        explains=_EXPLAINED,
    ),
    Rule(
        "tool-missing",
        _absent(
            r"(?:python3?(?:\.\d+)?|pip3?|pipx|git|make|gcc|g\+\+|cc|clang|cmake|ninja|scons|openocd|minicom|"
            r"picocom|screen|miniterm|arduino-cli|curl|wget|unzip)"
        ),
        f"the program {_NAME} is not installed, or it lies in no folder that the shell searches (PATH)",
        "Install it with the package manager of your system, and open the shell again.",
        explains=_EXPLAINED,
        unless=r"\.platformio",
    ),
    Rule(
        "tool-missing",
        r"(?m:(?:^|[/ -])(?:ba|da|z|k|a)?sh: (?:line )?(?:\d+: )?((?!xtensa|riscv32)[\w.+-]+): "
        r"(?:command )?not found\b)|"
        r"(?i:command not found:) +((?!xtensa|riscv32)[\w.+-]+)|"
        r"['\"]((?!xtensa|riscv32)[\w.+-]+)['\"] is not recognized as an internal",
        "the program {0}{1}{2} is not installed, or it lies in no folder that the shell searches (PATH)",
        "Install it, or open the shell in which it is known.",
        explains=("build",),
        unless=r"\.platformio",
    ),
    Rule(
        "tool-missing",
        r"Python was not found; run without arguments[^\n]*",
        "Python is not installed: Windows offers its shop instead",
        'Install Python 3.10 or later from python.org ("Add to PATH" switched on), and open the shell again.',
        explains=_EXPLAINED,
    ),
)
