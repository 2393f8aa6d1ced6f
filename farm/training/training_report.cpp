// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <sstream>

#include "farm/training/training_status.hpp"

namespace pia::farm {
namespace {

constexpr double kWidth = 760;
constexpr double kHeight = 260;
constexpr double kLeft = 60;
constexpr double kTop = 10;
constexpr std::size_t kMostPoints = 400;

struct Point {
  double step = 0;
  double loss = 0;
};

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    out += c == '<'   ? "&lt;"
           : c == '>' ? "&gt;"
           : c == '&' ? "&amp;"
           : c == '"' ? "&quot;"
                      : std::string(1, c);
  }
  return out;
}

std::string number(double value, const char* form) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), form, value);
  return text.data();
}

/// Means of as many neighbours as make the curve fit a page.
std::vector<Point> thinned(const std::vector<renderer::StepReport>& curve) {
  const std::size_t group = std::max<std::size_t>(1, (curve.size() + kMostPoints - 1) / kMostPoints);
  std::vector<Point> points;
  for (std::size_t at = 0; at < curve.size(); at += group) {
    const std::size_t end = std::min(curve.size(), at + group);
    Point mean;
    for (std::size_t i = at; i < end; ++i) {
      mean.step += static_cast<double>(curve[i].step);
      mean.loss += curve[i].loss;
    }
    const auto count = static_cast<double>(end - at);
    points.push_back({.step = mean.step / count, .loss = mean.loss / count});
  }
  return points;
}

std::string label(double x, double y, const std::string& text) {
  return "<text x=\"" + number(x, "%.1f") + "\" y=\"" + number(y, "%.1f") + "\">" + text + "</text>\n";
}

/// The loss by step, on a logarithmic scale: a curve that still falls is seen to fall.
std::string plot(const std::vector<renderer::StepReport>& curve, int steps) {
  std::vector<Point> points = thinned(curve);
  std::erase_if(points, [](const Point& point) { return !(point.loss > 0) || !std::isfinite(point.loss); });
  if (points.empty()) return "<p>No step is told yet.</p>\n";
  const auto [least, most] = std::ranges::minmax_element(points, {}, &Point::loss);
  const double low = std::log(least->loss);
  const double high = std::max(std::log(most->loss), low + 1e-9);
  const auto x = [&](double step) { return kLeft + (kWidth - kLeft) * step / std::max(steps, 1); };
  const auto y = [&](double loss) { return kTop + kHeight * (high - std::log(loss)) / (high - low); };
  std::string line;
  for (const Point& point : points) {
    line += number(x(point.step), "%.1f") + "," + number(y(point.loss), "%.1f") + " ";
  }
  return "<svg viewBox=\"0 0 " + number(kWidth + 10, "%.0f") + " " + number(kHeight + 40, "%.0f") +
         "\" role=\"img\" aria-label=\"loss by step\">\n<polyline points=\"" + line + "\"/>\n" +
         label(0, kTop + 10, number(std::exp(high), "%.3g")) +
         label(0, kTop + kHeight, number(std::exp(low), "%.3g")) + label(kLeft, kTop + kHeight + 24, "0") +
         label(kWidth - 60, kTop + kHeight + 24, std::to_string(steps) + " steps") + "</svg>\n";
}

std::string samples(const TrainingStatus& status) {
  if (status.sheet.empty()) return "";
  std::string lines;
  std::istringstream captions(status.captions);
  for (std::string caption; std::getline(captions, caption);) lines += "<li>" + escaped(caption) + "</li>\n";
  return "<h2>Samples</h2>\n<p>" + escaped(status.sheet) +
         ": above what was given, below what the network makes by itself (before them its condition picture, "
         "if that is "
         "another). Earlier ones lie beside it.</p>\n"
         "<img src=\"" +
         escaped(status.sheet) + "\" alt=\"samples\">\n<ol>\n" + lines + "</ol>\n";
}

}  // namespace

std::string training_report_html(const TrainingStatus& status) {
  return "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
         "content=\"width=device-width\">\n<title>" +
         escaped(status.planned.training.name) +
         "</title>\n<style>\nbody{font:15px/1.5 system-ui,sans-serif;max-width:52rem;margin:2rem auto;"
         "padding:0 1rem}\nsvg text{font-size:12px;fill:currentColor}\npolyline{fill:none;stroke:#2a6fb0;"
         "stroke-width:1.5}\nimg{max-width:100%;image-rendering:pixelated}\n</style></head><body>\n<h1>" +
         escaped(status.planned.training.name) + "</h1>\n<pre>" + escaped(training_status_text(status)) +
         "</pre>\n<h2>Loss</h2>\n" + plot(status.curve, status.planned.training.steps) + samples(status) +
         "<h2>What it is</h2>\n<pre>" + escaped(training_plan_text(status.planned)) +
         "</pre>\n</body></html>\n";
}

}  // namespace pia::farm
