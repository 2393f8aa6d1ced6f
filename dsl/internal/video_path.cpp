// SPDX-License-Identifier: Apache-2.0
#include "dsl/internal/video_path.hpp"

#include <algorithm>
#include <array>

#include "dsl/internal/complaints.hpp"
#include "dsl/internal/value.hpp"
#include "jobs/core/words.hpp"

namespace pia::dsl::internal {
namespace {

constexpr std::size_t kMostPart = 150;
constexpr std::array<std::string_view, 9> kKeys = {"grid",      "image", "model", "prompt", "mode",
                                                   "magnitude", "seed",  "id8",   "name"};

std::string all_keys_shown() {
  std::string text;
  for (const std::string_view key : kKeys) text += (text.empty() ? "{" : ", {") + std::string(key) + "}";
  return text;
}

Trouble unknown(const std::string& key) {
  const std::vector<std::string> known(kKeys.begin(), kKeys.end());
  return {"path has no key {" + key + "}; there are " + all_keys_shown() + hint(key, known)};
}

// Not within a character.
std::string cut(std::string text) {
  if (text.size() <= kMostPart) return text;
  std::size_t end = kMostPart;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return text.substr(0, end);
}

// "{name}.mp4" is meant as "{name}"; and a folder of frames never has the name of a video.
std::string without_endings(std::string text) {
  for (bool again = true; again;) {
    again = false;
    for (const std::string_view word : jobs::words<jobs::VideoFormat>()) {
      const std::string ending = "." + std::string(word);
      if (!text.ends_with(ending)) continue;
      text.erase(text.size() - ending.size());
      again = true;
    }
  }
  return text;
}

}  // namespace

std::variant<PathPattern, Trouble> PathPattern::parse(const std::string& text) {
  PathPattern pattern;
  if (text.find('\\') != std::string::npos) return Trouble{"path is written with /, not with \\"};
  for (std::size_t from = 0; from <= text.size();) {
    const std::size_t end = std::min(text.find('/', from), text.size());
    const std::string part = text.substr(from, end - from);
    from = end + 1;
    if (part.empty() || part.front() == '.') {
      return Trouble{"path = " + in_quotes(text) +
                     " must lead to a file below videos/, by parts that are not "
                     "empty and begin with no dot"};
    }
    std::vector<Piece> pieces;
    for (std::size_t at = 0; at < part.size();) {
      const std::size_t brace = std::min(part.find_first_of("{}", at), part.size());
      if (brace > at) pieces.push_back({.text = part.substr(at, brace - at)});
      if (brace == part.size()) break;
      const std::size_t close = part.find_first_of("{}", brace + 1);
      if (part[brace] == '}' || close == std::string::npos || part[close] == '{') {
        return Trouble{"path has a brace without its other one; keys are written {name}"};
      }
      const std::string key = part.substr(brace + 1, close - brace - 1);
      if (std::ranges::find(kKeys, key) == kKeys.end()) return unknown(key);
      pieces.push_back({.text = key, .is_key = true});
      at = close + 1;
    }
    pattern.parts_.push_back(std::move(pieces));
  }
  return pattern;
}

std::string PathPattern::filled(const PathWords& words) const {
  std::string path;
  for (const auto& pieces : parts_) {
    std::string part;
    for (const Piece& piece : pieces) part += piece.is_key ? words.at(piece.text) : piece.text;
    if (&pieces == &parts_.back()) part = without_endings(part);
    part = cut(part);
    if (part.empty() || part.front() == '.') continue;
    path += (path.empty() ? "" : "/") + part;
  }
  return path.empty() ? words.at("name") : path;
}

}  // namespace pia::dsl::internal
