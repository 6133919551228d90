# What tests/run and benches/run both stand on: installing Debian's packages, and a throw-away PostgreSQL. Sourced, never
# run. Whoever sources it has set `work`, a folder of its own directly under /tmp that it removes at its end: the PostgreSQL
# user must be able to reach it (mode 711), and paths of sockets are short.

is_updated=
# install PACKAGE...: Debian's packages, or a word about which are missing.
install() {
  local apt=(apt-get)
  if [ "$(id -u)" != 0 ]; then
    if sudo -n true 2>/dev/null; then apt=(sudo -n apt-get); else apt=(); fi
  fi
  if [ ${#apt[@]} -eq 0 ] || ! command -v apt-get >/dev/null; then
    echo "missing and not to be installed from here (that takes Debian and root): $*"
    return 1
  fi
  echo "installing: $*"
  export DEBIAN_FRONTEND=noninteractive
  if [ -z "$is_updated" ]; then
    "${apt[@]}" -q update || return 1
    is_updated=yes
  fi
  "${apt[@]}" -q -y --no-install-recommends install "$@" || { echo "could not be installed: $*"; return 1; }
}

# The newest folder of PostgreSQL's programs: Debian keeps the server's out of PATH.
postgres_programs() {
  local found
  found=$(printf '%s\n' /usr/lib/postgresql/*/bin/initdb | sort -V | tail -n 1)
  if [ -x "$found" ]; then dirname "$found"; else command -v initdb | xargs -r dirname; fi
}

need_postgres() {
  [ -n "$(postgres_programs)" ] || install postgresql || return 1
  [ -n "$(postgres_programs)" ] || { echo "postgresql is installed, but its initdb is not found"; return 1; }
}

# PostgreSQL refuses to run as root: then it runs as the user that its package made.
as_postgres() {
  if [ "$(id -u)" = 0 ]; then (cd "$work" && exec setpriv --reuid=postgres --regid=postgres --init-groups "$@"); else "$@"; fi
}

# start_postgres [SETTING...]: a cluster with an empty database `weixiao`; sets `port`. SETTING as in fsync=off.
start_postgres() {
  local programs tries settings=''
  [ $# -eq 0 ] || settings=$(printf ' -c %s' "$@")
  programs=$(postgres_programs)
  mkdir -p "$work/pg" && chmod 700 "$work/pg" || return 1
  if [ "$(id -u)" = 0 ]; then chown postgres: "$work/pg" || return 1; fi
  as_postgres "$programs/initdb" -D "$work/pg/data" -U postgres -A trust -E UTF8 --no-locale --no-sync >"$work/initdb.log" 2>&1 \
    || { cat "$work/initdb.log"; return 1; }
  for tries in 1 2 3 4 5; do
    port=$((20000 + RANDOM % 12000))
    # A port that somebody has already makes it stop at once; then another one is tried.
    if as_postgres "$programs/pg_ctl" -D "$work/pg/data" -l "$work/pg/log" -w -t 60 \
      -o "-p $port -k $work/pg -c listen_addresses=127.0.0.1$settings" start >/dev/null; then
      "$programs/createdb" -h 127.0.0.1 -p "$port" -U postgres weixiao
      return
    fi
    echo "PostgreSQL did not start on port $port (try $tries)"
  done
  tail -n 20 "$work/pg/log"
  return 1
}

stop_postgres() {
  [ -f "$work/pg/data/postmaster.pid" ] || return 0
  as_postgres "$(postgres_programs)/pg_ctl" -D "$work/pg/data" -m immediate -w stop >/dev/null 2>&1
}
