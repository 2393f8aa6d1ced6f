// SPDX-License-Identifier: Apache-2.0
#include "dsl/internal/ranges.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>

namespace pia::dsl::internal {
namespace {

constexpr std::uint64_t kMostValues = 100000;

// Reads numbers and marks from the front of a text.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  bool skip(char mark) {
    spaces();
    if (text_.empty() || text_.front() != mark) return false;
    text_.remove_prefix(1);
    return true;
  }
  bool done() {
    spaces();
    return text_.empty();
  }
  // Digits with a sign and, for a double, a fraction.
  template <class Number>
  std::optional<Number> number() {
    spaces();
    Number value{};
    const bool has_plus = text_.starts_with('+');
    const char* const begin = text_.data() + (has_plus ? 1 : 0);
    const auto [end, error] = std::from_chars(begin, text_.data() + text_.size(), value);
    if (error != std::errc() || (has_plus && begin != end && *begin == '-')) return std::nullopt;
    text_.remove_prefix(static_cast<std::size_t>(end - text_.data()));
    return value;
  }

 private:
  void spaces() {
    while (!text_.empty() && (text_.front() == ' ' || text_.front() == '\t')) text_.remove_prefix(1);
  }
  std::string_view text_;
};

template <class Number>
struct Range {
  Number from{};
  Number to{};
  std::conditional_t<std::is_integral_v<Number>, std::int64_t, double> step = 1;
  std::uint64_t count = 0;  ///< of "[5]"; 0: by step
};

template <class Number>
std::optional<Range<Number>> read_range(Scanner& scanner) {
  const auto from = scanner.number<Number>();
  if (!from) return std::nullopt;
  Range<Number> range{.from = *from, .to = *from};
  if (!scanner.skip('-')) return range;
  const auto to = scanner.number<Number>();
  if (!to) return std::nullopt;
  range.to = *to;
  if (scanner.skip('(')) {
    const auto step = scanner.number<decltype(range.step)>();
    if (!step || *step == 0 || !scanner.skip(')')) return std::nullopt;
    range.step = *step;
  } else if (scanner.skip('[')) {
    const auto count = scanner.number<std::uint64_t>();
    if (!count || *count == 0 || *count > kMostValues || !scanner.skip(']')) return std::nullopt;
    range.count = *count;
  }
  return range;
}

// `part` of `parts` of the way; without overflow, as both are at most 100,000.
std::uint64_t share(std::uint64_t way, std::uint64_t part, std::uint64_t parts) {
  return way / parts * part + way % parts * part / parts;
}

template <class Whole>
struct Way {
  bool down = false;
  std::uint64_t length = 0;
  std::uint64_t step = 1;

  explicit Way(const Range<Whole>& range)
      : down(range.to < range.from),
        length(down ? static_cast<std::uint64_t>(range.from) - static_cast<std::uint64_t>(range.to)
                    : static_cast<std::uint64_t>(range.to) - static_cast<std::uint64_t>(range.from)),
        step(range.step < 0 ? 0 - static_cast<std::uint64_t>(range.step)
                            : static_cast<std::uint64_t>(range.step)) {}
};

// How many numbers it is; nothing if it never gets there.
template <class Whole>
std::optional<std::uint64_t> count_of(const Range<Whole>& range) {
  if (range.count > 0) return range.count;
  const Way<Whole> way(range);
  if (way.length > 0 && way.down != (range.step < 0)) return std::nullopt;
  return std::min(way.length / way.step, kMostValues) + 1;
}

std::optional<std::uint64_t> count_of(const Range<double>& range) {
  const double way = range.to - range.from;
  if (!std::isfinite(way)) return std::nullopt;
  if (range.count > 0) return range.count;
  const double steps = std::floor(way / range.step + 1e-9);
  if (!(steps >= 0)) return std::nullopt;
  return static_cast<std::uint64_t>(std::min(steps, static_cast<double>(kMostValues))) + 1;
}

template <class Whole>
void spread(const Range<Whole>& range, std::uint64_t count, std::vector<Whole>& values) {
  const Way<Whole> way(range);
  const auto from = static_cast<std::uint64_t>(range.from);
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t parts = std::max<std::uint64_t>(range.count, 2) - 1;
    const std::uint64_t far = range.count > 0 ? share(way.length, i, parts) : i * way.step;
    values.push_back(static_cast<Whole>(way.down ? from - far : from + far));
  }
}

// 0.1, 0.2, 0.3 rather than 0.30000000000000004.
double tidy(double value) {
  char buffer[64];
  const auto written = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::general, 12);
  std::from_chars(buffer, written.ptr, value);
  return value;
}

void spread(const Range<double>& range, std::uint64_t count, std::vector<double>& values) {
  const double way = range.to - range.from;
  const double parts = range.count > 1 ? static_cast<double>(range.count - 1) : 1;
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto number = static_cast<double>(i);
    values.push_back(tidy(range.from + (range.count > 0 ? way * number / parts : number * range.step)));
  }
}

template <class Number>
std::optional<std::vector<Number>> numbers(const std::string& text) {
  Scanner scanner(text);
  std::vector<std::pair<Range<Number>, std::uint64_t>> ranges;
  std::uint64_t sum = 0;
  do {
    const auto range = read_range<Number>(scanner);
    const auto count = range ? count_of(*range) : std::nullopt;
    if (!count) return std::nullopt;
    ranges.emplace_back(*range, *count);
    sum += *count;
    if (sum > kMostValues) return std::nullopt;
  } while (scanner.skip(','));
  if (!scanner.done()) return std::nullopt;
  std::vector<Number> values;
  values.reserve(sum);
  for (const auto& [range, count] : ranges) spread(range, count, values);
  return values;
}

template <class Number, class Data>
std::optional<List> list_of(const Value& value, Data data) {
  const auto values = numbers<Number>(*get<std::string>(value));
  if (!values) return std::nullopt;
  List list;
  list.reserve(values->size());
  for (const Number number : *values) list.push_back({.data = data(number), .place = value.place});
  return list;
}

// "auto x4"
std::optional<List> autos(const Value& value) {
  constexpr std::string_view kStart = "auto x";
  constexpr std::uint64_t kMost = 1000;
  const std::string& text = *get<std::string>(value);
  if (!text.starts_with(kStart)) return std::nullopt;
  Scanner scanner(std::string_view(text).substr(kStart.size()));
  const auto count = scanner.number<std::uint64_t>();
  if (!count || *count == 0 || *count > kMost || !scanner.done()) return std::nullopt;
  List list;
  for (std::uint64_t i = 0; i < *count; ++i) {
    list.push_back({.data = i == 0 ? "auto" : "auto+" + std::to_string(i), .place = value.place});
  }
  return list;
}

// Nothing if it is no range.
std::optional<List> listed(const Key& key, const Value& value) {
  if (!takes_ranges(key) || get<std::string>(value) == nullptr) return std::nullopt;
  if (key.type == Type::real) return list_of<double>(value, [](double number) { return number; });
  if (key.type == Type::whole) {
    return list_of<std::int64_t>(value, [](std::int64_t number) { return number; });
  }
  if (auto list = autos(value)) return list;
  return list_of<std::uint64_t>(value, [](std::uint64_t number) { return std::to_string(number); });
}

}  // namespace

bool takes_ranges(const Key& key) {
  return key.type == Type::whole || key.type == Type::real || key.type == Type::seed;
}

std::optional<List> quiet_range(const Key& key, const Value& value, Complaints& complaints) {
  auto list = complaints.has_too_many_numbers() ? std::nullopt : listed(key, value);
  if (list && complaints.may_have_numbers(value.place, list->size())) return list;
  if (complaints.has_too_many_numbers()) complaints.doubt(key.name);
  return std::nullopt;
}

std::optional<List> range_of(const Key& key, const std::string& label, const Value& value,
                             Complaints& complaints) {
  auto list = quiet_range(key, value, complaints);
  if (list || complaints.has_too_many_numbers()) return list;
  complaints.error(value.place, label + " = " + described(value) +
                                    " is no range of at most 100000 numbers; write a list, \"1000-1003\", "
                                    "\"1-9 (+2)\" or \"1-100 [5]\"" +
                                    (key.type == Type::seed ? ", or \"auto x4\"" : ""));
  return std::nullopt;
}

}  // namespace pia::dsl::internal
