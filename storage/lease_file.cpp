// SPDX-License-Identifier: Apache-2.0
#include "storage/lease_file.hpp"

#include <algorithm>
#include <cstdio>
#include <map>

#include "storage/crc32c.hpp"
#include "storage/journal_file.hpp"
#include "storage/temporary.hpp"

namespace pia::storage {
namespace {

constexpr std::string_view kFirstLine = "pia-farm lease 1\n";

std::string line(const std::string& key, std::string value) {
  std::replace_if(
      value.begin(), value.end(), [](char c) { return c == '\n' || c == '\r' || c == '\0'; }, ' ');
  return key + " " + value + "\n";
}

std::string checksum(std::string_view text) {
  char digits[16];
  std::snprintf(digits, sizeof digits, "%08x", crc32c(text));
  return digits;
}

}  // namespace

std::string encode_lease(const LeaseState& state) {
  const Holder& holder = state.holder;
  std::string text(kFirstLine);
  text += line("epoch", std::to_string(state.epoch));
  text += line("state", state.kind == LeaseState::Kind::released ? "released" : "held");
  text += line("host", holder.host);
  text += line("boot", holder.boot_id);
  text += line("pid", std::to_string(holder.pid));
  text += line("start", std::to_string(holder.start_time));
  text += line("nonce", holder.nonce);
  text += line("since", holder.since);
  text += line("slurm", holder.slurm_job);
  text += line("beat", std::to_string(holder.beat));
  return text + line("crc32c", checksum(text));
}

std::optional<LeaseState> decode_lease(std::span<const std::byte> bytes) {
  const std::string text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const auto crc = text.rfind("crc32c ");
  if (!text.starts_with(kFirstLine) || crc == std::string::npos) return std::nullopt;
  if (text.substr(crc) != line("crc32c", checksum(std::string_view(text).substr(0, crc))))
    return std::nullopt;

  std::map<std::string, std::string, std::less<>> values;
  for (std::size_t at = kFirstLine.size(); at < crc;) {
    const auto end = text.find('\n', at);
    const auto space = text.find(' ', at);
    if (end == std::string::npos || space == std::string::npos || space > end) return std::nullopt;
    values[text.substr(at, space - at)] = text.substr(space + 1, end - space - 1);
    at = end + 1;
  }
  const auto number = [&](const char* key) { return number_from(values[key]); };
  const auto epoch = number("epoch");
  const auto pid = number("pid");
  const auto start = number("start");
  const auto beat = number("beat");
  if (!epoch || !pid || !start || !beat) return std::nullopt;
  LeaseState state;
  state.epoch = *epoch;
  state.kind = values["state"] == "released" ? LeaseState::Kind::released : LeaseState::Kind::held;
  state.holder = {.host = values["host"],
                  .boot_id = values["boot"],
                  .pid = static_cast<std::int64_t>(*pid),
                  .start_time = *start,
                  .nonce = values["nonce"],
                  .since = values["since"],
                  .slurm_job = values["slurm"],
                  .beat = *beat};
  return state;
}

std::vector<std::uint64_t> lease_epochs(FileOps& files, const std::string& run_directory) {
  std::vector<std::uint64_t> epochs;
  for (const std::string& name : files.list(run_directory + "/lease")) {
    const auto epoch = number_from(name);
    if (epoch && epoch_digits(*epoch) == name) epochs.push_back(*epoch);
  }
  std::sort(epochs.begin(), epochs.end());
  return epochs;
}

std::string lease_path(const std::string& run_directory, std::uint64_t epoch) {
  return run_directory + "/lease/" + epoch_digits(epoch);
}

}  // namespace pia::storage
