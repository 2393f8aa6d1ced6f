// SPDX-License-Identifier: Apache-2.0
#include "dsl/internal/identify.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "dsl/internal/match.hpp"
#include "dsl/internal/names.hpp"
#include "dsl/internal/unicode_text.hpp"
#include "jobs/core/recipe.hpp"

namespace pia::dsl::internal {
namespace {

constexpr std::size_t kMostPart = 40;
constexpr std::size_t kMostName = 60;
constexpr std::size_t kIdDigits = 8;

void add_once(std::vector<std::string>& list, const std::vector<std::string>& more) {
  for (const std::string& text : more) {
    if (std::ranges::find(list, text) == list.end()) list.push_back(text);
  }
}

std::string motion_words(const jobs::PlannedShot& shot) {
  const std::string magnitude(jobs::to_word(shot.magnitude));
  if (shot.mode == jobs::Mode::animate) return magnitude;
  return std::string(jobs::to_word(shot.mode)) + "-" + magnitude;
}

// Or no matter of names.
bool is_in_every_name(const std::string& key) {
  static constexpr std::array<std::string_view, 7> kKeys = {"image", "model", "mode",    "magnitude",
                                                            "name",  "tags",  "priority"};
  return std::ranges::find(kKeys, key) != kKeys.end();
}

// One axis of a grid in a name: "s1000", "steps-25", the prompt itself.
std::string axis_words(const std::string& key, const Resolved& resolved) {
  const std::string& value = resolved.values.at(key);
  if (key == "seed") return "s" + value;
  if (key == "prompt") return slug(resolved.prompt_words, kMostPart);
  if (key == "motion") return slug(stem_of(value), kMostPart);
  return key + "-" + slug(value, kMostPart);
}

// Keys that tell the shots of a grid apart: pairs first, then axes.
std::vector<std::string> varying_keys(const Block& grid) {
  std::vector<std::string> keys;
  for (const Bundle& pair : grid.pairs) {
    if (grid.pairs.size() == 1) break;
    for (const auto& [key, value] : pair.settings) add_once(keys, {key});
  }
  for (const Axis& axis : grid.axes) {
    if (axis.values.size() > 1) add_once(keys, {axis.key});
  }
  return keys;
}

// "raiden-toonyou-large", and what else varies in its grid.
std::string derived_name(const Resolved& resolved) {
  const jobs::PlannedShot& shot = resolved.planned;
  std::string name =
      slug(shot.image_id, kMostPart) + "-" + slug(shot.model_id, kMostPart) + "-" + motion_words(shot);
  for (const std::string& key : varying_keys(*resolved.flat->block)) {
    const bool tells = !is_in_every_name(key) && resolved.values.contains(key);
    if (tells) name += "-" + axis_words(key, resolved);
  }
  return name;
}

void refuse_name(const Value& name, Complaints& complaints) {
  complaints.error(name.place, "two different shots are called " + in_quotes(*get<std::string>(name)) +
                                   "; give each its own name");
}

// Whether two shots are surely not the same, whatever is wrong with them.
bool are_different(const FlatShot& a, const FlatShot& b) {
  static constexpr std::array<std::string_view, 8> kTelling = {
      "image", "model", "prompt", "negative_prompt", "seed", "frames", "guidance_scale", "eta"};
  return std::ranges::any_of(kTelling, [&](std::string_view key) {
    const auto one = a.values.find(key);
    const auto other = b.values.find(key);
    if (one == a.values.end() || other == b.values.end()) return false;
    if (is_broken(*one->second) || is_broken(*other->second)) return false;
    const std::string name(key);
    return !same_value(name, *one->second, *other->second) && !same_value(name, *other->second, *one->second);
  });
}

// Gives each shot a name that no other has: derived ones are counted, written ones must differ.
class Names {
 public:
  explicit Names(Complaints& complaints) : complaints_(complaints) {}

  void give(Resolved& resolved) {
    jobs::PlannedShot& shot = resolved.planned;
    const bool is_written = !shot.name.empty();
    if (!is_written) shot.name = derived_name(resolved);
    const std::string wanted = shot.name;
    for (int count = 2; !is_free(shot); ++count) {
      if (is_written) return refuse(resolved);
      count = std::max(count, next_[wanted]);
      next_[wanted] = count + 1;
      shot.name = wanted + "-" + std::to_string(count);
    }
    owners_.emplace(shot.name, shot.id);
  }

 private:
  bool is_free(const jobs::PlannedShot& shot) const {
    const auto owner = owners_.find(shot.name);
    return owner == owners_.end() || owner->second == shot.id;
  }
  void refuse(const Resolved& resolved) { refuse_name(*resolved.flat->values.at("name"), complaints_); }

  Complaints& complaints_;
  std::map<std::string, jobs::ShotId> owners_;
  std::map<std::string, int> next_;
};

std::string prompt_part(const Resolved& resolved) {
  return resolved.prompt_words.empty() ? "no-prompt" : slug(resolved.prompt_words, kMostPart);
}

PathWords path_words(const Resolved& resolved) {
  const jobs::PlannedShot& shot = resolved.planned;
  return {{"grid", shot.grid.empty() ? "" : slug(shot.grid, kMostPart)},
          {"image", slug(shot.image_id, kMostPart)},
          {"model", slug(shot.model_id, kMostPart)},
          {"prompt", prompt_part(resolved)},
          {"mode", std::string(jobs::to_word(shot.mode))},
          {"magnitude", std::string(jobs::to_word(shot.magnitude))},
          {"seed", std::to_string(shot.shot.seed)},
          {"id8", jobs::to_hex(shot.id).substr(0, kIdDigits)},
          {"name", slug(shot.name, kMostName)}};
}

// Gives videos their paths; disks that know no capitals are the reason why these make no difference.
class VideoNames {
 public:
  explicit VideoNames(const VideoNaming& naming) : naming_(naming) {}

  // With digits of the id if the pattern gives nothing that is free, and always where there is no pattern.
  void give(Resolved& resolved) {
    jobs::PlannedShot& shot = resolved.planned;
    const std::string stem = wanted(resolved);
    shot.video_stem = stem;
    if (naming_.pattern && is_first(shot)) return;
    const std::string hex = jobs::to_hex(shot.id);
    std::size_t digits = kIdDigits;
    do {
      shot.video_stem = stem + "-" + hex.substr(0, digits);
      digits += kIdDigits;
    } while (!owners_.emplace(case_folded(shot.video_stem), shot.name).second && digits <= hex.size());
  }

  void warn(Complaints& complaints) const {
    if (alike_.empty()) return;
    complaints.warning(naming_.place,
                       "path names videos of " + alike_ + " alike" +
                           (count_ > 1 ? ", and " + std::to_string(count_ - 1) + " more" : "") +
                           "; digits of the id tell them apart; put {name} or {id8} into path");
  }

 private:
  std::string wanted(const Resolved& resolved) const {
    static const auto kOfShot = std::get<PathPattern>(PathPattern::parse("{name}"));
    static const auto kOfGrid = std::get<PathPattern>(
        PathPattern::parse("{grid}/{image}/{model}/{prompt}-{mode}-{magnitude}-s{seed}"));
    const PathPattern& usual = resolved.planned.grid.empty() ? kOfShot : kOfGrid;
    return (naming_.draft == JobSource::Draft::yes ? "draft/" : "") +
           (naming_.pattern ? *naming_.pattern : usual).filled(path_words(resolved));
  }
  bool is_first(const jobs::PlannedShot& shot) {
    const auto [owner, is_new] = owners_.emplace(case_folded(shot.video_stem), shot.name);
    if (is_new) return true;
    if (++count_ == 1) {
      alike_ =
          in_quotes(owner->second) + " and " + in_quotes(shot.name) + " (videos/" + shot.video_stem + ")";
    }
    return false;
  }

  const VideoNaming& naming_;
  std::map<std::string, std::string> owners_;  // names of shots by folded path
  std::string alike_;                          // the first two of one path
  int count_ = 0;                              // shots whose path another had
};

// `twin` is the same shot as `first`.
void merge(jobs::PlannedShot& first, const Resolved& twin, Complaints& complaints) {
  const std::string both = in_quotes(first.name) + " and " + in_quotes(twin.planned.name);
  if (first.fps != twin.planned.fps && !complaints.any_error()) {
    complaints.warning(twin.flat->place(), both + " are equal but for fps, which changes no frame; only " +
                                               std::to_string(first.fps) + " fps is used");
  }
  add_once(first.names, {twin.planned.name});
  add_once(first.tags, twin.planned.tags);
  first.priority = std::max(first.priority, twin.planned.priority);
  if (!first.drawn_as) first.drawn_as = twin.planned.drawn_as;
}

}  // namespace

void identify(std::vector<Resolved>& shots, Complaints& complaints) {
  Names names(complaints);
  for (Resolved& resolved : shots) {
    jobs::PlannedShot& shot = resolved.planned;
    shot.id = jobs::shot_id(shot.shot);
    names.give(resolved);
    shot.names = {shot.name};
  }
}

void check_names(const std::vector<FlatShot>& flats, const std::vector<Resolved>& shots,
                 Complaints& complaints) {
  if (flats.size() == shots.size()) return;
  std::set<const FlatShot*> resolved;
  for (const Resolved& shot : shots) resolved.insert(shot.flat);
  std::map<std::string_view, const FlatShot*> owners;
  for (const FlatShot& flat : flats) {
    const auto name = flat.values.find("name");
    const auto* text = name == flat.values.end() ? nullptr : get<std::string>(*name->second);
    if (text == nullptr) continue;
    const FlatShot& owner = *owners.emplace(*text, &flat).first->second;
    const bool are_identified = resolved.contains(&flat) && resolved.contains(&owner);
    if (!are_identified && are_different(owner, flat)) refuse_name(*name->second, complaints);
  }
}

std::vector<Resolved> merged(std::vector<Resolved> shots, const VideoNaming& naming, Complaints& complaints) {
  std::vector<Resolved> unique;
  std::map<jobs::ShotId, std::size_t> known;
  std::map<Place, int> twins;
  VideoNames videos(naming);
  for (Resolved& resolved : shots) {
    jobs::PlannedShot& shot = resolved.planned;
    const auto [slot, is_new] = known.emplace(shot.id, unique.size());
    if (is_new) {
      videos.give(resolved);
      unique.push_back(std::move(resolved));
    } else {
      merge(unique[slot->second].planned, resolved, complaints);
      ++twins[resolved.flat->place()];
    }
  }
  videos.warn(complaints);
  if (complaints.any_error()) return unique;  // which may be why they are equal
  for (const auto& [place, count] : twins) {
    complaints.warning(place, std::to_string(count) + (count == 1 ? " shot is" : " shots are") +
                                  " equal to others of this job; equal shots are rendered once");
  }
  return unique;
}

}  // namespace pia::dsl::internal
