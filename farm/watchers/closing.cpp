// SPDX-License-Identifier: Apache-2.0
#include "farm/watchers/closing.hpp"

#include <algorithm>
#include <filesystem>

#include "farm/run_files.hpp"
#include "farm/watchers/words.hpp"

namespace pia::farm {
namespace {

constexpr std::size_t kMostFailures = 20;

std::string made_words(const Summary& summary, const Board& board, const WatchSetting& setting) {
  const std::string folder = shortened_path(board.out + "/videos", setting.working_directory);
  const int done = summary.done_before + summary.done_now;
  std::string text = counted(done, "clip") + " of " + std::to_string(summary.shots) + " in " + folder;
  if (summary.done_now > 0) {
    text += ": " + std::to_string(summary.done_now) + " rendered now";
    if (summary.done_before > 0) text += ", " + std::to_string(summary.done_before) + " before";
    text += "; " + duration_words(summary.seconds);
  } else if (summary.done_before > 0) {
    text += ": all rendered before";
  }
  text += "\n";
  if (board.device == "fake") {
    text += std::string(kRehearsalSentence) + "\n";
  } else if (board.rule_made && done > 0) {
    text += std::string(kRuleMadeSentence) + "\n";
  }
  return text;
}

std::string page_words(const Summary& summary, const Board& board, const WatchSetting& setting) {
  std::string text;
  const auto name = [&](const char* what, const std::string& path) {
    std::error_code error;
    if (std::filesystem::exists(path, error))
      text += what + shortened_path(path, setting.working_directory) + "\n";
  };
  if (summary.done_before + summary.done_now > 0) name("gallery: ", gallery_page(board.out));
  name("report:  ", report_page(board.out));
  return text;
}

std::string failure_words(const Summary& summary, const WatchSetting& setting) {
  std::string text;
  const std::size_t listed = std::min(summary.failures.size(), kMostFailures);
  for (std::size_t i = 0; i < listed; ++i) {
    const Summary::Failure& failure = summary.failures[i];
    text += "failed: " + printable(failure.name) + ": " + printable(failure.reason) +
            "\n  again: " + repeat_command(setting, failure.shot) + "\n";
  }
  if (summary.failures.size() > listed) {
    text += "failed: " + std::to_string(summary.failures.size() - listed) + " more; see: " + setting.program +
            " status " + setting.job_words + "\n";
  }
  return text;
}

std::string go_on_command(const WatchSetting& setting) {
  if (setting.only) return repeat_command(setting, *setting.only);
  return setting.program + " " + setting.render_flags + setting.run_flags + setting.job_words;
}

}  // namespace

Closing closing_words(const Summary& summary, const Board& board, const WatchSetting& setting) {
  Closing closing{.made = made_words(summary, board, setting),
                  .pages = page_words(summary, board, setting),
                  .complaints = failure_words(summary, setting)};
  for (const std::string& trouble : summary.video_troubles) {
    closing.complaints += "no video: " + printable(trouble) + "\n";
  }
  if (!summary.video_troubles.empty()) {
    closing.complaints += "  again: " + setting.program + " encode " + setting.job_words + "\n";
  }
  if (!summary.trouble.empty()) closing.complaints += "cannot go on: " + printable(summary.trouble) + "\n";
  if (summary.left() > 0) {
    closing.complaints +=
        counted(summary.left(), "shot") + " left; go on with: " + go_on_command(setting) + "\n";
  }
  return closing;
}

}  // namespace pia::farm
