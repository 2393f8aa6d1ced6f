# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What set-up says, where its log is, and how two set-ups keep out of each other's way.

# On stderr: the standard output of `plan --json` and the like belongs to pia-farmd.
say() { printf 'pia-farm: %s\n' "$*" >&2; }

unavailable() {
  say "$*"
  exit 69
}

step() { # <number> <what>
  CURRENT_STEP="[$1/6] $2"
  say "$CURRENT_STEP"
}

# One line that renews itself on a terminal; elsewhere a line at every quarter.
show_percent() { # <percent> <percent shown before>
  if [[ -t 2 ]]; then
    printf '\rpia-farm: %s  %3d %%' "$CURRENT_STEP" "$1" >&2
  elif (($1 / 25 > $2 / 25)); then
    say "$CURRENT_STEP  $1 %"
  fi
}

# Runs a command with its output in the log, and meanwhile shows what the percent command prints.
with_progress() { # <percent command...> -- <command...>
  local -a percent_command=()
  local monitor status=0
  while [[ $1 != -- ]]; do
    percent_command+=("$1")
    shift
  done
  shift
  # The command stays in the foreground, so that Ctrl-C reaches it; the monitor ends with this shell.
  watch_percent "${percent_command[@]}" 9>&- &
  monitor=$!
  "$@" >>"$LOG" 2>&1 </dev/null || status=$?
  kill "$monitor" 2>/dev/null || true
  wait "$monitor" 2>/dev/null || true
  if [[ -t 2 ]]; then
    ((status != 0)) || show_percent 100 0
    printf '\n' >&2
  fi
  return "$status"
}

watch_percent() { # <percent command...>
  local percent shown=0
  while sleep 0.3 && kill -0 $$ 2>/dev/null; do
    percent=$("$@") || continue
    show_percent "$percent" "$shown"
    shown=$percent
  done
}

percent_of_folder() { # <folder> <bytes in the end>
  local bytes
  bytes=$(du -sb "$1" 2>/dev/null | cut -f 1)
  local percent=$((bytes * 100 / $2))
  echo "$((percent < 99 ? percent : 99))"
}

# Of what this set-up wrote; the log keeps those before it.
show_log_end() {
  tail -c +"$((LOG_BEGIN + 1))" "$LOG" | tail -n 20 >&2
  say "the whole log: $LOG"
}

# Held until release_lock, or until the last child that inherited it ends.
take_lock() { # <file>
  mkdir -p "$(dirname "$1")"
  exec 9>>"$1"
  if ! flock --nonblock 9; then
    say "waiting for another set-up (pid $(<"$1"))"
    flock 9
  fi
  echo "$$" >"$1"
}

release_lock() { exec 9>&-; }
