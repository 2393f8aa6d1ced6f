// SPDX-License-Identifier: Apache-2.0
#include "dsl/internal/wildcards.hpp"

#include "dsl/internal/attention.hpp"
#include "dsl/internal/complaints.hpp"
#include "dsl/internal/glob.hpp"
#include "dsl/internal/template_tree.hpp"
#include "dsl/internal/unicode_text.hpp"

namespace pia::dsl::internal {
namespace {

constexpr std::size_t kMostLines = 1000000;

using Lines = std::vector<std::string>;

// Calls `take` with each value in `text` and its line's number.
template <class Take>
void each_line(std::string_view text, const Take& take) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  constexpr std::string_view kSpace = " \t\r";
  for (int number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    line.remove_prefix(std::min(line.find_first_not_of(kSpace), line.size()));
    line = line.substr(0, line.find_last_not_of(kSpace) + 1);
    if (!line.empty() && line.front() != '#') take(line, number);
  }
}

// Appends what is in `text`.
void split(std::string_view text, Lines& lines) {
  each_line(text, [&](std::string_view line, int) {
    if (lines.size() < kMostLines) lines.emplace_back(line);
  });
}

// The texts in `folder` that the name means.
std::vector<std::string> files_of(const std::string& folder, const std::string& name,
                                  const Catalog& catalog) {
  const std::string path = joined_path(folder, name + ".txt");
  if (catalog.kind(path) == Catalog::Kind::file) return {path};
  return is_pattern(name) ? glob_files(path, catalog) : std::vector<std::string>{};
}

// Of the first folder that has some.
std::vector<std::string> files_in(const std::vector<std::string>& folders, const std::string& name,
                                  const Catalog& catalog) {
  for (const std::string& folder : folders) {
    auto files = files_of(folder, name, catalog);
    if (!files.empty()) return files;
  }
  return {};
}

// What a draw leaves as it is: up to the first choice or wildcard.
std::string start_of(const std::string& open) {
  return without_escapes(open.substr(0, std::min(open.find('{'), open.find("__"))));
}

std::string near_names(const std::vector<std::string>& folders, const std::string& name,
                       const Catalog& catalog) {
  std::vector<std::string> names;
  for (const std::string& folder : folders) {
    if (catalog.kind(folder) != Catalog::Kind::folder) continue;
    for (const std::string& file : catalog.list(folder)) {
      if (file.ends_with(".txt")) names.push_back(file.substr(0, file.size() - 4));
    }
  }
  return hint(name, names);
}

}  // namespace

std::variant<Lines, Trouble> Wildcards::read(const std::string& name) const {
  const std::string called = "wildcard __" + name + "__";
  if (name.starts_with("/") || ("/" + name + "/").find("/../") != std::string::npos) {
    return Trouble{called + " leads out of the wildcards' folder; name a text below it"};
  }
  const auto folders = finder_.wildcard_folders();
  const auto files = files_in(folders, name, finder_.catalog());
  Lines lines;
  for (const std::string& path : files) {
    const auto text = finder_.catalog().text(path);
    if (const auto* trouble = std::get_if<Trouble>(&text)) return Trouble{called + ": " + trouble->sentence};
    const auto& bytes = std::get<std::string>(text);
    if (first_bad_utf8(bytes) != std::string::npos || bytes.find('\0') != std::string::npos) {
      return Trouble{called + ": " + path + " is not UTF-8; save it as UTF-8"};
    }
    split(bytes, lines);
  }
  if (!lines.empty()) return lines;
  if (!files.empty()) return Trouble{called + ": " + files.front() + " holds no line to draw"};
  const std::string where =
      folders.empty() ? "" : ": looked for " + joined_path(folders.front(), name + ".txt");
  return Trouble{called + " is not there" + where + "; write \\_ for an underscore that is meant" +
                 near_names(folders, name, finder_.catalog())};
}

const std::variant<Lines, Trouble>& Wildcards::lines(const std::string& name) {
  const auto found = known_.find(name);
  return found != known_.end() ? found->second : known_.emplace(name, read(name)).first->second;
}

const std::vector<Wildcards::OpenLine>& Wildcards::open_lines(const std::string& name) {
  const auto [slot, is_new] = open_.try_emplace(name);
  std::vector<OpenLine>& found = slot->second;
  if (!is_new || std::holds_alternative<Trouble>(known_.at(name))) return found;
  for (const std::string& path : files_in(finder_.wildcard_folders(), name, finder_.catalog())) {
    const auto text = finder_.catalog().text(path);
    const auto* bytes = std::get_if<std::string>(&text);
    each_line(bytes == nullptr ? "" : *bytes, [&](std::string_view line, int number) {
      const auto at = unclosed_bracket(line);
      if (!at) return;
      found.push_back({.open = std::string(line.substr(*at)), .where = path + ":" + std::to_string(number)});
    });
  }
  return found;
}

std::optional<Wildcards::OpenLine> Wildcards::open_line(const std::string& from_bracket) {
  const OpenLine* best = nullptr;
  for (const auto& [name, lines] : known_) {
    for (const OpenLine& line : open_lines(name)) {
      const bool is_longer = best == nullptr || line.open.size() > best->open.size();
      if (is_longer && from_bracket.starts_with(start_of(line.open))) best = &line;
    }
  }
  return best == nullptr ? std::nullopt : std::optional(*best);
}

}  // namespace pia::dsl::internal
