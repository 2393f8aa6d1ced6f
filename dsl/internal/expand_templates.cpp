// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "dsl/internal/expand.hpp"
#include "dsl/internal/prompts.hpp"

namespace pia::dsl::internal {
namespace {

constexpr std::size_t kMostTexts = 10000;
// Of all templates of a job.
constexpr std::size_t kMostTextsInAll = 50000;
constexpr std::size_t kMostBytesInAll = std::size_t{64} << 20U;

struct Templates {
  Document& document;
  WildcardLines& wildcards;
  Complaints& complaints;
  std::size_t texts = 0;  ///< so far
  std::size_t bytes = 0;  ///< of them, each with its template beside it

  bool is_too_much() const { return texts > kMostTextsInAll || bytes > kMostBytesInAll; }

  // False, with one error for all, from where the job's templates come to too much.
  bool may_have(const std::vector<std::string>& more, std::size_t template_bytes, const Place& place) {
    texts += more.size();
    for (const std::string& text : more) bytes += text.size() + template_bytes;
    if (is_too_much()) {
      complaints.error(place,
                       "with expand = \"all\" the templates of this job come to too many prompts here; write "
                       "shorter ones, expand = \"sample\", or split the job into several files");
    }
    return !is_too_much();
  }

  bool is_all(const Block& block) const {
    if (!block.expand.empty()) return block.expand == "all";
    const auto wished = document.job.find("expand");
    const auto* word = wished == document.job.end() ? nullptr : get<std::string>(wished->second);
    return word != nullptr && *word == "all";
  }

  // Everything that a prompt can become, through [prompts]; a travel table stays as it is.
  List all(const Value& value) {
    const auto* text = get<std::string>(value);
    const auto found = text != nullptr && is_prompt_id(*text) ? document.prompts.find(text->substr(1))
                                                              : document.prompts.end();
    const bool is_id = found != document.prompts.end();
    const Value& meant = is_id ? found->second.value : value;
    const auto* pattern = get<std::string>(meant);
    if (pattern == nullptr || !is_template(*pattern)) return {value};
    if (is_id) found->second.is_used = true;
    const List broken = {{.data = Broken{}, .place = value.place}};
    if (is_too_much()) return broken;
    const auto spread = all_of(*pattern, kMostTexts, wildcards);
    if (const auto* trouble = std::get_if<Trouble>(&spread)) {
      complaints.error(meant.place, trouble->sentence);
      return broken;
    }
    const auto& found_texts = std::get<std::vector<std::string>>(spread);
    if (found_texts.empty()) {
      complaints.error(meant.place, "this template comes to no text at all; give an option a weight above 0");
      return broken;
    }
    if (!may_have(found_texts, pattern->size(), meant.place)) return broken;
    List list;
    for (const std::string& one : found_texts) list.push_back({.data = one, .place = value.place});
    return list;
  }

  void spread(Axis& axis) {
    List values;
    List written;
    for (const Value& value : axis.values) {
      for (Value& one : all(value)) {
        values.push_back(std::move(one));
        written.push_back(value);
      }
    }
    axis.values = std::move(values);
    axis.written = std::move(written);
  }
};

bool pairs_decide_prompts(const Block& block) {
  return std::any_of(block.pairs.begin(), block.pairs.end(),
                     [](const Bundle& pair) { return pair.settings.contains("prompt"); });
}

}  // namespace

void expand_templates(Document& document, WildcardLines& wildcards, Complaints& complaints) {
  Templates templates{.document = document, .wildcards = wildcards, .complaints = complaints};
  for (Block& block : document.blocks) {
    if (!templates.is_all(block) || pairs_decide_prompts(block)) continue;
    const auto axis =
        std::find_if(block.axes.begin(), block.axes.end(), [](const Axis& a) { return a.key == "prompt"; });
    if (axis != block.axes.end()) {
      templates.spread(*axis);
      continue;
    }
    const auto own = block.settings.find("prompt");
    const auto shared = document.defaults.find("prompt");
    if (own == block.settings.end() && shared == document.defaults.end()) continue;
    const Value& value = own != block.settings.end() ? own->second : shared->second;
    Axis made{.key = "prompt", .place = value.place, .values = {value}};
    templates.spread(made);
    if (made.values.size() == 1 && to_text(made.values.front()) == to_text(value)) continue;
    if (own != block.settings.end()) block.settings.erase(own);
    block.axes.push_back(std::move(made));
  }
}

}  // namespace pia::dsl::internal
