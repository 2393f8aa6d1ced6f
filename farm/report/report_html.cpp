// SPDX-License-Identifier: Apache-2.0
#include "farm/report/html.hpp"
#include "farm/report/measures.hpp"
#include "farm/report/sentences.hpp"
#include "farm/watchers/words.hpp"

namespace pia::farm {
namespace {

constexpr std::size_t kShortId = 12;

constexpr const char* kHead = R"(<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<style>
body { font: 15px/1.45 system-ui, sans-serif; max-width: 60em; margin: 2em auto; padding: 0 1em; color: #222; }
h1 { font-size: 1.4em; margin-bottom: 0; } h2 { font-size: 1.1em; margin-top: 1.8em; }
p { margin: .3em 0; } .dim { color: #666; }
table { border-collapse: collapse; width: 100%; }
td, th { text-align: left; padding: .25em .8em .25em 0; border-bottom: 1px solid #ddd; vertical-align: top; }
td.n { text-align: right; white-space: nowrap; } td.bar { width: 35%; }
.bar div { background: #4a7fb5; height: .8em; margin-top: .3em; } .done { height: .8em; background: #ddd; }
.done div { height: .8em; background: #4d9a5b; float: left; } .done div.failed { background: #c0504d; }
code { background: #f3f3f3; padding: .1em .3em; overflow-wrap: anywhere; }
</style>
)";

std::string paragraph(const std::string& text) {
  return text.empty() ? "" : "<p>" + html_escaped(text) + "</p>\n";
}

std::string cell(const std::string& text) {
  return "<td>" + html_escaped(text) + "</td>";
}

std::string number_cell(const std::string& text) {
  return "<td class=\"n\">" + html_escaped(text) + "</td>";
}

std::string width(double share) {
  return "style=\"width:" + std::to_string(static_cast<int>(100 * share + 0.5)) + "%\"";
}

std::string bar_cell(double share) {
  return "<td class=\"bar\"><div " + width(share) + "></div></td>";
}

std::string progress(const RunFacts& facts) {
  const double all = facts.shots.empty() ? 1 : static_cast<double>(facts.shots.size());
  return "<div class=\"done\"><div " + width(facts.done() / all) + "></div><div class=\"failed\" " +
         width(facts.failed() / all) + "></div></div>\n";
}

std::string failures(const RunFacts& facts, const ReportWords& words) {
  if (facts.failed() == 0) return "";
  std::string text = "<h2>Failed</h2>\n<table>\n";
  for (const ShotFacts& shot : facts.shots) {
    if (!shot.gave_up || shot.done) continue;
    text += "<tr><td>" + html_escaped(shot.name) + "<br><span class=\"dim\">" +
            to_hex(shot.id).substr(0, kShortId) + "</span></td><td>" + html_escaped(shot.reason) +
            "<br><code>" + html_escaped(again(shot, words)) + "</code></td></tr>\n";
  }
  return text + "</table>\n";
}

std::string measure_cell(jobs::Metric metric, const MeasuredShot& shot) {
  return "<td>" + html_escaped(measure_words(metric, shot.value)) + "<br><span class=\"dim\">" +
         html_escaped(shot.name) + "</span></td>";
}

std::string measures(const RunFacts& facts) {
  std::string text;
  for (const MetricFacts& metric : metric_facts(facts)) {
    text += "<tr>" + cell(std::string(to_word(metric.metric))) + measure_cell(metric.metric, metric.least) +
            measure_cell(metric.metric, metric.median) + measure_cell(metric.metric, metric.most) + "<td>";
    for (const MetricFacts::End& end : metric.ends)
      text += "<p>" + html_escaped(end.title + ": " + listed_clips(metric.metric, end)) + "</p>";
    text += "</td></tr>\n";
  }
  if (text.empty()) return "";
  return "<h2>Measures of the clips</h2>\n<p class=\"dim\">motion and flicker in 1/255</p>\n<table>\n"
         "<tr><th>metric</th><th>least</th><th>median</th><th>most</th><th>worth a look</th></tr>\n" +
         text + "</table>\n";
}

std::string starts(const RunFacts& facts, const ReportWords& words) {
  const StartLines starts = start_lines(facts, words);
  std::string text =
      "<h2>Starts</h2>\n<table>\n<tr><th>when</th><th>how long</th><th>work</th><th>what it made</th>"
      "<th>how it ended</th></tr>\n";
  if (starts.before > 0) {
    text += "<tr><td class=\"dim\" colspan=\"5\">" + std::to_string(starts.before) + " before</td></tr>\n";
  }
  for (const StartLine& line : starts.lines) {
    text += "<tr>" + cell(line.when) + cell(line.took) + cell(line.busy) + cell(line.shots) + cell(line.end) +
            "</tr>\n";
  }
  return text + "</table>\n";
}

std::string phases(const RunFacts& facts) {
  std::string text = "<h2>Time of all workers, by phase</h2>\n<table>\n";
  for (const PhaseLine& line : phase_lines(facts)) {
    text += "<tr>" + cell(line.name) + number_cell(duration_words(line.seconds)) +
            number_cell(percent(line.share)) + bar_cell(line.share) + "</tr>\n";
  }
  return text + "</table>\n";
}

std::string workers(const RunFacts& facts) {
  std::string text =
      "<h2>Workers</h2>\n<table>\n<tr><th>where</th><th>shots</th><th>failed attempts</th><th>at "
      "work</th><th></th></tr>\n";
  for (const PlaceFacts& place : places_of(facts)) {
    std::string name = html_escaped(place.name);
    for (const std::string& trouble : place.troubles)
      name += "<br><span class=\"dim\">" + html_escaped(trouble) + "</span>";
    text += "<tr><td>" + name + "</td>" + number_cell(std::to_string(place.done)) +
            number_cell(std::to_string(place.failed)) + number_cell(percent(utilisation(place))) +
            bar_cell(utilisation(place)) + "</tr>\n";
  }
  return text + "</table>\n";
}

}  // namespace

std::string report_html(const RunFacts& facts, const ReportWords& words) {
  std::string text = std::string(kHead) + "<title>" + html_escaped(facts.job_name) +
                     "</title></head><body>\n<h1>" + html_escaped(facts.job_name) +
                     "</h1>\n<p class=\"dim\">" + html_escaped(facts.out) + "</p>\n" +
                     paragraph(count_sentence(facts)) + progress(facts) + paragraph(frames_sentence(facts)) +
                     paragraph(time_sentence(facts, words));
  if (!facts.starts.empty()) {
    const Losses losses = losses_of(facts);
    text += paragraph(end_sentence(facts)) + paragraph(losses_sentence(losses)) +
            paragraph(redone_sentence(losses)) + failures(facts, words) + measures(facts) +
            starts(facts, words) + phases(facts) + workers(facts);
  }
  return text + "</body></html>\n";
}

}  // namespace pia::farm
