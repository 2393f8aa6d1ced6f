// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "farm/report/facts.hpp"

namespace pia::farm {

/// A clip by its shot's name, with one of its measures.
struct MeasuredShot {
  std::string name;
  double value = 0;
};

/// One metric over the clips that have it, at least one.
struct MetricFacts {
  jobs::Metric metric = jobs::Metric::psnr;
  std::size_t clips = 0;
  MeasuredShot least = {};
  MeasuredShot median = {};  ///< of an even number the lower of both in the middle
  MeasuredShot most = {};
  struct End {
    std::string title;  ///< "moved least"
    std::vector<MeasuredShot> shots;
  };
  std::vector<End> ends = {};  ///< clips to look at, the outermost first; none of fewer than three clips
};

/// Of the shots that are done, metric by metric. At an end are a tenth of the clips, at most five: of psnr
/// the least, of motion the least and the most, of flicker the most; never one that is as the median.
std::vector<MetricFacts> metric_facts(const RunFacts& facts);

/// "28.90 dB", "4.52"
std::string measure_words(jobs::Metric metric, double value);

/// "psnr 28.90 dB, motion 4.52, flicker 1.20": those that are there.
std::string measure_words(const jobs::Measures& measures);

/// "cat 12.31 dB, hen 13.02 dB"
std::string listed_clips(jobs::Metric metric, const MetricFacts::End& end);

}  // namespace pia::farm
