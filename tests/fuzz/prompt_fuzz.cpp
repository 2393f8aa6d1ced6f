// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "dsl/internal/attention.hpp"
#include "dsl/internal/complaints.hpp"
#include "dsl/internal/foreign_syntax.hpp"
#include "dsl/internal/ranges.hpp"
#include "dsl/internal/template.hpp"
#include "dsl/internal/travel.hpp"
#include "dsl/internal/video_path.hpp"
#include "jobs/core/error.hpp"
#include "tests/support/fuzz.hpp"

namespace {

using namespace pia;
using namespace pia::dsl::internal;

class Lines : public WildcardLines {
 public:
  const std::variant<std::vector<std::string>, dsl::Trouble>& lines(const std::string& name) override {
    static const std::variant<std::vector<std::string>, dsl::Trouble> kLines =
        std::vector<std::string>{"x", "{y|__a__}", "__b__ __b__"};
    static const std::variant<std::vector<std::string>, dsl::Trouble> kNone = dsl::Trouble{"none"};
    return name.size() == 1 ? kLines : kNone;
  }
};

void eat_template(const std::string& input) {
  Lines lines;
  const auto one = draw(input, input.size(), lines);
  const auto again = draw(input, input.size(), lines);
  PIA_ASSERT(one.index() == again.index());
  if (one.index() == 0) PIA_ASSERT(std::get<0>(one) == std::get<0>(again));
  const auto all = all_of(input, 200, lines);
  const auto* texts = std::get_if<std::vector<std::string>>(&all);
  if (texts == nullptr) return;
  PIA_ASSERT(!texts->empty() && texts->size() <= 200);
  if (!is_template(input)) PIA_ASSERT(texts->front() == input && std::holds_alternative<std::string>(one));
}

void eat_attention(const std::string& input) {
  static const dsl::Tokenizer kTokenizer;
  const auto pieces = parse_attention(input);
  PIA_ASSERT(!pieces.empty());
  const Chunks chunks = chunked(pieces, kTokenizer);
  PIA_ASSERT(!chunks.ids.empty() && chunks.ids.size() % dsl::kTextPositions == 0);
  PIA_ASSERT(chunks.ids.size() == chunks.weights.size());
}

void eat_foreign(const std::string& input) {
  std::size_t end = 0;
  for (const ForeignPiece& piece : without_foreign(input).pieces) {
    PIA_ASSERT(piece.at >= end && input.compare(piece.at, piece.text.size(), piece.text) == 0);
    end = piece.at + piece.text.size();
  }
}

void eat_path(const std::string& input) {
  const auto pattern = PathPattern::parse(input);
  if (pattern.index() == 1) return;
  PathWords words;
  for (const char* key : {"grid", "image", "model", "prompt", "mode", "magnitude", "seed", "id8", "name"}) {
    words[key] = "x";
  }
  const std::string path = std::get<PathPattern>(pattern).filled(words);
  PIA_ASSERT(!path.empty() && path.front() != '/' && path.back() != '/');
  PIA_ASSERT(("/" + path).find("/.") == std::string::npos && path.find("//") == std::string::npos);
}

void eat(const std::string& input) {
  eat_path(input);
  eat_template(input);
  eat_attention(input);
  eat_foreign(input);
  for (const Type type : {Type::whole, Type::real, Type::seed}) {
    Complaints complaints("job.toml", {});
    const auto list = quiet_range({.name = "x", .type = type}, {.data = input, .place = {}}, complaints);
    PIA_ASSERT(!list || (!list->empty() && list->size() <= 100001));
  }
  if (const auto name = keyframe_name(input)) {
    const auto span = span_of(*name, 16);
    const auto* found = std::get_if<Span>(&span);
    PIA_ASSERT(found == nullptr || (found->first >= 0 && found->first <= found->last && found->last < 16));
  }
}

}  // namespace

int main() {
  return tests::fuzz(
      "prompt",
      {"{a|b} {2$$, $$a|b|c} {0.7::a|0.3::b} __a__ __dir/*__ \\{x\\|", "{1-2$$ and $$x|{y|z}}",
       "a (((house:1.3)) [on] a (hill:0.5), sun, (((sky))). BREAK \\( (x:+.5 )", "1-9 (+2), 1-100 [5]",
       "1000-1003", "auto x4", "0.1-0.5 (+0.1)", "8:16", "50%", "-1", "0.5",
       "{grid}/{image}/{model}/{prompt}-{mode}-{magnitude}-s{seed}-{id8}", "a b/{name}.mp4"},
      eat);
}
