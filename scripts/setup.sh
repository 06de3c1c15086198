#!/bin/sh
# Set up one virtual environment: scripts/setup.sh demo|dev|train FOLDER
#
#   demo   the tools, enough for `tinyface demo`
#   dev    the tools, the checks, and the emulators and cross compilers as Debian packages
#   train  dev plus TensorFlow
#
# Needs python3 (3.10 or newer) and a C compiler. Debian packages are installed where apt-get may be
# used (as root, or with a sudo that asks nothing); elsewhere their names are printed and the tests
# that need them say so when they skip.
set -eu

goal=$1
venv=$2
python=${PYTHON:-python3}

say() { printf 'setup: %s\n' "$*"; }
fail() { printf 'setup: %s\n' "$*" >&2; exit 1; }

command -v "$python" >/dev/null 2>&1 || fail "python3 is missing (Debian: apt-get install python3 python3-venv)"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 10))' ||
    fail "$("$python" --version) is too old; tinyface needs Python 3.10 or newer (set PYTHON=...)"
if [ "$goal" = train ]; then
    "$python" -c 'import sys; sys.exit(not (3, 10) <= sys.version_info < (3, 13))' ||
        fail "TensorFlow 2.19 needs Python 3.10 to 3.12 (set PYTHON=...)"
fi

# How Debian packages can be installed here: "" = not at all.
as_root=""
if command -v apt-get >/dev/null 2>&1; then
    if [ "$(id -u)" = 0 ]; then
        as_root="env DEBIAN_FRONTEND=noninteractive"
    elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
        as_root="sudo -n env DEBIAN_FRONTEND=noninteractive"
    fi
fi

apt_install() {
    [ -n "$as_root" ] || return 1
    say "installing Debian packages: $*"
    $as_root apt-get install -y -qq --no-install-recommends "$@" >/dev/null 2>&1 && return 0
    $as_root apt-get update -qq >/dev/null 2>&1 || return 1
    $as_root apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

# need PROGRAM PACKAGE...: remembers the packages of a program that is not there.
missing=""
need() {
    program=$1
    shift
    command -v "$program" >/dev/null 2>&1 || missing="$missing $*"
}

need cc gcc libc6-dev
if [ "$goal" = dev ]; then
    need arm-none-eabi-gcc gcc-arm-none-eabi libnewlib-arm-none-eabi
    need arm-none-eabi-g++ libstdc++-arm-none-eabi-newlib
    need qemu-system-arm qemu-system-arm
    need riscv64-unknown-elf-gcc gcc-riscv64-unknown-elf
    need qemu-system-xtensa qemu-system-misc
    need qemu-system-riscv32 qemu-system-misc
    need xtensa-lx106-elf-gcc gcc-xtensa-lx106
    need g++ g++
    need clang++ clang
    need ccache ccache
    need chromium chromium
    need chromedriver chromium-driver
fi
if [ -n "$missing" ]; then
    # One package at a time: a name that this release does not know must not stop the others.
    for package in $missing; do
        apt_install "$package" || say "not installed: $package (install it yourself for what needs it)"
    done
fi
command -v cc >/dev/null 2>&1 || command -v gcc >/dev/null 2>&1 ||
    fail "a C compiler is missing (Debian: apt-get install gcc libc6-dev)"

if [ ! -x "$venv/bin/python" ] || ! "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
    say "creating $venv"
    rm -rf "$venv"
    if ! "$python" -m venv "$venv" >/dev/null 2>&1; then
        # Debian without python3-venv: install it, or borrow the system's pip.
        rm -rf "$venv"
        version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
        if apt_install python3-venv "python$version-venv" && "$python" -m venv "$venv"; then
            :
        elif "$python" -m pip --version >/dev/null 2>&1 && "$python" -m venv --without-pip "$venv"; then
            "$python" -m pip --python "$venv/bin/python" install -q pip
        else
            fail "python3 has neither venv nor pip (Debian: apt-get install python3-venv)"
        fi
    fi
fi

extras=""
case $goal in
    demo) extras="[demo]" ;;
    dev) extras="[dev]" ;;
    train) extras="[dev,train]" ;;
    *) fail "unknown goal $goal" ;;
esac
say "installing tinyface$extras and what it needs in $venv"
"$venv/bin/python" -m pip install -q --disable-pip-version-check -e ".$extras" 2>"$venv/pip.log" ||
    { cat "$venv/pip.log" >&2; fail "pip could not install the packages named above"; }
touch "$venv/$goal.stamp"
say "$venv is ready"
