// SPDX-License-Identifier: Apache-2.0
#include "dsl/internal/complaints.hpp"

#include <algorithm>

namespace pia::dsl::internal {
namespace {

constexpr std::size_t kMost = 1000;
constexpr std::size_t kMostNumbers = 300000;
// A model that fits not at all is told with each tensor: of Stable Diffusion 1.5's U-Net some 700.
constexpr std::size_t kLongestSentence = std::size_t{256} << 10U;
constexpr std::size_t kKeptAtTheEnd = 400;  // what to do stands there
constexpr Place kLast = {.file = INT32_MAX};

bool is_within_a_character(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U;
}

std::string shortened(const std::string& sentence) {
  if (sentence.size() <= kLongestSentence) return sentence;
  std::size_t end = kLongestSentence - kKeptAtTheEnd;
  std::size_t next = sentence.size() - kKeptAtTheEnd;
  while (end > 0 && is_within_a_character(sentence[end])) --end;
  while (next < sentence.size() && is_within_a_character(sentence[next])) ++next;
  return sentence.substr(0, end) + " ... " + sentence.substr(next);
}

// Sentences quote what others wrote: one line, and nothing that a terminal would obey.
std::string plain(const std::string& sentence) {
  static constexpr std::string_view kHex = "0123456789abcdef";
  std::string text;
  for (const char c : shortened(sentence)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F) {
      text += {'\\', 'x', kHex[byte >> 4U], kHex[byte & 15U]};
    } else {
      text += c;
    }
  }
  return text;
}

}  // namespace

Complaints::Complaints(std::string file, std::vector<std::string> words, std::string text)
    : files_{std::move(file)}, texts_{std::move(text)}, words_(std::move(words)) {}

int Complaints::add_file(const std::string& file, const std::string& text) {
  files_.push_back(file);
  texts_.push_back(text);
  return static_cast<int>(files_.size()) - 1;
}

void Complaints::error(const Place& place, const std::string& sentence) {
  any_error_ = true;
  add(Severity::error, place, sentence);
}

void Complaints::not_yet(const Place& place, const std::string& sentence) {
  any_refusal_ = true;
  add(Severity::error, place, sentence);
}

void Complaints::warning(const Place& place, const std::string& sentence) {
  add(Severity::warning, place, sentence);
}

bool Complaints::may_have_numbers(const Place& place, std::size_t count) {
  const bool was_told = has_too_many_numbers();
  numbers_ += count;
  if (!has_too_many_numbers()) return true;
  if (!was_told) {
    error(place, "the ranges of this job come to more than " + std::to_string(kMostNumbers) +
                     " numbers here; write shorter ones, or split it into several files");
  }
  return false;
}

bool Complaints::has_too_many_numbers() const {
  return numbers_ > kMostNumbers;
}

void Complaints::refuse_warnings() {
  any_error_ = any_error_ || !all_.empty();
  decltype(all_) refused;
  for (const auto& [from_command_line, place, severity, sentence] : all_) {
    refused.emplace(from_command_line, place, Severity::error, sentence);
  }
  all_ = std::move(refused);
}

void Complaints::add(Severity severity, const Place& place, const std::string& sentence) {
  if (all_.size() < kMost) all_.emplace(place.set > 0, place, severity, plain(sentence));
  if (all_.size() != kMost) return;
  all_.emplace(false, kLast, severity, "there is more, but 1000 complaints are enough; mend these first");
}

std::string Complaints::spelling(const Place& place) const {
  const auto found = spellings_.find(place);
  return found == spellings_.end() ? "" : found->second;
}

std::string Complaints::origin(const Place& place) const {
  if (place.set > 0) return words_.at(static_cast<std::size_t>(place.set) - 1);
  if (place == kBuiltIn) return "built in";
  return files_.at(static_cast<std::size_t>(place.file)) + ":" + std::to_string(place.line) + ":" +
         std::to_string(place.column);
}

std::string_view Complaints::behind(const Place& place) const {
  if (place == kBuiltIn) return {};
  if (place.set == 0) {
    const std::string_view text = texts_.at(static_cast<std::size_t>(place.file));
    return text.substr(offset_of(text, place));
  }
  const std::string_view word = words_.at(static_cast<std::size_t>(place.set) - 1);
  return word.substr(std::min(word.find('='), word.size() - 1) + 1);
}

Diagnostics Complaints::sorted() const {
  Diagnostics diagnostics;
  for (const auto& [from_command_line, place, severity, sentence] : all_) {
    const bool has_line = !from_command_line && place != kLast;
    const auto file = place == kLast ? 0 : static_cast<std::size_t>(place.file);
    diagnostics.push_back({.severity = severity,
                           .file = from_command_line ? origin(place) : files_.at(file),
                           .line = has_line ? place.line : 0,
                           .column = has_line ? place.column : 0,
                           .sentence = sentence});
  }
  return diagnostics;
}

Sources Complaints::sources() const {
  Sources sources;
  for (std::size_t i = 0; i < files_.size(); ++i) sources.emplace(files_[i], texts_[i]);
  return sources;
}

std::string hint(const std::string& word, const std::vector<std::string>& known) {
  const std::string near = nearest(word, known);
  return near.empty() ? "" : "; did you mean " + in_quotes(near) + "?";
}

std::string alternatives(const std::vector<std::string>& words) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) text += i + 1 == words.size() ? " or " : ", ";
    text += in_quotes(words[i]);
  }
  return text;
}

}  // namespace pia::dsl::internal
