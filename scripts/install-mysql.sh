#!/usr/bin/env bash
# Installs MySQL into the cache folder, for tests. Debian's stable releases have only MariaDB, so the server and all its
# libraries come from Debian's unstable suite. They are unpacked into a folder and run with their own dynamic linker. So
# the system is not changed, and no root is needed. apt checks the signatures as usual.
set -euo pipefail
folder="${XDG_CACHE_HOME:-$HOME/.cache}/resonate-tests/mysql"
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

if [ -x "$folder/mysqld" ]; then
  echo "MySQL is already installed in $folder"
  exit 0
fi
if ! command -v apt-get >/dev/null || ! command -v dpkg-deb >/dev/null || [ ! -e "$keyring" ]; then
  echo "MySQL for the tests needs apt-get, dpkg-deb and $keyring (the package debian-archive-keyring)" >&2
  exit 1
fi

incoming="$folder.$$"
trap 'rm -rf "$incoming"' EXIT
mkdir -p "$incoming"/apt/{etc/preferences.d,state/lists/partial,cache/archives/partial} "$incoming/files"
# An empty list of installed packages makes apt download every library, even those that the system has in another
# version.
: >"$incoming/apt/status"
echo "deb [signed-by=$keyring] http://deb.debian.org/debian unstable main" >"$incoming/apt/etc/sources.list"
options=(
  -qq
  -o "Dir::Etc=$incoming/apt/etc" -o Dir::Etc::main=/dev/null -o Dir::Etc::parts=/dev/null
  -o "Dir::State=$incoming/apt/state" -o "Dir::State::status=$incoming/apt/status" -o "Dir::Cache=$incoming/apt/cache"
  -o APT::Sandbox::User= -o Acquire::Languages=none -o Acquire::Retries=3
)
apt-get "${options[@]}" update
apt-get "${options[@]}" -y --no-install-recommends --download-only install mysql-server-core
for package in "$incoming"/apt/cache/archives/*.deb; do
  # Skip Perl, which only scripts of the package use, and gconv, which has further character sets. That saves 110 MB.
  case "${package##*/}" in perl* | libperl* | libc-gconv*) continue ;; esac
  dpkg-deb --extract "$package" "$incoming/files"
done
rm -rf "$incoming/apt" "$incoming"/files/usr/{bin,share/{doc,man,locale}}

cat >"$incoming/mysqld" <<'SCRIPT'
#!/bin/sh
# Starts MySQL with the dynamic linker and the libraries that it was built with.
files=$(dirname "$(readlink -f "$0")")/files
libraries=$(dirname "$(ls "$files"/usr/lib/*/ld-linux-*.so.*)")
exec "$libraries"/ld-linux-*.so.* --library-path "$libraries" "$files/usr/sbin/mysqld" "$@"
SCRIPT
chmod +x "$incoming/mysqld"
"$incoming/mysqld" --no-defaults --version
rm -rf "$folder"
mv "$incoming" "$folder"
