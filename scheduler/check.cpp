// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <sstream>

#include "jobs/core/error.hpp"
#include "scheduler/table.hpp"

namespace pia::scheduler {
namespace {

void check_shots(const Table& table) {
  Counts counts;
  int* const by_state[] = {&counts.waiting, &counts.running, &counts.done, &counts.failed};
  for (const ShotRecord& shot : table.shots) {
    *by_state[shot.state.index()] += 1;
    PIA_ASSERT(shot.hangs <= shot.failures || shot.failures == 0);
    PIA_ASSERT(std::is_sorted(shot.failed_on.begin(), shot.failed_on.end()));
    const bool open = shot.state.index() < 2;
    PIA_ASSERT(!open || shot.failures < table.policy.max_attempts);
    const auto* run = std::get_if<Running>(&shot.state);
    if (run == nullptr) continue;
    PIA_ASSERT(run->attempt == shot.started);
    const auto* rendering = std::get_if<Rendering>(&table.workers.at(run->worker).state);
    PIA_ASSERT(rendering != nullptr && &table.shots[static_cast<std::size_t>(rendering->shot)] == &shot);
  }
  PIA_ASSERT(counts == table.counts);
}

void check_lines(const Table& table) {
  int waiting = 0;
  for (const auto& [priority, level] : table.waiting) {
    PIA_ASSERT(!level.lines.empty() && level.lines.size() == level.by_age.size());
    for (const auto& [model, line] : level.lines) {
      PIA_ASSERT(level.by_age.count({line.served, model}) == 1);
      int in_line = 0;
      for (const auto& [failed_on, tickets] : line.groups) {
        PIA_ASSERT(!tickets.empty());
        in_line += static_cast<int>(tickets.size());
        for (const Ticket& ticket : tickets) {
          const ShotRecord& shot = table.shots[static_cast<std::size_t>(ticket.shot)];
          PIA_ASSERT(std::holds_alternative<Waiting>(shot.state) && shot.failed_on == failed_on);
          PIA_ASSERT(shot.model == model && shot.work.priority == priority);
          PIA_ASSERT(shot.company == Company::any);
        }
      }
      PIA_ASSERT(in_line == line.shots);
      waiting += in_line;
    }
  }
  for (const LoneTicket& lone : table.waiting_alone) {
    const ShotRecord& shot = table.shots[static_cast<std::size_t>(lone.ticket.shot)];
    PIA_ASSERT(std::holds_alternative<Waiting>(shot.state) && shot.company == Company::nobody);
    PIA_ASSERT(lone.priority == shot.work.priority && lone.ticket.cost == shot.work.cost);
    waiting += 1;
  }
  PIA_ASSERT(waiting == table.counts.waiting);
}

/// Nothing that it might have is left for an idle worker.
bool has_nothing(const Table& table, const WorkerRecord& worker) {
  const HostRecord& host = table.hosts[static_cast<std::size_t>(worker.host)];
  if (worker.rests_until || host.kept) return true;
  if (choose(table.waiting, worker.seen, table.crew, table.policy)) return false;
  if (host.busy > 0) return true;
  return std::ranges::none_of(table.waiting_alone, [&](const LoneTicket& lone) {
    const ShotRecord& shot = table.shots[static_cast<std::size_t>(lone.ticket.shot)];
    return may_have(shot.failed_on, worker.seen, table.crew);
  });
}

void check_hosts(const Table& table) {
  std::vector<HostRecord> hosts(table.hosts.size());
  std::vector<int> rendering_on(table.hosts.size(), 0);
  for (const auto& [id, worker] : table.workers) {
    HostRecord& host = hosts[static_cast<std::size_t>(worker.host)];
    host.busy += std::holds_alternative<Idle>(worker.state) ? 0 : 1;
    const auto* rendering = std::get_if<Rendering>(&worker.state);
    if (rendering == nullptr) continue;
    rendering_on[static_cast<std::size_t>(worker.host)] += 1;
    const ShotRecord& shot = table.shots[static_cast<std::size_t>(rendering->shot)];
    host.kept |= shot.company == Company::nobody;
  }
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    PIA_ASSERT(hosts[i].busy == table.hosts[i].busy && hosts[i].kept == table.hosts[i].kept);
    PIA_ASSERT(!hosts[i].kept || rendering_on[i] == 1);
  }
}

void check_workers(const Table& table) {
  std::vector<int> holders(table.models.size(), 0);
  int rendering = 0;
  std::size_t idle = 0;
  for (const auto& [id, worker] : table.workers) {
    PIA_ASSERT(id == worker.seen.id && table.gone.count(id) == 0);
    PIA_ASSERT(table.crew.live.count(id) == (worker.rests_until ? 0 : 1));
    PIA_ASSERT(!worker.rests_until || table.resting.count({*worker.rests_until, id}) == 1);
    if (worker.seen.resident != kNoModel) holders[static_cast<std::size_t>(worker.seen.resident)] += 1;
    rendering += std::holds_alternative<Rendering>(worker.state) ? 1 : 0;
    if (!std::holds_alternative<Idle>(worker.state)) continue;
    idle += 1;
    PIA_ASSERT(table.idle.count(id) == 1);
    PIA_ASSERT(table.phase != Phase::draining && !is_over(table));
    PIA_ASSERT(has_nothing(table, worker));
  }
  PIA_ASSERT(idle == table.idle.size());
  PIA_ASSERT(table.workers.size() == table.crew.live.size() + table.resting.size());
  PIA_ASSERT(table.resting.empty() || !table.crew.live.empty() || table.now < table.others_until);
  PIA_ASSERT(rendering == table.counts.running);
  PIA_ASSERT(holders == table.crew.holders);
}

void describe(std::ostringstream& text, const ShotRecord& shot) {
  text << to_hex(shot.work.id).substr(0, 12) << ' ' << shot.started << ' ' << shot.failures << ' '
       << shot.hangs;
  for (const WorkerId id : shot.failed_on) text << " !" << id.value;
  if (shot.company == Company::nobody) text << " alone";
  constexpr const char* kNames[] = {" waiting", " running", " done", " failed "};
  text << kNames[shot.state.index()];
  if (const auto* run = std::get_if<Running>(&shot.state)) {
    text << ' ' << run->worker.value << ' ' << run->attempt << ' ' << run->progress.step << ' '
         << run->progress.heard.count() << ' ' << run->progress.began.count() << ' '
         << median(run->progress.step_seconds) << ' ' << static_cast<int>(run->asked);
  }
  if (const auto* failed = std::get_if<Failed>(&shot.state)) text << failed->reason;
  text << '\n';
}

}  // namespace

void check(const Table& table) {
  check_shots(table);
  check_lines(table);
  check_workers(table);
  check_hosts(table);
}

std::string snapshot(const Table& table) {
  std::ostringstream text;
  text << "phase " << static_cast<int>(table.phase) << " now " << table.now.count() << '\n';
  for (const ShotRecord& shot : table.shots) describe(text, shot);
  for (const auto& [id, worker] : table.workers) {
    text << "worker " << id.value << ' ' << worker.host << ' ' << worker.state.index() << ' '
         << worker.seen.resident << ' ' << worker.seen.streak << ' ' << worker.strikes.size() << ' '
         << (worker.rests_until ? worker.rests_until->count() : 0) << '\n';
  }
  for (const auto& [id, host] : table.placed) text << "placed " << id.value << ' ' << host << '\n';
  for (const auto& [name, host] : table.host_by_name) text << "host " << host << ' ' << name << '\n';
  for (const auto& [id, strikes] : table.struck_before)
    text << "struck " << id.value << ' ' << strikes.shots.size() << ' ' << static_cast<int>(strikes.rest)
         << '\n';
  for (const auto& [priority, level] : table.waiting) {
    text << "level " << priority << ' ' << level.handed_out;
    for (const auto& [served, model] : level.by_age) text << ' ' << served << ':' << model;
    text << '\n';
  }
  for (const ModelRecord& model : table.models) text << "model " << model.seconds_per_cost << '\n';
  for (const WorkerId id : table.gone) text << "gone " << id.value << '\n';
  return text.str();
}

}  // namespace pia::scheduler
