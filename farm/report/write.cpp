// SPDX-License-Identifier: Apache-2.0
#include "farm/report/write.hpp"

#include <algorithm>
#include <span>

#include "jobs/core/error.hpp"

namespace pia::farm {

std::string write_report(storage::FileOps& files, const jobs::Plan& plan, const ReportWords& words) {
  try {
    const storage::Replay replay = storage::replay(files, plan.out);
    if (replay.records.empty()) return "";
    const RunFacts facts = facts_of(plan, replay.records);
    const std::string tag = "e" + std::to_string(replay.records.back().epoch) + "-report";
    const std::string text = report_text(facts, words);
    const std::string html = report_html(facts, words);
    storage::replace_file(files, plan.out + "/report.txt", std::as_bytes(std::span(text)), tag);
    storage::replace_file(files, plan.out + "/report.html", std::as_bytes(std::span(html)), tag);
    return "";
  } catch (const jobs::Error& error) {
    return std::string("no report could be written: ") + error.what();
  }
}

}  // namespace pia::farm
