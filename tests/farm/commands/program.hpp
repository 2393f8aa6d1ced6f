// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "jobs/core/exit_code.hpp"
#include "renderer/weights/rule_model.hpp"
#include "tests/support/picture.hpp"
#include "tests/support/temp_folder.hpp"
#include "tests/support/write_file.hpp"

namespace pia::tests {

inline std::string file_content(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// Every file below a folder, by name.
inline std::map<std::string, std::string> contents(const std::string& folder) {
  std::map<std::string, std::string> found;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) found[entry.path()] = file_content(entry.path());
  }
  return found;
}

/// A safetensors file with one tensor of two fp32 zeros.
inline std::string safetensors(const std::string& tensor) {
  const std::string header = R"({")" + tensor + R"(":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})";
  std::string bytes(8, '\0');
  bytes[0] = static_cast<char>(header.size());
  return bytes + header + std::string(8, '\0');
}

/// What a call of pia-farmd gave back.
struct Answer {
  int code = -1;  ///< exit code, or minus the signal that ended it
  std::string out;
  std::string err;
  bool is(jobs::ExitCode expected) const { return code == static_cast<int>(expected); }
};

/// A user's home with a picture, a job file and the tiny rule-made model (made once a test program), and the
/// program as a user calls it there.
class Home {
 public:
  Home() {
    write_file(folder / "dog.png", png(32, 32));
    job();
  }

  /// Writes job.toml: two small shots of the shared model or another, with `more` at its end.
  void job(const std::string& more = {}, const std::string& model = models() + "/weights") const {
    write_file(folder / "job.toml", "format = 1\n[job]\nname = \"small\"\n[defaults]\nmodel = \"" + model +
                                        "/model\"\nmotion = \"" + model +
                                        "/motion\"\nimage = \"dog.png\"\nframes = 4\nsteps = 3\n"
                                        "[output]\nformats = [\"gif\"]\n"
                                        "[[shot]]\nname = \"one\"\nprompt = \"a dog\"\n"
                                        "[[shot]]\nname = \"two\"\nprompt = \"a cat\"\n" +
                                        more);
  }

  /// A copy of the model, to be changed.
  std::string own_model() const {
    std::filesystem::copy(models() + "/weights", folder / "models", std::filesystem::copy_options::recursive);
    return folder / "models";
  }

  Answer call(const std::vector<std::string>& words, const std::string& program = "pia-farmd") const {
    const pid_t child = fork();
    if (child == 0) become(words, program);
    int status = 0;
    waitpid(child, &status, 0);
    return {.code = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status),
            .out = file_content(folder / "stdout"),
            .err = file_content(folder / "stderr")};
  }

  /// A rehearsal: `words`, with the fake renderer at full speed.
  Answer rehearse(std::vector<std::string> words, const std::string& script = {}) const {
    words.insert(words.end(),
                 {"--renderer", script.empty() ? "fake" : "fake:" + script, "--step-seconds", "0"});
    return call(words);
  }

  TempFolder folder;

 private:
  static const std::string& models() {
    static const TempFolder models;
    static const bool made = [] {
      std::filesystem::create_directories(models.path());
      renderer::write_rule_model(PIA_SOURCE "/jobs/toy", models / "weights");
      // Long settled, so that the digests are remembered from one call to the next.
      const auto past = std::filesystem::file_time_type::clock::now() - std::chrono::hours(1);
      for (const auto& entry : std::filesystem::recursive_directory_iterator(models / "weights")) {
        std::filesystem::last_write_time(entry.path(), past);
      }
      return true;
    }();
    static_cast<void>(made);
    return models.path();
  }

  [[noreturn]] void become(const std::vector<std::string>& words, const std::string& name) const {
    const auto redirect = [](const std::string& path, int to) {
      dup2(open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), to);
    };
    redirect(folder / "stdout", STDOUT_FILENO);
    redirect(folder / "stderr", STDERR_FILENO);
    const std::string program = std::filesystem::read_symlink("/proc/self/exe").parent_path() / name;
    if (chdir(folder.path().c_str()) != 0) _exit(126);
    std::vector<std::string> texts = {program};
    texts.insert(texts.end(), words.begin(), words.end());
    std::vector<char*> arguments;
    for (std::string& text : texts) arguments.push_back(text.data());
    arguments.push_back(nullptr);
    setenv("XDG_CACHE_HOME", (models() + "/cache").c_str(), 1);
    unsetenv("PIA_FARM_SITE");
    execv(program.c_str(), arguments.data());
    _exit(127);
  }
};

}  // namespace pia::tests
