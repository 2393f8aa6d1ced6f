// SPDX-License-Identifier: Apache-2.0
#include "farm/rank/orders.hpp"

#include <nlohmann/json.hpp>

#include "farm/version.hpp"
#include "jobs/core/error.hpp"

namespace pia::farm {
namespace {

using Json = nlohmann::json;

constexpr int kMostThreads = 1024;
constexpr double kLeastSign = 0.01;
constexpr double kMostSeconds = 1e6;

[[noreturn]] void refuse(const std::string& why) {
  throw jobs::InputError("the orders of rank 0 are not valid (" + why +
                         "); do all nodes run the same build of pia-farm-rank?");
}

double seconds_at(const Json& json, const char* key, double least) {
  const auto value = json.at(key).get<double>();
  if (!(value >= least && value <= kMostSeconds)) refuse(std::string(key) + " is out of range");
  return value;
}

}  // namespace

std::string to_text(const Orders& orders) {
  const Json json = {{"is", "orders"},
                     {"build", kVersion},
                     {"run_directory", orders.run_directory},
                     {"renderer", orders.renderer},
                     {"device", orders.device},
                     {"threads", orders.threads},
                     {"checkpoint_every", orders.checkpoint_every},
                     {"step_seconds", orders.fake_step_seconds},
                     {"sign_every", orders.sign_every},
                     {"digest_file", orders.digest_file},
                     {"scratch", orders.scratch}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Orders orders_from(std::string_view text) {
  try {
    const Json json = Json::parse(text);
    if (json.at("is").get<std::string>() != "orders") refuse("they are something else");
    const auto build = json.at("build").get<std::string>();
    if (build != kVersion) refuse("they are of version " + build.substr(0, 40));
    const Json& threads = json.at("threads");
    if (!threads.is_number_integer() || threads < 1 || threads > kMostThreads)
      refuse("threads is out of range");
    return {.run_directory = json.at("run_directory").get<std::string>(),
            .renderer = json.at("renderer").get<std::string>(),
            .device = json.at("device").get<std::string>(),
            .threads = threads.get<int>(),
            .checkpoint_every = seconds_at(json, "checkpoint_every", 0),
            .fake_step_seconds = seconds_at(json, "step_seconds", 0),
            .sign_every = seconds_at(json, "sign_every", kLeastSign),
            .digest_file = json.at("digest_file").get<std::string>(),
            .scratch = json.at("scratch").get<std::string>()};
  } catch (const Json::exception& error) {
    refuse(error.what());
  }
}

}  // namespace pia::farm
