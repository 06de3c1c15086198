#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Build a bare-metal xtensa-elf toolchain (binutils 2.40, GCC 12.2 C/C++, newlib
# 3.3) for the core that QEMU calls de233_fpu: little-endian, windowed ABI, LOOP,
# MAC16, MULL, hardware float.  Every input is a Debian 12 source package; the
# core's description comes out of QEMU's source.
#
#   WORK=/some/dir PREFIX=/opt/xtensa-lx ./build-toolchain.sh
#
# Run as root (it installs build packages with apt).  WORK must not hold an earlier
# build; a tmpfs of 5 GB is quickest.  The toolchain is relocatable: name its folder in
# TINYFACE_XTENSA, or put its bin/ on PATH.
set -euo pipefail

WORK=${WORK:-$PWD/xtensa-build}
PREFIX=${PREFIX:-/opt/xtensa-lx}
CORE=${CORE:-de233_fpu}
JOBS=${JOBS:-2}
TARGET=xtensa-elf

log() { echo "== $(date +%T) $*"; }
quiet() { local f=$WORK/log.$1; shift; "$@" >"$f" 2>&1 || { tail -30 "$f"; exit 1; }; }

mkdir -p "$WORK"/{src,apt/lists/partial}
WORK=$(cd "$WORK" && pwd)
cd "$WORK"

log packages
quiet apt-update apt-get update
quiet apt-install env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
    binutils-source gcc-12-source newlib-source build-essential dpkg-dev \
    flex bison libgmp-dev libmpfr-dev libmpc-dev zlib1g-dev xz-utils

# QEMU's source through a private deb-src list: the system's stays as it is.
apt-get indextargets --format 'deb-src $(SITE) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
    sort -u > apt/src.list
APT="apt-get -o Dir::Etc::sourcelist=$WORK/apt/src.list -o Dir::Etc::sourceparts=/dev/null
     -o Dir::State::lists=$WORK/apt/lists -o APT::Sandbox::User=root"
quiet src-update $APT update
(cd src && quiet src-qemu $APT source --download-only qemu)

log unpack
[ ! -e b-gcc ] || { echo "$WORK holds an earlier build" >&2; exit 1; }
tar xf /usr/src/binutils/binutils-2.40.tar.xz --exclude='*/testsuite/*/*'
tar xf /usr/src/gcc-12/gcc-12.2.0-dfsg.tar.xz --exclude='*/gcc/testsuite/*' \
    --exclude='*/libstdc++-v3/testsuite/[0-9a-z]*_*' --exclude='*/gcc/ada/*' \
    --exclude='*/libgo' --exclude='*/libphobos' --exclude='*/libgomp' --exclude='*/gcc/d/dmd' \
    --exclude='*/libsanitizer' --exclude='*/gcc/go/gofrontend'
tar xf /usr/src/newlib/newlib-3.3.0.tar.xz
tar xf src/qemu_7.2+dfsg.orig.tar.xz --wildcards '*/target/xtensa/*' '*/include/qemu/qemu-plugin.h'
mkdir -p gcc-12.2.0/gcc/testsuite/selftests    # a make prerequisite
# The tarball lacks the GFDL manuals that gcc's makefile wants to check.
(cd gcc-12.2.0 && patch -s -p2 < /usr/src/gcc-12/debian/patches/gcc-gfdl-build.diff)

log overlay
Q=qemu-7.2.0/target/xtensa/core-$CORE
# The instruction tables: undo what QEMU's import_core.sh changed for itself.
sed -e 's/^static \(xtensa_isa_internal xtensa_modules\)/\1/' \
    -e 's/#include "xtensa-isa.h"/#include "ansidecl.h"\n#include <xtensa-isa.h>/' \
    "$Q/xtensa-modules.c.inc" > binutils-2.40/bfd/xtensa-modules.c
# The configuration header: the macros of gcc's own, with the core's values.
{
    echo '#ifndef XTENSA_CONFIG_H'
    echo '#define XTENSA_CONFIG_H'
    grep -hoE '^#undef +XCHAL_[A-Za-z0-9_]+' gcc-12.2.0/include/xtensa-config.h |
    awk '{print $2}' | sort -u | while read -r m; do
        v=$(awk -v m="$m" '$1 == "#define" && $2 == m { print $3; exit }' "$Q/core-isa.h")
        case $m in
            XCHAL_HAVE_MMU) v=$(awk '$2 == "XCHAL_HAVE_PTP_MMU" { print $3 }' "$Q/core-isa.h") ;;
            XCHAL_MMU_MIN_PTE_PAGE_SIZE) v=12 ;;
            XCHAL_HAVE_DFP_accel) v=0 ;;     # doubles in software, as on the ESP32
            XCHAL_HAVE_FP_*) v=${v:-0} ;;
        esac
        [ -n "$v" ] || { echo "no value for $m" >&2; exit 1; }
        printf '#undef %s\n#define %s %s\n' "$m" "$m" "$v"
    done
    # Floating point of the newer kind spells its updating loads lsip, not lsiu.
    fp=$(awk '$2 == "XCHAL_HAVE_DFPU_SINGLE_DOUBLE" || $2 == "XCHAL_HAVE_DFPU_SINGLE_ONLY" { n += $3 }
              END { print (n > 0) }' "$Q/core-isa.h")
    cat <<H
#undef XCHAL_HAVE_FP_POSTINC
#define XCHAL_HAVE_FP_POSTINC $fp
#undef XSHAL_USE_ABSOLUTE_LITERALS
#define XSHAL_USE_ABSOLUTE_LITERALS 0
#undef XSHAL_HAVE_TEXT_SECTION_LITERALS
#define XSHAL_HAVE_TEXT_SECTION_LITERALS 1
#define XTHAL_ABI_WINDOWED 0
#define XTHAL_ABI_CALL0 1
#define XSHAL_ABI XTHAL_ABI_WINDOWED
#endif
H
} > xtensa-config.h
cp xtensa-config.h binutils-2.40/include/
cp xtensa-config.h gcc-12.2.0/include/
# Newlib 3.3 does not know the CPU: generic C code, underscored system calls.
sed -i -e 's/^  z8k)$/  xtensa*)\n\t;;\n  z8k)/' \
       -e 's/^  z8k-\*-\*)$/  xtensa*-*-*)\n\tsyscall_dir=syscalls\n\t;;\n  z8k-*-*)/' \
       newlib-salsa/newlib/configure.host

rm -rf "$PREFIX"
export PATH=$PREFIX/bin:$PATH

log binutils
mkdir b-binutils && cd b-binutils
quiet binutils-conf ../binutils-2.40/configure --target=$TARGET --prefix="$PREFIX" \
    --disable-nls --disable-gdb --disable-gdbserver --disable-sim --disable-gprof \
    --disable-gprofng --disable-werror --disable-multilib --without-zstd \
    --enable-deterministic-archives MAKEINFO=missing
quiet binutils-make make -j"$JOBS"
quiet binutils-inst make install
cd ..

log gcc
mkdir b-gcc && cd b-gcc
quiet gcc-conf ../gcc-12.2.0/configure --target=$TARGET --prefix="$PREFIX" \
    --enable-languages=c,c++ --without-headers --with-newlib --disable-nls --disable-shared \
    --disable-threads --disable-libssp --disable-libquadmath --disable-libgomp \
    --disable-libatomic --disable-multilib --disable-lto --disable-plugin --disable-bootstrap \
    --disable-tls --disable-decimal-float --disable-libcc1 --disable-werror \
    --disable-libstdcxx-pch --disable-libstdcxx-verbose --disable-gcov --disable-analyzer \
    --enable-checking=release --with-system-zlib --without-zstd --without-isl \
    MAKEINFO=missing CFLAGS=-O1 CXXFLAGS=-O1 \
    CFLAGS_FOR_TARGET='-O2 -ffunction-sections -fdata-sections' \
    CXXFLAGS_FOR_TARGET='-O2 -ffunction-sections -fdata-sections -fno-exceptions'
quiet gcc-make make -j"$JOBS" all-gcc
quiet gcc-inst make install-gcc
quiet libgcc-make make -j"$JOBS" all-target-libgcc
quiet libgcc-inst make install-target-libgcc
cd ..

log newlib
mkdir b-newlib && cd b-newlib
quiet newlib-conf ../newlib-salsa/configure --target=$TARGET --prefix="$PREFIX" \
    --disable-multilib --disable-libgloss --disable-newlib-multithread \
    --disable-newlib-supplied-syscalls --enable-newlib-io-long-long MAKEINFO=missing \
    CFLAGS_FOR_TARGET='-O2 -ffunction-sections -fdata-sections'
quiet newlib-make make -j"$JOBS"
quiet newlib-inst make install
cd ..
# GCC's link line names three simulator libraries: empty ones satisfy it.
for l in sim handlers-sim hal; do
    $TARGET-ar crs "$PREFIX/$TARGET/lib/lib$l.a"
done

if [ "${LIBSTDCXX:-1}" = 1 ]; then
    log libstdc++
    cd b-gcc
    quiet stdcxx-make make -j"$JOBS" all-target-libstdc++-v3
    quiet stdcxx-inst make install-target-libstdc++-v3
    cd ..
fi

log pack
rm -rf "$PREFIX"/share "$PREFIX"/include "$PREFIX"/lib/gcc/$TARGET/*/{plugin,install-tools} \
       "$PREFIX"/libexec/gcc/$TARGET/*/install-tools "$PREFIX"/lib/lib*.a
find "$PREFIX" -name '*.la' -delete
find "$PREFIX"/bin "$PREFIX"/$TARGET/bin "$PREFIX"/libexec -type f | while read -r f; do
    strip --strip-all "$f" 2>/dev/null || true
done
find "$PREFIX" -name '*.a' -exec "$PREFIX/bin/$TARGET-strip" --strip-debug {} +
# QEMU's plugin interface travels along, for counting instructions.
install -D -m 644 qemu-7.2.0/include/qemu/qemu-plugin.h "$PREFIX/include/qemu-plugin.h"
tar -C "$(dirname "$PREFIX")" --sort=name --owner=0 --group=0 --mtime=@0 -cf - \
    "$(basename "$PREFIX")" | xz -9e -T1 > "$WORK/xtensa-lx-elf.tar.xz"
ls -l "$WORK/xtensa-lx-elf.tar.xz"
log done
