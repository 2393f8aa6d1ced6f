// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "dsl/internal/flat_reader.hpp"
#include "dsl/internal/resolve.hpp"
#include "jobs/core/shot.hpp"

namespace pia::dsl::internal {

struct FoundFiles;

/// The LoRAs of one shot: those of its key `loras`, and those that tags in its prompt add. Complains about
/// each that is missing, given twice, or acts on a model that it doesn't fit.
class ShotLoras {
 public:
  /// `files`: those of the shot, found before any LoRA is added.
  ShotLoras(Resolving& with, const FoundFiles& files) : with_(with), files_(files) {}

  /// Takes what `loras` says, in its order.
  void add_list(FlatReader& read);

  /// `text` without its tags, as AUTOMATIC1111 writes them: <lora:NAME:0.8>, or <lora:NAME:TE:UNET> with the
  /// text encoder's weight first; NAME is an id of [loras] or a file. Their LoRAs are added, once each.
  std::string without_tags(const std::string& text, const Place& place);

  /// Words that the LoRAs want in the prompt, those with weight 0 left out.
  const std::vector<std::string>& triggers() const { return triggers_; }

  /// Without those whose weights are 0, which change nothing.
  std::vector<jobs::LoraUse> uses() const;

  bool is_good() const { return good_; }

 private:
  struct Wish {
    Value name;   ///< an id or a path
    Place place;  ///< to complain at
    double weight = 1;
    double weight_te = 1;
    bool is_tag = false;
  };
  void refuse(const Place& place, const std::string& sentence);
  void add_tag(std::string_view words, const Place& place);
  void add(const Wish& wish);
  void add_triggers(const std::string& id);

  void check_fit(const Wish& wish, const PlainFile& file);

  Resolving& with_;
  const FoundFiles& files_;
  std::vector<std::pair<jobs::LoraUse, bool>> uses_;  ///< and whether a tag added it
  std::vector<std::string> triggers_;
  bool good_ = true;
};

/// The words of a trigger: a string, a list, or false.
std::vector<std::string> trigger_words(const Value& trigger);

}  // namespace pia::dsl::internal
