// SPDX-License-Identifier: Apache-2.0
#include "farm/commands/surroundings.hpp"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "jobs/core/error.hpp"

namespace pia::farm {
namespace {

namespace fs = std::filesystem;

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

/// A file of what is known from earlier processes; empty if there is no home.
std::string cache_file(const char* name) {
  std::string cache = variable("XDG_CACHE_HOME");
  if (!cache.starts_with('/')) {
    const std::string home = variable("HOME");
    if (!home.starts_with('/')) return "";
    cache = home + "/.cache";
  }
  return cache + "/pia-farm/" + name;
}

/// The script names itself; where somebody starts pia-farmd by hand, it may lie beside it.
std::string script() {
  const std::string named = variable("PIA_FARM_SCRIPT");
  if (!named.empty()) return named;
  std::error_code error;
  const fs::path beside = fs::read_symlink("/proc/self/exe", error).parent_path() / "pia-farm";
  return fs::is_regular_file(beside, error) ? beside.string() : "";
}

std::string site_file() {
  const std::string named = variable("PIA_FARM_SITE");
  if (!named.empty()) return named;
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  const fs::path installed = program.parent_path().parent_path() / "etc/pia-farm/site.toml";
  return fs::exists(installed, error) ? installed.string() : "";
}

}  // namespace

Surroundings read_surroundings() {
  std::error_code error;
  Surroundings found;
  found.working_directory = fs::current_path(error).string();
  if (error) {
    throw jobs::Error(jobs::ExitCode::unavailable,
                      "the current directory is gone; change to one that is there");
  }
  found.program =
      access("pia-farm", X_OK) == 0 && fs::is_regular_file("pia-farm", error) ? "./pia-farm" : "pia-farm";
  found.script = script();
  found.digest_file = cache_file("digests");
  found.pictures_file = cache_file("pictures");
  found.place = slurm::find_place([](const char* name) -> std::optional<std::string> {
    const char* value = std::getenv(name);
    return value != nullptr ? std::optional<std::string>(value) : std::nullopt;
  });
  found.site_file = site_file();
  if (!variable("NO_COLOR").empty()) found.colour = Surroundings::Colour::no;
  const std::string terminal = variable("TERM");
  if (terminal.empty() || terminal == "dumb") found.terminal = Surroundings::Terminal::dumb;
  return found;
}

std::string absolute_path(const std::string& path, const Surroundings& surroundings) {
  std::string normal = (fs::path(surroundings.working_directory) / path).lexically_normal().string();
  while (normal.size() > 1 && normal.ends_with('/')) normal.pop_back();
  return normal;
}

}  // namespace pia::farm
