// SPDX-License-Identifier: Apache-2.0
#include "dsl/internal/shot_loras.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include "dsl/internal/resolve_task.hpp"

namespace pia::dsl::internal {
namespace {

constexpr std::string_view kBegin = "<lora:";
constexpr double kMostWeight = 100;
constexpr std::size_t kMost = 64;

const Settings* settings_of(const std::string& id, const Document& document) {
  const auto found = document.loras.find(id);
  return found == document.loras.end() ? nullptr : &found->second.settings;
}

std::optional<double> weight_in(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  double value = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value);
  const bool fits = error == std::errc() && rest == end && std::abs(value) <= kMostWeight;
  return fits ? std::optional(value) : std::nullopt;
}

std::vector<std::string_view> split(std::string_view words) {
  std::vector<std::string_view> parts;
  for (std::size_t colon = words.find(':'); colon != std::string_view::npos; colon = words.find(':')) {
    parts.push_back(words.substr(0, colon));
    words.remove_prefix(colon + 1);
  }
  parts.push_back(words);
  return parts;
}

}  // namespace

std::vector<std::string> trigger_words(const Value& trigger) {
  std::vector<std::string> words;
  if (const auto* word = get<std::string>(trigger)) words = {*word};
  if (const auto* list = get<List>(trigger)) {
    for (const Value& word : *list) words.push_back(*get<std::string>(word));
  }
  return words;
}

void ShotLoras::refuse(const Place& place, const std::string& sentence) {
  with_.complaints.error(place, sentence);
  good_ = false;
}

// What [loras.ID] says holds where the shot says nothing.
void ShotLoras::add_list(FlatReader& read) {
  for (const Value& entry : read.at<List>("loras")) {
    const Table& table = *get<Table>(entry);
    const Value* id = find(table, "id");
    const Value& name = id != nullptr ? *id : *find(table, "path");
    const Value* weight = find(table, "weight");
    const Settings* settings = settings_of(*get<std::string>(name), with_.document);
    if (weight == nullptr && settings != nullptr && settings->contains("weight"))
      weight = &settings->at("weight");
    const Value* text = find(table, "weight_te");
    if ((weight != nullptr && is_broken(*weight)) || (text != nullptr && is_broken(*text))) {
      good_ = false;
      continue;
    }
    Wish wish{.name = name, .place = entry.place};
    if (weight != nullptr) wish.weight = *get<double>(*weight);
    wish.weight_te = text != nullptr ? *get<double>(*text) : wish.weight;
    add(wish);
  }
}

void ShotLoras::add_triggers(const std::string& id) {
  const Settings* settings = settings_of(id, with_.document);
  const auto trigger = settings == nullptr ? Settings::const_iterator() : settings->find("trigger");
  if (settings == nullptr || trigger == settings->end() || is_broken(trigger->second)) return;
  for (std::string& word : trigger_words(trigger->second)) triggers_.push_back(std::move(word));
}

void ShotLoras::add(const Wish& wish) {
  const PlainFile* file = with_.files.plain(FileKind::lora, wish.name);
  if (file == nullptr) {
    good_ = false;
    return;
  }
  // A library may say what no shot needs.
  const Settings* settings = settings_of(*get<std::string>(wish.name), with_.document);
  for (const auto& [key, value] : settings == nullptr ? Settings{} : *settings) {
    with_.used.insert(&settings->at(key));
  }
  const std::string called = "LoRA " + in_quotes(*get<std::string>(wish.name));
  const jobs::LoraUse use{.file = {.path = file->path, .digest = file->facts},
                          .weight = wish.weight,
                          .weight_te = wish.weight_te};
  const auto same = [&](const auto& item) { return item.first.file == use.file; };
  const auto before = std::ranges::find_if(uses_, same);
  if (before != uses_.end()) {
    // Keyframes may repeat a tag: it holds for the whole clip.
    const bool is_repeated = wish.is_tag && before->second && before->first == use;
    if (!is_repeated) refuse(wish.place, called + " is there twice; a shot gives it one weight");
    return;
  }
  if (uses_.size() >= kMost) return refuse(wish.place, "a shot has more than 64 LoRAs; leave some out");
  uses_.emplace_back(use, wish.is_tag);
  if (use.weight == 0 && use.weight_te == 0) return;
  add_triggers(*get<std::string>(wish.name));
  check_fit(wish, *file);
}

void ShotLoras::check_fit(const Wish& wish, const PlainFile& file) {
  const ModelFile* const model = files_.model;
  const ModelFile* const base = files_.base;
  if (model == nullptr || !model->facts.has_unet || model->facts.is_single_file) return;
  const ModelFile* const text = model->facts.has_text_encoder ? model : base;
  const bool is_base_one_file = base != nullptr && base->facts.is_single_file;
  if (text == nullptr || !text->facts.has_text_encoder || is_base_one_file) return;
  const auto& trouble = with_.files.lora_trouble(file, *model, base);
  if (!trouble) return;
  refuse(wish.place, "LoRA " + in_quotes(*get<std::string>(wish.name)) + " can't be laid on model " +
                         in_quotes(model->label) + ": " + trouble->sentence);
}

void ShotLoras::add_tag(std::string_view words, const Place& place) {
  const std::string shown = in_quotes(std::string(kBegin) + std::string(words) + ">");
  const auto parts = split(words);
  const bool has_name = parts.front().find_first_not_of(' ') != std::string_view::npos &&
                        parts.front().find('\0') == std::string_view::npos;
  std::vector<double> weights;
  for (std::size_t i = 1; i < parts.size(); ++i) {
    const auto weight = weight_in(parts[i]);
    if (!weight) return refuse(place, shown + " has a weight that is no number; write <lora:NAME:0.8>");
    weights.push_back(*weight);
  }
  if (!has_name || weights.size() > 2) return refuse(place, shown + " is no LoRA; write <lora:NAME:0.8>");
  Wish wish{.name = {.data = std::string(parts.front()), .place = place}, .place = place, .is_tag = true};
  const Settings* settings = settings_of(std::string(parts.front()), with_.document);
  if (weights.empty() && settings != nullptr && settings->contains("weight")) {
    if (const auto* weight = get<double>(settings->at("weight"))) weights = {*weight};
  }
  if (!weights.empty()) wish.weight_te = weights.front();
  if (!weights.empty()) wish.weight = weights.back();
  add(wish);
}

std::string ShotLoras::without_tags(const std::string& text, const Place& place) {
  std::string rest;
  std::size_t from = 0;
  for (std::size_t at = text.find(kBegin); at != std::string::npos; at = text.find(kBegin, from)) {
    const std::size_t end = text.find('>', at);
    if (end == std::string::npos) {
      refuse(place, in_quotes(text.substr(at)) + " is not closed; write <lora:NAME:0.8>");
      break;
    }
    rest += text.substr(from, at - from);
    add_tag(std::string_view(text).substr(at + kBegin.size(), end - at - kBegin.size()), place);
    from = end + 1;
  }
  return rest + text.substr(from);
}

std::vector<jobs::LoraUse> ShotLoras::uses() const {
  std::vector<jobs::LoraUse> acting;
  for (const auto& [use, is_tag] : uses_) {
    if (use.weight != 0 || use.weight_te != 0) acting.push_back(use);
  }
  return acting;
}

}  // namespace pia::dsl::internal
