// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "scheduler/scheduler.hpp"
#include "scheduler/silence.hpp"

namespace pia::scheduler {

// A shot's state; STATES.md has the table.
struct Waiting {};
enum class Asked { nothing, to_stop };
struct Running {
  WorkerId worker;
  int attempt = 1;
  Progress progress;
  Asked asked = Asked::nothing;
};
struct Done {};
struct Failed {
  std::string reason;
};
using ShotState = std::variant<Waiting, Running, Done, Failed>;

/// Who may be at work on a shot's host beside it: after it ran out of memory there, nobody.
enum class Company { any, nobody };

struct ShotRecord {
  ShotWork work;  ///< its cost is finite and not negative
  ModelIndex model = 0;
  int started = 0;   ///< attempts, the failed and the stopped; the next one has the number after it
  int failures = 0;  ///< attempts that failed, before a restart too
  int hangs = 0;     ///< of them, those that hung
  FailedOn failed_on;
  Company company = Company::any;
  std::string last_reason;  ///< of the last failure, empty if none is known
  ShotState state;
};

// A worker's state.
struct Idle {};
struct Rendering {
  ShotIndex shot = 0;
};
struct Settling {};  ///< its shot is over; busy until it says that it is ready
using WorkerState = std::variant<Idle, Rendering, Settling>;

/// A shot that failed by the worker's GPU.
struct Strike {
  ShotIndex shot = 0;
  TimePoint at{0};
};

/// Place in the table of hosts.
using HostIndex = int;

/// A machine, whose workers share its memory.
struct HostRecord {
  int busy =
      0;  ///< of its workers: those that render, and those that settle, whose renderer may still hold memory
  bool kept = false;  ///< one renders that wants no company
};

/// A waiting shot that wants no company. The most urgent first, then the longest.
struct LoneTicket {
  int priority = 0;
  Ticket ticket;
  bool operator<(const LoneTicket& other) const {
    if (priority != other.priority) return priority > other.priority;
    return LongestFirst{}(ticket, other.ticket);
  }
};

struct WorkerRecord {
  Candidate seen;
  HostIndex host = 0;
  WorkerState state;
  std::vector<Strike> strikes{};           ///< of different shots, none older than policy.strike_window
  std::optional<TimePoint> rests_until{};  ///< gets nothing before
};

struct ModelRecord {
  double seconds_per_cost = 0;  ///< measured with the last shot that was committed, 0 before
};

enum class Phase { before_plan, working, draining };

/// All that a scheduler knows. Changed only by the functions below, which keep its parts in step.
struct Table {
  Policy policy;
  Phase phase = Phase::before_plan;
  TimePoint now{0};
  std::vector<ShotRecord> shots;
  std::unordered_map<jobs::Digest, ShotIndex> shot_by_id;
  std::unordered_map<std::string, ModelIndex> model_by_key;
  std::vector<ModelRecord> models;
  Lines waiting;                       ///< shots that may have company
  std::set<LoneTicket> waiting_alone;  ///< the others: they go where none of these can
  std::map<WorkerId, WorkerRecord> workers;
  std::vector<HostRecord> hosts;
  std::map<std::string, HostIndex> host_by_name;
  std::map<WorkerId, HostIndex> placed;  ///< workers that were not ready yet
  Crew crew;
  std::set<WorkerId> idle;
  std::set<std::pair<TimePoint, WorkerId>> resting;  ///< until when, and who
  std::set<WorkerId> gone;
  std::map<WorkerId, StrikesBefore> struck_before;  ///< workers that were not ready yet
  TimePoint others_until{0};                        ///< until then a worker that rests is not the last one
  Counts counts;
};

using Commands = std::vector<Command>;

/// Nothing; or the record, if the id is known.
ShotRecord* find_shot(Table& table, const jobs::ShotId& id);
WorkerRecord* find_worker(Table& table, WorkerId id);
Running* running(ShotRecord& shot);

/// Where the model of that key is; a new place if nobody spoke of it before.
ModelIndex model_index(Table& table, const std::string& key);

/// The same for a host.
HostIndex host_index(Table& table, const std::string& name);

void add_shot(Table& table, const ShotWork& work);
void move_shot(Table& table, ShotIndex index, ShotState to);
ShotIndex index_of(const Table& table, const ShotRecord& shot);

void move_worker(Table& table, WorkerRecord& worker, WorkerState to);
void set_resident(Table& table, WorkerRecord& worker, ModelIndex model);

/// From now on the shot has its host for itself. It must wait, or run.
void isolate(Table& table, ShotRecord& shot);

/// One attempt of a running shot is over and has failed: it waits again, or is given up.
struct Failure {
  FailureKind kind = FailureKind::crash;
  std::string reason;
};
void fail_attempt(Table& table, ShotRecord& shot, const Failure& failure, Commands& commands);

/// The running `shot` failed by the worker's GPU. Too many of them, and the worker rests; the last one that
/// is left never does.
void strike(Table& table, WorkerRecord& worker, const ShotRecord& shot, Commands& commands);

/// It gets nothing for policy.rest, and counts for nobody.
void rest(Table& table, WorkerRecord& worker, const std::string& reason, Commands& commands);

/// The worker goes home or is gone: nothing of it is kept but its place among the gone.
void forget_worker(Table& table, WorkerId id);

/// Every shot is done or failed; or, when draining, nothing runs.
bool is_over(const Table& table);

/// Gives the idle workers shots, or sends them home.
void dispatch(Table& table, Commands& commands);

void apply(Table& table, const Event& event, Commands& commands);

/// How long the running `shot` may be silent, in seconds.
double silence_limit(const Table& table, const ShotRecord& shot, const Running& run);

std::string explain(const Table& table, const jobs::ShotId& id, TimePoint now);

/// Aborts unless the table's parts agree with each other.
void check(const Table& table);

std::string snapshot(const Table& table);

}  // namespace pia::scheduler
