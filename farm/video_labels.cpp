// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <nlohmann/json.hpp>

#include "farm/videos.hpp"
#include "jobs/core/recipe.hpp"

namespace pia::farm {
namespace {

using Json = nlohmann::ordered_json;

Json prompt_words(const std::string& constant, const std::map<int, std::string>& travel) {
  if (travel.empty()) return constant;
  Json by_frame = Json::object();
  for (const auto& [frame, text] : travel) by_frame[std::to_string(frame)] = text;
  return by_frame;
}

}  // namespace

std::string labels_json(const jobs::PlannedShot& shot) {
  Json labels = {{"name", shot.name},
                 {"prompt", prompt_words(shot.prompt_text, shot.prompt_travel)},
                 {"negative_prompt", prompt_words(shot.negative_prompt_text, shot.negative_prompt_travel)},
                 {"image", std::filesystem::path(shot.shot.image.path).filename().string()},
                 {"model", shot.model_id}};
  return labels.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string video_metadata(const jobs::PlannedShot& shot) {
  // The recipe is an object with several keys.
  return "{\"labels\":" + labels_json(shot) + "," + jobs::recipe_json(shot.shot).substr(1);
}

}  // namespace pia::farm
