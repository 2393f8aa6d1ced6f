// SPDX-License-Identifier: Apache-2.0
#include "dsl/internal/merges.hpp"

#include <functional>
#include <optional>
#include <queue>

#include "dsl/internal/unicode_text.hpp"
#include "jobs/core/error.hpp"

extern "C" {
extern const char pia_clip_merges_begin[];
extern const char pia_clip_merges_end[];
}

namespace pia::dsl::internal {
namespace {

constexpr std::int32_t kBytes = 256;
constexpr std::int32_t kMerges = 48894;
constexpr std::string_view kEndOfWord = "</w>";

// FNV-1a of `text`, going on from `hash`: a token's key is that of its letters, so that a merge's is had from
// its parts. That no two tokens share one is checked as they are inserted.
std::uint64_t hashed(std::string_view text, std::uint64_t hash = 0xCBF29CE484222325U) {
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3U;
  return hash;
}

std::string_view next_line(std::string_view& rest) {
  const std::size_t end = rest.find('\n');
  PIA_ASSERT(end != std::string_view::npos);
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end + 1);
  return line;
}

// Printable bytes of Latin-1 come first and stand for themselves; the others are shown as U+0100 onwards.
bool is_printable(int byte) {
  return (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
}

std::uint64_t pair_key(std::int32_t left, std::int32_t right) {
  return static_cast<std::uint64_t>(left) << 32U | static_cast<std::uint64_t>(right);
}

// A word on its way: symbols in a list through `next` and `before`.
struct Symbols {
  std::vector<std::int32_t> ids;
  std::vector<std::size_t> next;
  std::vector<std::size_t> before;
};

struct Candidate {
  std::int32_t merged;
  std::size_t left;
  auto operator<=>(const Candidate&) const = default;
};

}  // namespace

Merges::Merges() : merged_(kMerges) {
  FlatMap ids(kMerges + 2 * kBytes);
  std::int32_t next_id = 0;
  char32_t shown = 0x100;
  for (const bool printable : {true, false}) {
    for (int byte = 0; byte < kBytes; ++byte) {
      if (is_printable(byte) != printable) continue;
      const std::u32string letter(1, printable ? static_cast<char32_t>(byte) : shown++);
      const std::uint64_t key = hashed(to_utf8(letter));
      byte_ids_[static_cast<std::size_t>(byte)] = next_id;
      ids.insert(key, next_id);
      ids.insert(hashed(kEndOfWord, key), kBytes + next_id);
      ++next_id;
    }
  }
  std::string_view rest(pia_clip_merges_begin, pia_clip_merges_end);
  next_line(rest);
  for (std::int32_t merged = 2 * kBytes; merged < 2 * kBytes + kMerges; ++merged) {
    const std::string_view line = next_line(rest);
    const std::size_t space = line.find(' ');
    const std::uint64_t left = hashed(line.substr(0, space));
    const std::string_view right = line.substr(space + 1);
    merged_.insert(pair_key(ids.find(left).value(), ids.find(hashed(right)).value()), merged);
    ids.insert(hashed(right, left), merged);
  }
}

std::vector<std::int32_t> Merges::encode(std::string_view word) const {
  constexpr std::size_t kNone = SIZE_MAX;
  PIA_ASSERT(!word.empty());
  Symbols symbols;
  for (std::size_t i = 0; i < word.size(); ++i) {
    symbols.ids.push_back(byte_ids_[static_cast<unsigned char>(word[i])]);
    symbols.next.push_back(i + 1 < word.size() ? i + 1 : kNone);
    symbols.before.push_back(i > 0 ? i - 1 : kNone);
  }
  symbols.ids.back() += kBytes;
  const auto result = [&](std::size_t left) -> std::optional<Candidate> {
    if (left == kNone || symbols.next[left] == kNone) return std::nullopt;
    const auto found = merged_.find(pair_key(symbols.ids[left], symbols.ids[symbols.next[left]]));
    if (!found) return std::nullopt;
    return Candidate{.merged = *found, .left = left};
  };
  std::priority_queue<Candidate, std::vector<Candidate>, std::greater<>> queue;
  const auto offer = [&](std::size_t left) {
    if (const auto candidate = result(left)) queue.push(*candidate);
  };
  for (std::size_t i = 0; i < word.size(); ++i) offer(i);
  while (!queue.empty()) {
    const Candidate best = queue.top();
    queue.pop();
    if (symbols.ids[best.left] < 0 || result(best.left) != best) continue;
    const std::size_t right = symbols.next[best.left];
    symbols.ids[best.left] = best.merged;
    symbols.ids[right] = -1;
    symbols.next[best.left] = symbols.next[right];
    if (symbols.next[right] != kNone) symbols.before[symbols.next[right]] = best.left;
    offer(symbols.before[best.left]);
    offer(best.left);
  }
  std::erase(symbols.ids, -1);
  return symbols.ids;
}

}  // namespace pia::dsl::internal
