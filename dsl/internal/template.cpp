// SPDX-License-Identifier: Apache-2.0
#include "dsl/internal/template.hpp"

#include <algorithm>
#include <set>

#include "dsl/internal/template_tree.hpp"
#include "dsl/internal/value.hpp"

namespace pia::dsl::internal {
namespace {

constexpr int kDeepest = 16;
constexpr std::size_t kMostBytes = std::size_t{64} << 10U;

// Thrown and caught within this file.
struct Refused {
  std::string sentence;
};

Pieces parsed(std::string_view text) {
  auto read = parse_template(text);
  if (auto* trouble = std::get_if<Trouble>(&read)) throw Refused{trouble->sentence};
  return std::get<Pieces>(std::move(read));
}

void check_size(const std::string& text) {
  if (text.size() > kMostBytes)
    throw Refused{"this prompt becomes more than 64 KiB of text; make it shorter"};
}

const std::vector<std::string>& lines_of(const std::string& name, WildcardLines& wildcards) {
  const auto& found = wildcards.lines(name);
  if (const auto* trouble = std::get_if<Trouble>(&found)) throw Refused{trouble->sentence};
  return std::get<std::vector<std::string>>(found);
}

// Choices of nothing ({|}) can be nested so that much work gives little text.
class Work {
 public:
  void add(std::size_t units) {
    constexpr std::size_t kMost = std::size_t{4} << 20U;
    done_ += units;
    if (done_ > kMost) throw Refused{"this prompt takes too much work to expand; make it simpler"};
  }

 private:
  std::size_t done_ = 0;
};

void check_depth(int depth) {
  if (depth > kDeepest)
    throw Refused{"wildcards lead to each other more than 16 deep; do they go in a circle?"};
}

// splitmix64 (Steele, Lea, Flood 2014).
class Chance {
 public:
  explicit Chance(std::uint64_t state) : state_(state) {}

  std::uint64_t next() {
    state_ += 0x9E3779B97F4A7C15U;
    std::uint64_t value = state_;
    value = (value ^ value >> 30U) * 0xBF58476D1CE4E5B9U;
    value = (value ^ value >> 27U) * 0x94D049BB133111EBU;
    return value ^ value >> 31U;
  }
  std::size_t below(std::size_t bound) { return static_cast<std::size_t>(next() % bound); }
  /// 0..1, 53 bits.
  double share() { return static_cast<double>(next() >> 11U) * 0x1p-53; }

 private:
  std::uint64_t state_;
};

class Draw {
 public:
  Draw(std::uint64_t chance, WildcardLines& wildcards) : chance_(chance), wildcards_(wildcards) {}

  std::string text(const Pieces& pieces, int depth) {
    std::string out;
    for (const Piece& piece : pieces) {
      work_.add(1);
      if (const auto* literal = std::get_if<std::string>(&piece)) out += *literal;
      if (const auto* wildcard = std::get_if<WildcardName>(&piece)) out += line(wildcard->name, depth + 1);
      if (const auto* choice = std::get_if<Choice>(&piece)) out += chosen(*choice, depth);
      check_size(out);
    }
    return out;
  }

 private:
  std::string line(const std::string& name, int depth) {
    check_depth(depth);
    const auto& lines = lines_of(name, wildcards_);
    const std::string& line = lines[chance_.below(lines.size())];
    work_.add(line.size());
    return text(parsed(line), depth);
  }

  std::size_t by_weight(const std::vector<double>& weights) {
    double sum = 0;
    for (const double weight : weights) sum += weight;
    double rest = chance_.share() * sum;
    std::size_t last = 0;
    for (std::size_t i = 0; i < weights.size(); ++i) {
      if (weights[i] <= 0) continue;
      last = i;
      rest -= weights[i];
      if (rest < 0) break;
    }
    return last;
  }

  std::string chosen(const Choice& choice, int depth) {
    std::vector<double> weights;
    for (const Option& option : choice.options) weights.push_back(option.weight);
    const auto possible =
        static_cast<std::size_t>(std::ranges::count_if(weights, [](double w) { return w > 0; }));
    const std::size_t count =
        std::min(choice.least + chance_.below(choice.most - choice.least + 1), possible);
    std::string out;
    for (std::size_t i = 0; i < count; ++i) {
      work_.add(weights.size());
      const std::size_t pick = by_weight(weights);
      weights[pick] = 0;
      out += (i > 0 ? choice.separator : "") + text(choice.options[pick].pieces, depth);
      check_size(out);
    }
    return out;
  }

  Chance chance_;
  WildcardLines& wildcards_;
  Work work_;
};

using Texts = std::vector<std::string>;

class All {
 public:
  All(std::size_t most, WildcardLines& wildcards) : most_(most), wildcards_(wildcards) {}

  Texts texts(const Pieces& pieces, int depth) {
    Texts all = {""};
    for (const Piece& piece : pieces) {
      work_.add(1);
      if (const auto* literal = std::get_if<std::string>(&piece)) all = product(all, {*literal}, "");
      if (const auto* wildcard = std::get_if<WildcardName>(&piece)) {
        all = product(all, lines(wildcard->name, depth + 1), "");
      }
      if (const auto* choice = std::get_if<Choice>(&piece)) all = product(all, options(*choice, depth), "");
    }
    return all;
  }

 private:
  void check(std::size_t count) const {
    if (count <= most_) return;
    throw Refused{"this prompt can become more than " + std::to_string(most_) +
                  " texts; write expand = \"sample\", or fewer choices"};
  }

  Texts product(const Texts& heads, const Texts& tails, const std::string& separator) {
    check(heads.size() * tails.size());
    Texts all;
    for (const std::string& head : heads) {
      for (const std::string& tail : tails) {
        all.push_back(head + separator + tail);
        check_size(all.back());
        work_.add(1 + all.back().size() / 16);
      }
    }
    return all;
  }

  Texts lines(const std::string& name, int depth) {
    check_depth(depth);
    Texts all;
    for (const std::string& line : lines_of(name, wildcards_)) {
      work_.add(1 + line.size());
      const Texts more = texts(parsed(line), depth);
      check(all.size() + more.size());
      all.insert(all.end(), more.begin(), more.end());
    }
    return all;
  }

  // Every combination of `count` options from number `from` on, in their order.
  Texts combined(const Choice& choice, std::size_t count, std::size_t from, int depth) {
    if (count == 0) return {""};
    Texts all;
    for (std::size_t i = from; i + count <= choice.options.size(); ++i) {
      work_.add(1);
      if (choice.options[i].weight <= 0) continue;
      const Texts first = texts(choice.options[i].pieces, depth);
      const Texts rest = combined(choice, count - 1, i + 1, depth);
      const Texts more = product(first, rest, count > 1 ? choice.separator : "");
      check(all.size() + more.size());
      all.insert(all.end(), more.begin(), more.end());
    }
    return all;
  }

  Texts options(const Choice& choice, int depth) {
    Texts all;
    const std::size_t most = std::min(choice.most, choice.options.size());
    for (std::size_t count = std::min(choice.least, most); count <= most; ++count) {
      const Texts more = combined(choice, count, 0, depth);
      check(all.size() + more.size());
      all.insert(all.end(), more.begin(), more.end());
    }
    return all;
  }

  std::size_t most_;
  WildcardLines& wildcards_;
  Work work_;
};

}  // namespace

bool is_template(const std::string& text) {
  const auto read = parse_template(text);
  const auto* pieces = std::get_if<Pieces>(&read);
  return pieces == nullptr || std::ranges::any_of(*pieces, [](const Piece& piece) {
           const auto* literal = std::get_if<std::string>(&piece);
           return literal == nullptr || without_escapes(*literal) != *literal;
         });
}

std::vector<std::string> choices_in(const std::string& text) {
  const auto read = parse_template(text);
  std::vector<std::string> choices;
  const auto* pieces = std::get_if<Pieces>(&read);
  for (const Piece& piece : pieces != nullptr ? *pieces : Pieces{}) {
    if (const auto* choice = std::get_if<Choice>(&piece)) choices.push_back(choice->written);
    if (const auto* wildcard = std::get_if<WildcardName>(&piece))
      choices.push_back("__" + wildcard->name + "__");
  }
  return choices;
}

std::variant<std::string, Trouble> draw(const std::string& text, std::uint64_t chance,
                                        WildcardLines& wildcards) {
  try {
    return without_escapes(Draw(chance, wildcards).text(parsed(text), 0));
  } catch (const Refused& refused) {
    return Trouble{refused.sentence};
  }
}

std::variant<std::vector<std::string>, Trouble> all_of(const std::string& text, std::size_t most,
                                                       WildcardLines& wildcards) {
  try {
    Texts unique;
    std::set<std::string> known;
    for (const std::string& one : All(most, wildcards).texts(parsed(text), 0)) {
      if (known.insert(one).second) unique.push_back(one);
    }
    return unique;
  } catch (const Refused& refused) {
    return Trouble{refused.sentence};
  }
}

}  // namespace pia::dsl::internal
