// SPDX-License-Identifier: Apache-2.0
#include "farm/report/measures.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace pia::farm {
namespace {

constexpr std::size_t kMostAtAnEnd = 5;
constexpr std::size_t kFewestWithEnds = 3;

/// From the least to the most; equals in the order of the plan.
std::vector<MeasuredShot> sorted(const RunFacts& facts, jobs::Metric metric) {
  std::vector<MeasuredShot> shots;
  for (const ShotFacts& shot : facts.shots) {
    if (shot.done && shot.measures[metric]) shots.push_back({shot.name, *shot.measures[metric]});
  }
  std::ranges::stable_sort(shots, {}, &MeasuredShot::value);
  return shots;
}

/// Those of the first ones that are not as the median.
void add_end(MetricFacts& facts, const std::string& title, const std::vector<MeasuredShot>& from_the_end) {
  if (facts.clips < kFewestWithEnds) return;
  const std::size_t most = std::min(kMostAtAnEnd, (facts.clips + 9) / 10);
  MetricFacts::End end{.title = title, .shots = {}};
  for (const MeasuredShot& shot : from_the_end) {
    if (end.shots.size() == most || shot.value == facts.median.value) break;
    end.shots.push_back(shot);
  }
  if (!end.shots.empty()) facts.ends.push_back(std::move(end));
}

MetricFacts facts_of_metric(jobs::Metric metric, const std::vector<MeasuredShot>& shots) {
  MetricFacts facts{.metric = metric,
                    .clips = shots.size(),
                    .least = shots.front(),
                    .median = shots[(shots.size() - 1) / 2],
                    .most = shots.back()};
  const std::vector<MeasuredShot> falling(shots.rbegin(), shots.rend());
  switch (metric) {
    case jobs::Metric::psnr:
      add_end(facts, "least like the picture", shots);
      break;
    case jobs::Metric::motion:
      add_end(facts, "moved least", shots);
      add_end(facts, "moved most", falling);
      break;
    case jobs::Metric::flicker:
      add_end(facts, "flickers most", falling);
      break;
  }
  return facts;
}

}  // namespace

std::vector<MetricFacts> metric_facts(const RunFacts& facts) {
  std::vector<MetricFacts> all;
  for (const jobs::Metric metric : jobs::kMetrics) {
    const auto shots = sorted(facts, metric);
    if (!shots.empty()) all.push_back(facts_of_metric(metric, shots));
  }
  return all;
}

std::string measure_words(jobs::Metric metric, double value) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), metric == jobs::Metric::psnr ? "%.2f dB" : "%.2f", value);
  return text.data();
}

std::string measure_words(const jobs::Measures& measures) {
  std::string text;
  for (const jobs::Metric metric : jobs::kMetrics) {
    if (!measures[metric]) continue;
    text += (text.empty() ? "" : ", ") + std::string(to_word(metric)) + " " +
            measure_words(metric, *measures[metric]);
  }
  return text;
}

std::string listed_clips(jobs::Metric metric, const MetricFacts::End& end) {
  std::string text;
  for (const MeasuredShot& shot : end.shots)
    text += (text.empty() ? "" : ", ") + shot.name + " " + measure_words(metric, shot.value);
  return text;
}

}  // namespace pia::farm
