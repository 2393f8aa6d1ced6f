# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Debian packages of apt.txt.

packages_of() { # <sections...>
  local section
  for section; do
    sed -n "/^\[$section\]/,/^\[/{/^[^[#]/p}" "$SETUP/apt.txt"
  done
}

missing_packages() { # <sections...>
  local -a wanted
  read -r -d '' -a wanted < <(packages_of "$@" && printf '\0')
  comm -23 <(printf '%s\n' "${wanted[@]}" | sort) \
    <(dpkg-query --show --showformat '${Package} ${Status}\n' "${wanted[@]}" 2>/dev/null |
      sed -n 's/ install ok installed$//p' | sort)
}

install_packages() { # <sections...>
  # Elsewhere than on Debian, CMake finds what there is and names what is missing.
  command -v dpkg-query >/dev/null || return 0
  local -a missing
  mapfile -t missing < <(missing_packages "$@")
  ((${#missing[@]})) || return 0
  local status_file line="apt-get update && apt-get install -y --no-install-recommends ${missing[*]}"
  if (($(id -u) != 0)); then
    unavailable "${#missing[@]} Debian packages are missing and installing them needs root; run: sudo sh -c '$line'"
  fi
  step 1 "Debian packages: ${#missing[@]} of them"
  take_lock "$CACHE/lock"
  # A third-party source that is out of order must not stop us; the install itself tells.
  apt_get update >>"$LOG" 2>&1 </dev/null || true
  status_file=$(mktemp "$CACHE/tmp.XXXXXX")
  # shellcheck disable=SC2094 # apt writes it while the percentage is read from it
  with_progress percent_of_apt "$status_file" -- \
    apt_get -o APT::Status-Fd=3 install -y --no-install-recommends "${missing[@]}" 3>"$status_file" || {
    unavailable "apt-get could not install the packages ($LOG says more); with network (and Debian 12's sources) run: sudo sh -c '$line'"
  }
  rm -f "$status_file"
  release_lock
}

# Half of it is fetching (dlstatus), half installing (pmstatus): kind:package:percent:text.
percent_of_apt() { # <status file>
  tail -n 1 "$1" | awk -F : '
    $1 == "dlstatus" { print int($3 / 2) }
    $1 == "pmstatus" { print 50 + int($3 / 2) }' | grep .
}

apt_get() {
  # The lock stays out of the children: a daemon that a package starts would hold it for ever.
  DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 "$@" 9>&-
}
