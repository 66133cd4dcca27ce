#!/bin/sh
# Installs the Debian packages that the lab needs and this machine lacks.
# Does nothing, and needs neither root nor network, when all are there.
set -eu

missing=
need() { # a program, and the package that has it
	command -v "$1" >/dev/null 2>&1 || missing="$missing $2"
}
need qemu-system-x86_64 qemu-system-x86
# To build the modules, with the kernel's checks.
need gcc gcc
need sparse sparse
need pahole pahole
perl -MTerm::ANSIColor -e 1 2>/dev/null || missing="$missing perl"
# To reach boards.
need ssh openssh-client
# To compile the board's device tree, and to check its binding.
need dtc device-tree-compiler
python3 -m pip --version >/dev/null 2>&1 || missing="$missing python3-pip"
# To unpack the kernel's sources, and to build kernels from them.
need xz xz-utils
need make make
need flex flex
need bison bison
need bc bc
[ -e /usr/include/libelf.h ] || missing="$missing libelf-dev"
# To test the loads of irqlink-bench.
need stress-ng stress-ng
# To link the Rust programs.
[ -e /usr/include/stdlib.h ] || missing="$missing libc6-dev"

[ -n "$missing" ] || exit 0

if ! command -v apt-get >/dev/null 2>&1; then
	echo "This host has no apt-get. Install what Debian has as:$missing" >&2
	exit 1
fi
if [ "$(id -u)" = 0 ]; then
	root=env
elif command -v sudo >/dev/null 2>&1; then
	root="sudo env"
else
	echo "Packages are missing, and only root can install them:$missing" >&2
	echo "Run as root: apt-get install --no-install-recommends$missing" >&2
	exit 1
fi

echo "installing the packages:$missing" >&2
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# A list that cannot be fetched only matters if a package is missing for it.
if ! { $root apt-get -qq update &&
	$root DEBIAN_FRONTEND=noninteractive apt-get -qq install --no-install-recommends $missing; } >"$log" 2>&1; then
	cat "$log" >&2
	echo "Cannot install the packages:$missing" >&2
	echo "Is the network up, and are Debian's sources in /etc/apt? Else install them by hand." >&2
	exit 1
fi
