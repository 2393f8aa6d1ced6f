// SPDX-License-Identifier: Apache-2.0
#include "slurm/job_facts.hpp"

#include <algorithm>
#include <charconv>
#include <ctime>

#include "slurm/node_list.hpp"

namespace pia::slurm {
namespace {

struct Word {
  std::string_view key;
  std::string_view value;
};

std::vector<Word> words_of(std::string_view text) {
  std::vector<Word> words;
  constexpr std::string_view kSpace = " \t\r\n";
  while (true) {
    const auto begin = text.find_first_not_of(kSpace);
    if (begin == std::string_view::npos) return words;
    text.remove_prefix(begin);
    const std::string_view word = text.substr(0, text.find_first_of(kSpace));
    const auto equals = word.find('=');
    if (equals != std::string_view::npos) words.push_back({word.substr(0, equals), word.substr(equals + 1)});
    text.remove_prefix(word.size());
  }
}

int number(std::string_view text) {
  int value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

/// "0-1,4" is three.
int count_ids(std::string_view ids) {
  int count = 0;
  while (!ids.empty()) {
    const std::string_view range = ids.substr(0, ids.find(','));
    const auto dash = range.find('-');
    count += dash == std::string_view::npos ? 1 : number(range.substr(dash + 1)) - number(range) + 1;
    ids.remove_prefix(std::min(ids.size(), range.size() + 1));
  }
  return count;
}

/// "gpu:2(IDX:0-1)", "gpu:a100:1(IDX:0),gpu:1g.5gb:2(IDX:1,3),shard:4": commas inside parentheses part
/// nothing.
int count_gpus(std::string_view resources) {
  int count = 0;
  while (!resources.empty()) {
    std::size_t end = 0;
    for (int depth = 0; end < resources.size() && (depth > 0 || resources[end] != ','); ++end) {
      if (resources[end] == '(') ++depth;
      if (resources[end] == ')') --depth;
    }
    const std::string_view one = resources.substr(0, end);
    const std::string_view named = one.substr(0, one.find('('));
    if (named.substr(0, 4) == "gpu:") count += number(named.substr(named.find_last_of(':') + 1));
    resources.remove_prefix(std::min(resources.size(), end + 1));
  }
  return count;
}

std::optional<std::tm> time_of(std::string_view text) {
  std::tm time{};
  const std::string copy(text);
  const char* rest = strptime(copy.c_str(), "%Y-%m-%dT%H:%M:%S", &time);
  if (rest == nullptr || *rest != '\0') return std::nullopt;
  time.tm_isdst = -1;
  return time;
}

void add_nodes(JobFacts& facts, std::string_view list) {
  for (const std::string& name : expand_nodes(list)) facts.nodes.push_back({.name = name});
}

}  // namespace

std::optional<JobFacts> parse_job(std::string_view text) {
  JobFacts facts;
  bool is_job = false;
  std::size_t group = 0;  // where the nodes of the last "Nodes=" begin
  std::string_view whole_list;
  for (const auto& [key, value] : words_of(text)) {
    if (key == "JobId") is_job = true;
    if (key == "JobState") facts.state = value;
    if (key == "Requeue") facts.may_requeue = value != "0";
    if (key == "EndTime") facts.end = time_of(value);
    if (key == "NodeList") whole_list = value;
    if (key == "Nodes") {
      group = facts.nodes.size();
      add_nodes(facts, value);
    }
    for (std::size_t i = group; i < facts.nodes.size(); ++i) {
      if (key == "CPU_IDs") facts.nodes[i].cpus = std::max(1, count_ids(value));
      if (key == "GRES") facts.nodes[i].gpus = count_gpus(value);
    }
  }
  if (!is_job || facts.state.empty()) return std::nullopt;
  if (facts.nodes.empty() && whole_list != "(null)") add_nodes(facts, whole_list);
  return facts;
}

}  // namespace pia::slurm
