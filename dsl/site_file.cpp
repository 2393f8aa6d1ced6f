// SPDX-License-Identifier: Apache-2.0
#include <filesystem>

#include "dsl/internal/bind.hpp"
#include "dsl/internal/find_file.hpp"
#include "dsl/internal/read.hpp"
#include "dsl/job_file.hpp"

namespace pia::dsl {
namespace {

using namespace internal;

template <class T>
T value_at(const Settings& settings, const char* key) {
  return *get<T>(settings.at(key));
}

void set_worker(jobs::Site& site, const Settings& given) {
  Settings settings = initial_values(Section::worker);
  settings["model_budget"].data = std::int64_t{0};
  settings["checkpoint_every"].data = jobs::Site{}.checkpoint_every;
  for (const auto& [key, value] : given) {
    if (!is_broken(value)) settings[key] = value;
  }
  const auto device = value_at<std::string>(settings, "device");
  if (device == "cpu") site.device = jobs::DeviceWish::cpu;
  if (device == "cuda") site.device = jobs::DeviceWish::cuda;
  site.dtype = jobs::from_word<jobs::Dtype>(value_at<std::string>(settings, "dtype"));
  site.threads = static_cast<int>(value_at<std::int64_t>(settings, "threads"));
  site.checkpoint_every = value_at<double>(settings, "checkpoint_every");
  site.model_budget = value_at<std::int64_t>(settings, "model_budget");
  site.attempts = static_cast<int>(value_at<std::int64_t>(settings, "attempts"));
  site.scratch = value_at<std::string>(settings, "scratch");
}

std::vector<std::string> roots(const Settings& settings, const char* key, const std::string& folder) {
  std::vector<std::string> paths;
  const auto found = settings.find(key);
  const List* list = found == settings.end() ? nullptr : get<List>(found->second);
  for (const Value& value : list == nullptr ? List{} : *list) {
    paths.push_back(joined_path(folder, *get<std::string>(value)));
  }
  return paths;
}

Settings bind_part(Section section, const Entry& entry, Complaints& complaints) {
  const Table* toml = bind_table(std::string(section_title(section)), entry.value, complaints);
  return toml == nullptr ? Settings{} : bind_section(section, *toml, complaints);
}

}  // namespace

CompiledSite compile_site(const std::string& path, const std::string& text) {
  Complaints complaints(path, {}, text);
  const auto toml = read(text, 0, complaints);
  jobs::Site site;
  const std::string folder = std::filesystem::path(path).parent_path().string();
  Table rest;
  for (const Entry& entry : toml.value_or(Table{})) {
    if (entry.key == "worker") {
      set_worker(site, bind_part(Section::worker, entry, complaints));
    } else if (entry.key == "paths") {
      const Settings paths = bind_part(Section::paths, entry, complaints);
      site.model_roots = roots(paths, "models", folder);
      site.motion_roots = roots(paths, "motions", folder);
      site.image_roots = roots(paths, "images", folder);
      site.lora_roots = roots(paths, "loras", folder);
    } else if (entry.key == "slurm") {
      bind_part(Section::slurm, entry, complaints);
    } else {
      rest.push_back(entry);
    }
  }
  bind_section(Section::site, rest, complaints);
  CompiledSite compiled{.site = {}, .diagnostics = complaints.sorted(), .sources = complaints.sources()};
  if (!complaints.any_error()) compiled.site = site;
  return compiled;
}

}  // namespace pia::dsl
