"""What systems and pyserial say of a serial port; the numbers count, as the words are translated."""

from __future__ import annotations

import sys

from codegen.shell import command_line
from host_tools.doctor.rule import Rule

_DENIED = (
    r"Access is denied|Acceso denegado|Zugriff verweigert|Acc[eè]s refus[eé]|Отказано в доступе|"
    r"Accesso negato|"
    r"Acesso negado|Odmowa dost[eę]pu|Toegang geweigerd|拒绝访问|存取被拒|アクセスが拒否|액세스가 거부"
)
_LINE = (
    "Use a shorter cable plugged straight into the computer, power the board from 5 V with at least 500 mA, "
    "and try again; while flashing: flash again, nothing is lost."
)
_DRIVER = (
    "Plug the adapter in again, without a hub and with another cable; then install its maker's present "
    "driver (CH340: "
    "WCH's, of 2023 or later or the older 3.5; CP210x: Silicon Labs')."
)
_REST = "port-unusable", "no-answer", "baud-change", "build"
_LISTS = command_line(sys.executable, "-m", "serial.tools.list_ports")
_LIST = "`" + _LISTS.replace("{", "{{").replace("}", "}}") + "` lists the ports"

PORT_RULES = (
    Rule(
        # esptool opens the port again then, and complains of that last.
        "line-broken",
        r"Lost connection, retrying[^\n]*",
        "the connection broke while flashing",
        _LINE,
        explains=("port-driver", "port-lost", "port-busy", "port-permission", "port-missing", *_REST),
    ),
    Rule(
        "port-driver",
        r"(?:[Cc]annot|[Cc]ould not) configure port\b[^\n]*(?:Error\(|\(\d+,)[^\n]*|"
        r"Error\(\d+, (?:'[^'\n]*'|\"[^\"\n]*\"), None, (?:31|121|22|87|995|1167|1117)\)|"
        r"\[WinError (?:31|121|22|87|1167)\]|attached to the system is not functioning|"
        r"[Ss]emaphore timeout period has expired|\[Errno 71\] [^\n]*|Protocol error: '?/dev/[^\n]*|"
        r"\(22, 'Invalid argument'\)",
        "the port's adapter or its driver does not work",
        _DRIVER,
        explains=("port-busy", "port-permission", "port-missing", "port-lost", *_REST),
        unless=r"Hash of data verified[\s\S]*Hard resetting",
    ),
    Rule(
        "port-missing",
        r"could not open port [^\n]*\[Errno (?:2|5|6|19)\][^\n]*",
        "there is no such port",
        "Plug the board in with a cable that carries data, and install its adapter's driver (CH340, CP210x); "
        + _LIST
        + ".",
        explains=("port-lost", *_REST),
    ),
    Rule(
        "port-lost",
        r"(?:ClearCommError|GetOverlappedResult|WriteFile|ReadFile|GetCommState|CancelIoEx|"
        r"SetCommState) failed[^\n]*|"
        r"device reports readiness to read but returned no data[^\n]*|device disconnected|"
        r"Device not configured|"
        r"Error\(\d+, (?:'[^'\n]*'|\"[^\"\n]*\"), None, (?:6|433|1450|1460)\)|\[WinError (?:6|433|995)\]|"
        r"(?:read|write) failed: \[Errno [^\n]*|Input/output error|Bad file descriptor|Broken pipe|"
        r"Connection (?:reset|refused)|connection failed|socket disconnected|Write timeout|"
        r"IO error while using serial port[^\n]*|Communication error while flashing[^\n]*|"
        r"\[Errno (?:5|6|9|19|32|104|111)\] [^\n]*|the port is gone[^\n]*|"
        r"No more data to read from the serial port",
        "the connection to the port broke, or another program reads it too",
        "Close other programs that use the port (a monitor, an IDE). " + _LINE,
        explains=("port-busy", "port-permission", "port-missing", "line-broken", *_REST),
        unless=r"Hash of data verified[\s\S]*Hard resetting",
    ),
    Rule(
        "port-busy",
        r"Error\(13, (?:'[^'\n]*'|\"[^\"\n]*\"), None, 5\)|\[WinError (?:5|32)\]|"
        r"Could not exclusively lock[^\n]*|"
        r"Resource (?:temporarily unavailable|busy)[^\n]*|Device or resource busy|\[Errno (?:11|16|"
        r"35)\] [^\n]*|"
        r"The port is already open|(?:COM\d+|port)[^\n]*(?:" + _DENIED + r")|" + _DENIED + r"|"
        r"port is busy or doesn't exist[^\n]*\n[^\n]*(?:"
        + _DENIED
        + r")|Serial port '?[^\n']+'? (?:is )?busy|"
        r"port busy\b",
        "the port is busy: another program holds it",
        'Close the other program that uses it (a monitor, an IDE, a slicer), or press "Release board" on the '
        "page of `tinyface view`; then try again.",
        explains=("port-permission", "port-missing", *_REST),
    ),
    Rule(
        "port-permission",
        r"\[Errno (?:1|13)\][^\n]*(?:COM\d|/dev/|port|[Pp]ermission)[^\n]*|"
        r"[Pp]ermission denied:? '?/dev/[^\n]*|"
        r"(?:port|/dev/)[^\n]*[Pp]ermission denied[^\n]*|\[Errno 13\][^\n]*|"
        r"(?m:^[^\n]*PermissionError\(13,[^\n]*)|"
        r"Operation not permitted:? '?/dev/[^\n]*",
        "you may not open the port",
        "Join its group (Debian: sudo usermod -aG dialout $USER, Arch: uucp; then log in again), and close "
        "monitors; "
        "on Windows another program holds it.",
        explains=("port-missing", *_REST),
        unless=r"\.platformio[^\n]*Permission denied|Permission denied: '[^\n']*(?:\.platformio|\.espressif)",
    ),
    Rule(
        "port-missing",
        r"Error\(2, (?:'[^'\n]*'|\"[^\"\n]*\"), None, [23]\)|\[Errno 2\][^\n]*(?:/dev/|COM\d)[^\n]*|"
        r"No such file or directory: '(?:/dev/[^'\n]*|COM\d+)'|"
        r"could not open port [^\n]*(?:FileNotFoundError|"
        r"WindowsError\(2,)[^\n]*|port doesn't exist|does not exist or your board is not connected|"
        r"serial port '?[^\n']*'? (?:not found|does not exist)|No serial (?:data )?ports? (?:were )?found|"
        r"\[WinError [23]\][^\n]*COM\d+|the port is busy or doesn't exist|"
        r"Couldn't find a board on the selected port",
        "there is no such port",
        "Plug the board in with a cable that carries data, and install its adapter's driver (CH340, CP210x); "
        + _LIST
        + ".",
        explains=_REST,
    ),
    Rule(
        "port-missing",
        r"Please specify `?upload_port`?[^\n]*|Please specify (?:the|a) (?:serial )?port\b[^\n]*|"
        r"Found 0 serial ports|No serial ports? (?:available|detected)",
        "no board is plugged in, or no port is named",
        "Plug the board in with a cable that carries data, and name its port with --port; " + _LIST + ".",
        explains=_REST,
    ),
    Rule(
        "port-unusable",
        r"[Cc]ould not open (?:port )?[^\n]*",
        "the port can't be opened",
        "Check its name and plug the board in again; " + _LIST + ".",
        explains=_REST,
    ),
    Rule(
        # A warning that comes with every upload, also with those that go through.
        "port-permission",
        r"Please install `?99-platformio-udev\.rules[^\n]*",
        "PlatformIO misses its rules for the ports of this computer; without them you may not open them",
        "Join the port's group (Debian: sudo usermod -aG dialout $USER, Arch: uucp; then log in again).",
        consequence=True,
        unless=r"Hash of data verified|SUCCESS\]",
    ),
)
