// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
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

std::string sbatch_flag(const std::string& key, const Value& value) {
  std::string name = key;
  std::ranges::replace(name, '_', '-');
  const auto* number = get<std::int64_t>(value);
  const std::string text = number != nullptr ? std::to_string(*number) : *get<std::string>(value);
  return "--" + name + (key == "signal" ? "=B:USR1@" : "=") + text;
}

/// 0 GPUs a node means that none are asked for; no other key may be 0.
std::vector<std::string> sbatch_flags(const Settings& given) {
  std::vector<std::string> flags;
  for (const auto& [key, value] : given) {
    if (is_broken(value)) continue;
    const auto* number = get<std::int64_t>(value);
    const bool is_none = number != nullptr && *number == 0;
    if (!is_none) flags.push_back(sbatch_flag(key, value));
  }
  return flags;
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
      site.sbatch = sbatch_flags(bind_part(Section::slurm, entry, complaints));
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
