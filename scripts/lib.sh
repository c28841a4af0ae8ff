# Shared by ./run and ./test: talking to the person, finding and installing tools. Sourced, not run.

TARGET_DIR="${CARGO_TARGET_DIR:-$PWD/target}"

say() { printf '\n\033[1m== %s\033[0m\n' "$*"; }
die() { printf '\nerror: %s\n' "$*" >&2; exit 1; }

is_root_on_debian() { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; }

# need_debian PROGRAM=PACKAGE ... : installs the packages of missing programs as root on Debian, otherwise names them.
need_debian() {
  local missing=() pair
  for pair in "$@"; do
    command -v "${pair%%=*}" >/dev/null || [ -x "${pair%%=*}" ] || missing+=("${pair#*=}")
  done
  [ ${#missing[@]} -eq 0 ] && return 0
  if ! is_root_on_debian; then
    die "missing: ${missing[*]}. On Debian or Ubuntu: sudo apt-get install ${missing[*]}"
  fi
  say "installing ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# version_at_least HAVE WANT
version_at_least() { [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]; }

need_rust() {
  command -v cargo >/dev/null || die "Rust 1.95 or newer is missing: see https://rustup.rs"
  local have
  have=$(rustc --version | cut -d' ' -f2)
  version_at_least "$have" 1.95.0 || die "Rust $have is too old: 1.95 or newer is needed (rustup update)"
}

need_node() {
  command -v node >/dev/null || die "Node.js 20.19 or newer is missing: see https://nodejs.org"
  local have
  have=$(node --version | tr -d v)
  version_at_least "$have" 20.19.0 || die "Node.js $have is too old: 20.19 or newer is needed"
}

# Installs the web packages when the lock file changed since the last time.
web_install() {
  local stamp=web/node_modules/.bedside-lock
  cmp -s web/package-lock.json "$stamp" 2>/dev/null && return 0
  (cd web && npm ci --no-audit --no-fund)
  cp web/package-lock.json "$stamp"
}

# Builds the web app when something of it changed: new files in dist/ make the binary, which holds them, build again.
web_build() {
  local stamp=web/node_modules/.bedside-built now
  now=$(find web -type f -not -path '*/node_modules/*' -not -path '*/dist/*' -print0 | sort -z | xargs -0 sha256sum | sha256sum)
  [ -f web/app/dist/index.html ] && [ "$now" = "$(cat "$stamp" 2>/dev/null)" ] && return 0
  (cd web && npm run build)
  printf '%s' "$now" >"$stamp"
}
