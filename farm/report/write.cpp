// SPDX-License-Identifier: Apache-2.0
#include "farm/report/write.hpp"

#include <span>

#include "farm/catalog.hpp"
#include "jobs/core/error.hpp"
#include "storage/lease.hpp"

namespace pia::farm {

std::string write_report(storage::FileOps& files, const jobs::Plan& plan, const ReportWords& words,
                         const ReportMoment& moment) {
  try {
    const storage::Replay replay = storage::replay(files, plan.out);
    if (replay.records.empty()) return "";
    RunFacts facts = facts_of(plan, replay.records);
    facts.rule_made = has_rule_made_model(plan);
    const auto write = [&](const char* name, const std::string& text) {
      storage::check_epoch(files, plan.out, moment.epoch);
      storage::replace_file(files, plan.out + name, std::as_bytes(std::span(text)),
                            "e" + std::to_string(moment.epoch) + "-report");
    };
    write("/status.tsv", status_tsv(facts, moment));
    write("/report.txt", report_text(facts, words));
    write("/report.html", report_html(facts, words));
    storage::check_epoch(files, plan.out, moment.epoch);
    write_gallery(files, plan, facts, "e" + std::to_string(moment.epoch) + "-report");
    return "";
  } catch (const storage::FencedOff&) {
    return "";  // Its owner writes it.
  } catch (const jobs::Error& error) {
    return std::string("no report could be written: ") + error.what();
  }
}

}  // namespace pia::farm
