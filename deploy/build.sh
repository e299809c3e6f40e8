#!/bin/sh
# Builds the release as the image has it, below the folder that is named: a static binary that carries the list of its
# dependencies, and the empty folder that belongs to the service's user.
set -eu
cd "$(dirname "$0")/.."
out=${1:?usage: deploy/build.sh FOLDER}

# With a target named, the flags are for the service alone and not for what builds it.
target=$(rustc -vV | sed -n 's/^host: //p')
RUSTFLAGS='-C target-feature=+crt-static' \
    cargo auditable build --locked --release --package roster-server --bin roster --target "$target"

rm -rf "$out/bin" "$out/owned"
mkdir -p "$out/bin" "$out/owned"
mkdir -m 0700 "$out/owned/data"
install -m 0555 "${CARGO_TARGET_DIR:-target}/$target/release/roster" "$out/bin/roster"
