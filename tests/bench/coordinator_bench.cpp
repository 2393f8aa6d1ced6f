// SPDX-License-Identifier: Apache-2.0
// A table on stdout, and lines of JSON with --json: what the coordinator costs alone, with its journal and
// every message through the wire format. Its workers sleep in threads of
// their own, each at the end of a socket: p99 is of the time from the end of a shot to having the next. Or
// they are simulated in the coordinator's thread, between its turns: p99 is of the CPU time of a turn, in
// which as many speak as end a shot of a second within a hundredth of one. What a worker does to read and
// write its messages is not counted: in a farm other cores do it.
#include <poll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <mutex>
#include <numeric>
#include <string>
#include <thread>

#include "farm/coordinator.hpp"
#include "farm/wire.hpp"
#include "tests/support/shot_builder.hpp"
#include "tests/support/temp_folder.hpp"

namespace {

using namespace pia;
using namespace pia::farm;
using Clock = std::chrono::steady_clock;

constexpr std::uint64_t kResultSize = 4096;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// Not getrusage's, which counts ticks of 4 ms.
double cpu_seconds_of_thread() {
  timespec used{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + 1e-9 * static_cast<double>(used.tv_nsec);
}

double resident_bytes() {
  std::ifstream file("/proc/self/statm");
  double all = 0;
  double resident = 0;
  file >> all >> resident;
  return resident * static_cast<double>(sysconf(_SC_PAGESIZE));
}

/// The real disk, on which every result is there. A journal in memory is one whose syncs cost nothing.
class BenchDisk final : public storage::FileOps {
 public:
  enum class Journal { on_disk, in_memory };
  explicit BenchDisk(Journal journal) : journal_(journal) {}

  std::unique_ptr<File> create(const std::string& path) override {
    if (journal_ == Journal::in_memory) return std::make_unique<Sink>();
    return disk_->create(path);
  }
  void rename(const std::string& from, const std::string& to) override { disk_->rename(from, to); }
  bool link(const std::string& from, const std::string& to) override { return disk_->link(from, to); }
  void remove(const std::string& path) override { disk_->remove(path); }
  void make_folders(const std::string& path) override { disk_->make_folders(path); }
  void make_folders_within(const std::string& root, const std::string& path) override {
    disk_->make_folders_within(root, path);
  }
  void sync_folder(const std::string& path) override { disk_->sync_folder(path); }
  bool exists(const std::string& path) override { return disk_->exists(path); }
  Status status(const std::string&) override { return {.size = kResultSize}; }
  std::vector<std::byte> read(const std::string& path) override { return disk_->read(path); }
  std::vector<std::string> list(const std::string& folder) override { return disk_->list(folder); }

 private:
  struct Sink final : File {
    void write(std::span<const std::byte>) override {}
    void sync() override {}
    void close() override {}
  };
  Journal journal_;
  std::unique_ptr<storage::FileOps> disk_ = storage::make_posix_file_ops();
};

/// What a renderer says of a shot that is done.
std::vector<Message> end_of_shot(const RenderShot& task) {
  return {ShotCommitted{task.shot.id, task.attempt, kResultSize, {.denoise = 1, .steps_done = 4}},
          VideosMade{task.shot.id, {}, ""}, Ready{.first = false, .resident_model = ""}};
}
StepReached first_step(const RenderShot& task) {
  return {task.shot.id, task.attempt, {renderer::Phase::denoising, 1, 4, 0.1}};
}

/// Workers that sleep, each in a thread of its own.
class SleepingWorkers final : public CoordinatorEnd {
 public:
  SleepingWorkers(int count, std::chrono::duration<double> sleep) : sleep_(sleep) {
    for (int i = 0; i < count; ++i) {
      std::array<int, 2> ends{};
      if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) std::abort();
      watched_.push_back({.fd = ends[0], .events = POLLIN, .revents = 0});
      readers_.emplace_back(Way::from_renderer);
      threads_.emplace_back([this, end = ends[1]] { live(end); });
    }
  }
  ~SleepingWorkers() override {
    for (std::thread& thread : threads_) thread.join();
    for (const pollfd& one : watched_) close(one.fd);
  }

  void send(scheduler::WorkerId worker, const Message& message) override {
    say(watched_[static_cast<std::size_t>(worker.value)].fd, message);
  }
  std::optional<std::pair<scheduler::WorkerId, Message>> receive() override {
    if (came_.empty()) look(0);
    if (came_.empty()) return std::nullopt;
    auto first = std::move(came_.front());
    came_.pop_front();
    return first;
  }
  void wait() {
    if (came_.empty()) look(250);
  }

  /// Seconds from asking for a shot to having it, sorted.
  std::vector<double> turnarounds() {
    const std::lock_guard lock(mutex_);
    std::sort(turnarounds_.begin(), turnarounds_.end());
    return turnarounds_;
  }

 private:
  static void say(int descriptor, const Message& message) {
    const std::string frame = encode(message);
    if (::send(descriptor, frame.data(), frame.size(), MSG_NOSIGNAL) < 0) std::abort();
  }

  void look(int milliseconds) {
    if (poll(watched_.data(), watched_.size(), milliseconds) <= 0) return;
    std::array<char, 65536> buffer{};
    for (std::size_t i = 0; i < watched_.size(); ++i) {
      if ((watched_[i].revents & POLLIN) == 0) continue;
      const ssize_t count = recv(watched_[i].fd, buffer.data(), buffer.size(), MSG_DONTWAIT);
      if (count <= 0) continue;
      readers_[i].feed({buffer.data(), static_cast<std::size_t>(count)});
      while (auto message = readers_[i].next()) {
        came_.emplace_back(scheduler::WorkerId{static_cast<int>(i)}, std::move(*message));
      }
    }
  }

  void live(int end) {
    FrameReader reader(Way::to_supervisor);
    std::array<char, 65536> buffer{};
    say(end, Ready{.first = true, .resident_model = ""});
    auto asked = Clock::now();
    for (bool quit = false; !quit;) {
      const ssize_t count = recv(end, buffer.data(), buffer.size(), 0);
      if (count <= 0) break;
      reader.feed({buffer.data(), static_cast<std::size_t>(count)});
      while (const auto message = reader.next()) {
        quit |= std::holds_alternative<Quit>(*message);
        const auto* task = std::get_if<RenderShot>(&*message);
        if (task == nullptr) continue;
        keep(seconds_since(asked));
        say(end, first_step(*task));
        std::this_thread::sleep_for(sleep_);
        asked = Clock::now();
        for (const Message& said : end_of_shot(*task)) say(end, said);
      }
    }
    close(end);
  }

  void keep(double turnaround) {
    const std::lock_guard lock(mutex_);
    turnarounds_.push_back(turnaround);
  }

  std::chrono::duration<double> sleep_;
  std::vector<pollfd> watched_;
  std::vector<FrameReader> readers_;
  std::deque<std::pair<scheduler::WorkerId, Message>> came_;
  std::mutex mutex_;
  std::vector<double> turnarounds_;
  std::vector<std::thread> threads_;
};

/// Workers of whom one speaks at a time, when it is told to.
class SimulatedWorkers final : public CoordinatorEnd {
 public:
  void send(scheduler::WorkerId worker, const Message& message) override {
    heard_.emplace_back(worker, encode(message));
  }
  std::optional<std::pair<scheduler::WorkerId, Message>> receive() override {
    if (said_.empty()) return std::nullopt;
    const auto [worker, frame] = std::move(said_.front());
    said_.pop_front();
    return std::pair{worker, decode(std::string_view(frame).substr(8))};
  }
  void say(scheduler::WorkerId worker, const Message& message) {
    said_.emplace_back(worker, encode(message));
  }

  /// Those that have worked longest end their shots, at most `count`. Returns how many did.
  int end_shots(int count) {
    listen();
    int ended = 0;
    for (; ended < count && !running_.empty(); ++ended) {
      const auto [worker, task] = std::move(running_.front());
      running_.pop_front();
      say(worker, first_step(task));
      for (const Message& message : end_of_shot(task)) say(worker, message);
    }
    return ended;
  }

 private:
  void listen() {
    for (const auto& [worker, frame] : heard_) {
      const Message message = decode(std::string_view(frame).substr(8));
      if (const auto* task = std::get_if<RenderShot>(&message)) running_.emplace_back(worker, *task);
    }
    heard_.clear();
  }

  std::vector<std::pair<scheduler::WorkerId, std::string>> heard_;
  std::deque<std::pair<scheduler::WorkerId, RenderShot>> running_;
  std::deque<std::pair<scheduler::WorkerId, std::string>> said_;
};

jobs::Plan plan_of(int shots) {
  jobs::Plan plan;
  plan.output.formats = {};
  for (int i = 0; i < shots; ++i) {
    plan.shots.push_back(tests::ShotBuilder{}.seed(static_cast<std::uint64_t>(i)).planned());
  }
  return plan;
}

/// A coordinator and all that it works with.
struct Desk {
  Desk(int shots, int workers, CoordinatorEnd& end, BenchDisk::Journal where)
      : disk(where),
        plan(plan_of(shots)),
        coordinator({.plan = plan,
                     .workers = end,
                     .journal = journal,
                     .store = store,
                     .watcher = watcher,
                     .epoch = 1,
                     .worker_count = workers},
                    scheduler::Policy{}) {}

  static scheduler::TimePoint now() { return Clock::now().time_since_epoch(); }

  tests::TempFolder folder;
  BenchDisk disk;
  jobs::Plan plan;
  storage::Journal journal{disk, folder.path(), 1, 1};
  storage::ShotStore store{disk, folder.path()};
  Watcher watcher;
  Coordinator coordinator;
};

enum class Format { table, json };

struct Row {
  const char* name;
  double pairs_a_second;  ///< of the coordinator's own CPU time
  double p99_ms;
  double efficiency;  ///< 0: nothing was rendered
  double kib_a_worker;
};

void print(const Row& row, Format format) {
  const char* const line = format == Format::json
                               ? "{\"case\":\"%s\",\"pairs_per_cpu_second\":%.0f,\"p99_ms\":%.4f,"
                                 "\"efficiency\":%.4f,\"kib_per_worker\":%.1f}\n"
                               : "%-58s %12.0f %10.4f %11.4f %14.1f\n";
  std::printf(line, row.name, row.pairs_a_second, row.p99_ms, row.efficiency, row.kib_a_worker);
  std::fflush(stdout);
}

double at_99_percent(const std::vector<double>& sorted) {
  return sorted.empty() ? 0 : sorted[sorted.size() * 99 / 100];
}

struct Sleep {
  const char* name;
  int workers;
  int shots;
  double seconds;
};

void bench_sleeping(const Sleep& load, Format format) {
  SleepingWorkers workers(load.workers, std::chrono::duration<double>(load.seconds));
  Desk desk(load.shots, load.workers, workers, BenchDisk::Journal::on_disk);
  const double cpu = cpu_seconds_of_thread();
  const auto start = Clock::now();
  desk.coordinator.begin({}, Desk::now());
  while (!desk.coordinator.finished()) {
    desk.coordinator.pump(Desk::now());
    workers.wait();
  }
  const double wall = seconds_since(start);
  const double used = cpu_seconds_of_thread() - cpu;
  desk.coordinator.dismiss_workers();
  print({.name = load.name,
         .pairs_a_second = load.shots / used,
         .p99_ms = 1e3 * at_99_percent(workers.turnarounds()),
         .efficiency = load.seconds * load.shots / (wall * load.workers),
         .kib_a_worker = 0},
        format);
}

void bench_simulated(const char* name, int count, int shots, Format format) {
  SimulatedWorkers workers;
  Desk desk(shots, count, workers, BenchDisk::Journal::in_memory);
  desk.coordinator.begin({}, Desk::now());
  const double before = resident_bytes();
  for (int i = 0; i < count; ++i) {
    workers.say({i}, Alive{.host = "node" + std::to_string(i), .gpu = "0"});
    workers.say({i}, Ready{.first = true, .resident_model = ""});
    desk.coordinator.pump(Desk::now());
  }
  const double a_worker = (resident_bytes() - before) / count;
  // As many as end within a hundredth of a second, of shots of a second.
  const int at_once = std::max(1, count / 100);
  std::vector<double> pumps;
  int pairs = 0;
  while (const int ended = workers.end_shots(at_once)) {
    const double before_pump = cpu_seconds_of_thread();
    desk.coordinator.pump(Desk::now());
    pumps.push_back(cpu_seconds_of_thread() - before_pump);
    pairs += ended;
  }
  const double used = std::accumulate(pumps.begin(), pumps.end(), 0.0);
  std::sort(pumps.begin(), pumps.end());
  print({.name = name,
         .pairs_a_second = pairs / used,
         .p99_ms = 1e3 * at_99_percent(pumps),
         .efficiency = 0,
         .kib_a_worker = a_worker / 1024},
        format);
}

}  // namespace

int main(int count, char** words) {
  const Format format = count > 1 && std::string(words[1]) == "--json" ? Format::json : Format::table;
  if (format == Format::table) {
    std::printf("%-58s %12s %10s %11s %14s\n", "the coordinator alone (pair: assigned and completed)",
                "pairs/cpu s", "p99 ms", "efficiency", "KiB a worker");
  }
  bench_sleeping({"256 threads, 20,000 shots of no time, journal on disk", 256, 20000, 0}, format);
  bench_sleeping({"256 threads, 5,120 shots of 1 s, journal on disk", 256, 5120, 1}, format);
  bench_simulated("256 simulated, 20,000 shots, journal in memory", 256, 20000, format);
  bench_simulated("10,000 simulated, 20,000 shots, journal in memory", 10000, 20000, format);
  return 0;
}
