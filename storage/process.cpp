// SPDX-License-Identifier: Apache-2.0
#include <sys/types.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <sstream>

#include "storage/lease.hpp"
#include "storage/temporary.hpp"

namespace pia::storage {
namespace {

std::string first_line(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

std::string boot_id() {
  std::array<char, 64> name{};
  // A container's process ids mean nothing outside it.
  const ssize_t length = ::readlink("/proc/self/ns/pid", name.data(), name.size());
  const std::string space(name.data(), length > 0 ? static_cast<std::size_t>(length) : 0);
  const std::string boot = first_line("/proc/sys/kernel/random/boot_id");
  return boot.empty() || space.empty() ? "" : boot + "/" + space;
}

struct Life {
  char state = 'X';
  std::uint64_t start_time = 0;
};

// proc(5): the name in field 2 may hold spaces and parentheses, so the rest is counted from its last ')'.
Life life_of(std::int64_t pid) {
  const std::string stat = first_line("/proc/" + std::to_string(pid) + "/stat");
  const auto name_end = stat.rfind(')');
  if (name_end == std::string::npos) return {};
  std::istringstream fields(stat.substr(name_end + 1));
  std::string field;
  Life life;
  for (int number = 3; fields >> field; ++number) {
    if (number == 3) life.state = field[0];
    if (number == 22) life.start_time = number_from(field).value_or(0);
  }
  return life;
}

}  // namespace

Holder describe_self(const std::string& nonce, const std::string& since) {
  std::array<char, 256> host{};
  if (::gethostname(host.data(), host.size() - 1) != 0) host[0] = '\0';
  Holder self;
  self.host = host.data();
  self.boot_id = boot_id();
  self.pid = ::getpid();
  self.start_time = life_of(self.pid).start_time;
  self.nonce = nonce;
  self.since = since;
  return self;
}

bool holder_lives(const Holder& holder) {
  const Life life = life_of(holder.pid);
  const bool ended = life.state == 'X' || life.state == 'Z';
  return !ended && life.start_time == holder.start_time && holder.boot_id == boot_id();
}

}  // namespace pia::storage
