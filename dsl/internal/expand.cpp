// SPDX-License-Identifier: Apache-2.0
#include "dsl/internal/expand.hpp"

#include <algorithm>
#include <queue>

#include "dsl/internal/job_seed.hpp"
#include "jobs/core/number.hpp"

namespace pia::dsl::internal {
namespace {

constexpr double kMostShots = 100000;

/// What looking at combinations takes: bounded, so that each job file is answered within a second.
struct Work {
  double combinations = 0;  ///< hashed, of grids that are sampled
  double tries = 0;         ///< of an exclude or include on a combination
  double comparisons = 0;   ///< of a condition with a value
};
constexpr Work kMostWork = {.combinations = 2e6, .tries = 1e7, .comparisons = 4e6};

void refuse_pattern(Settings& settings, Complaints& complaints, Section section = Section::shot) {
  const auto found = settings.find("image");
  if (found == settings.end()) return;
  const auto* text = get<std::string>(found->second);
  if (text == nullptr || text->find('*') == std::string::npos) return;
  complaints.error(found->second.place,
                   "image = " + in_quotes(*text) + " is a pattern; " +
                       (section == Section::grid ? "write axes.image = " + in_quotes(*text)
                                                 : "it belongs in axes.image of a [[grid]]"));
  found->second.data = Broken{};
  complaints.doubt("image");
}

List expanded(const Value& value, const Document& document, const FileFinder& finder,
              Complaints& complaints) {
  const auto* text = get<std::string>(value);
  if (text == nullptr || !is_pattern(*text) || document.images.contains(*text)) return {value};
  List list;
  for (std::string& path : finder.match(value))
    list.push_back({.data = std::move(path), .place = value.place});
  if (!list.empty()) return list;
  complaints.error(value.place, finder.unmatched(value).sentence);
  complaints.doubt("image");
  return {{.data = Broken{}, .place = value.place}};
}

std::string counted(double count) {
  return count < 1e15 ? std::to_string(static_cast<std::int64_t>(count)) : jobs::number_text(count);
}

// What an include adds to a combination: not the values that it found there, which it may call otherwise.
Layer without(Layer added, const Layer& chosen) {
  std::erase_if(added, [&](const auto& item) {
    return std::ranges::any_of(chosen, [&](const auto& own) { return own.first == item.first; });
  });
  return added;
}

// One block on its way to shots.
struct Spread {
  const Document& document;
  const Block& block;
  Combinations combinations;
  GridCount count;
  std::vector<std::int64_t> removed;  ///< by exclude

  Spread(const Document& of, const Block& from)
      : document(of), block(from), combinations(of, from), removed(from.excludes.size(), 0) {
    count = {.name = from.grid, .line = from.place.line};
  }

  // Every exclude looks at every combination, so that each is known to remove something or nothing.
  bool is_excluded(const Digits& digits) {
    bool any = false;
    for (std::size_t i = 0; i < block.excludes.size(); ++i) {
      const bool this_one = combinations.removes(i, digits);
      if (this_one) ++removed[i];
      any = any || this_one;
    }
    return any;
  }

  // Numbers of the combinations to keep, in their order: all, or those `sample` with the least hash.
  std::vector<std::uint64_t> kept() {
    const auto all = static_cast<std::uint64_t>(combination_count(block));
    if (all == 0) return {};
    const std::uint64_t salt = first_64_bits(jobs::sha256(job_seed(document)));
    const auto most = block.sample > 0 ? static_cast<std::size_t>(block.sample) : SIZE_MAX;
    std::priority_queue<std::pair<std::uint64_t, std::uint64_t>> chosen;
    Digits digits = combinations.digits(0);
    for (std::uint64_t number = 0; number < all; ++number, combinations.advance(digits)) {
      if (is_excluded(digits)) {
        ++count.excluded;
        continue;
      }
      const std::uint64_t hash = block.sample > 0 ? combinations.hash(digits, salt) : 0;
      if (chosen.size() == most && hash >= chosen.top().first) continue;
      chosen.emplace(hash, number);
      if (chosen.size() > most) chosen.pop();
    }
    std::vector<std::uint64_t> numbers;
    for (; !chosen.empty(); chosen.pop()) numbers.push_back(chosen.top().second);
    std::ranges::sort(numbers);
    count.combinations = static_cast<std::int64_t>(all);
    count.left_out = count.combinations - count.excluded - static_cast<std::int64_t>(numbers.size());
    return numbers;
  }

  void add(const Bundle* added, Layers layers, std::vector<FlatShot>& shots) {
    Values values = flattened(document, layers);
    shots.push_back(
        {.block = &block, .added = added, .values = std::move(values), .layers = std::move(layers)});
    ++count.shots;
  }

  void expand(std::vector<FlatShot>& shots) {
    std::vector<char> joined(block.includes.size(), 0);
    for (const std::uint64_t number : kept()) {
      const Digits digits = combinations.digits(number);
      Layers layers = {layer_of(block.settings), combinations.chosen(digits)};
      for (std::size_t i = 0; i < block.includes.size(); ++i) {
        if (!combinations.agrees(block.includes[i], digits)) continue;
        layers.push_back(without(layer_of(block.includes[i].settings), layers[1]));
        joined[i] = 1;
      }
      add(nullptr, std::move(layers), shots);
    }
    for (std::size_t i = 0; i < block.includes.size(); ++i) {
      const bool lost_by_chance = block.sample > 0 && combinations.may_agree(block.includes[i]);
      if (joined[i] != 0 || lost_by_chance) continue;
      add(&block.includes[i], {layer_of(block.settings), layer_of(block.includes[i].settings)}, shots);
      ++count.included;
    }
  }

  void note_idle(std::vector<IdleExclude>& idle) const {
    for (std::size_t i = 0; i < removed.size(); ++i) {
      if (removed[i] == 0 && !block.excludes[i].is_broken) idle.push_back({.block = &block, .number = i});
    }
  }
};

bool is_decided_by_axes(const Block& block, const std::string& key) {
  return std::ranges::any_of(block.axes, [&](const Axis& axis) { return axis.key == key; });
}

// An exclude is tried on every combination and compared with every value of an axis, or with every
// combination where no axis decides; an include is tried on what is kept.
Work work_of(const Block& block, double combinations) {
  double values = static_cast<double>(block.pairs.size());
  for (const Axis& axis : block.axes) values += static_cast<double>(axis.values.size());
  Work work{.combinations = block.sample > 0 ? combinations : 0,
            .tries = static_cast<double>(block.excludes.size() + block.includes.size()) * combinations,
            .comparisons = static_cast<double>(block.includes.size()) * values};
  for (const Match& exclude : block.excludes) {
    for (const Condition& condition : exclude.conditions) {
      const double with = is_decided_by_axes(block, condition.key) ? values : combinations;
      work.comparisons += static_cast<double>(condition.wanted.size()) * with;
    }
  }
  return work;
}

Work operator+(const Work& left, const Work& right) {
  return {.combinations = left.combinations + right.combinations,
          .tries = left.tries + right.tries,
          .comparisons = left.comparisons + right.comparisons};
}

// What is wrong with a grid of so many combinations, after the others' work; empty: nothing.
std::string too_much(const Block& block, double count, const Work& with_others) {
  const std::string has = "grid " + in_quotes(block.grid) + " has " + counted(count) + " combinations, ";
  if (block.sample == 0 && count > static_cast<double>(block.limit)) {
    return has + "more than its limit of " + std::to_string(block.limit) +
           "; shorten its axes, raise limit or write sample";
  }
  const std::string most = counted(kMostWork.combinations);
  if (count > kMostWork.combinations) {
    return has + "more than " + most + ", which is too many to choose a sample from; shorten its axes";
  }
  if (with_others.combinations > kMostWork.combinations) {
    return has + "with which samples are to be chosen from " + counted(with_others.combinations) +
           ", more than " + most + " a job; shorten its axes, or split the job into several files";
  }
  if (with_others.tries <= kMostWork.tries && with_others.comparisons <= kMostWork.comparisons) return "";
  const Work own = work_of(block, count);
  const bool alone = own.tries > kMostWork.tries || own.comparisons > kMostWork.comparisons;
  return "grid " + in_quotes(block.grid) + " has too many excludes and includes for " + counted(count) +
         " combinations" + (alone ? "" : ", after those of the grids above it") +
         "; leave some out, or split the job into several files";
}

}  // namespace

void expand_patterns(Document& document, const FileFinder& finder, Complaints& complaints) {
  refuse_pattern(document.defaults, complaints);
  refuse_pattern(document.sets, complaints);
  for (Override& change : document.overrides) refuse_pattern(change.settings, complaints);
  for (Block& block : document.blocks) {
    refuse_pattern(block.settings, complaints, block.section);
    for (Bundle& pair : block.pairs) refuse_pattern(pair.settings, complaints);
    for (Bundle& bundle : block.includes) refuse_pattern(bundle.settings, complaints);
    for (Axis& axis : block.axes) {
      if (axis.key != "image") continue;
      List values;
      for (const Value& value : axis.values) {
        const List more = expanded(value, document, finder, complaints);
        values.insert(values.end(), more.begin(), more.end());
      }
      axis.values = std::move(values);
    }
  }
}

Expansion expand(const Document& document, Complaints& complaints) {
  Expansion expansion;
  const auto refuse = [&](const Block& block, const std::string& sentence) {
    complaints.error(block.place, sentence);
    expansion.is_whole = false;
  };
  Work done;
  for (const Block& block : document.blocks) {
    const double count = combination_count(block);
    const bool is_grid = block.section == Section::grid;
    const double kept = block.sample > 0 ? std::min(count, static_cast<double>(block.sample)) : count;
    const Work with_others = done + work_of(block, count);
    const std::string trouble = is_grid ? too_much(block, count, with_others) : "";
    if (!trouble.empty()) {
      refuse(block, trouble);
    } else if (static_cast<double>(expansion.flats.size()) + kept > kMostShots) {
      refuse(block, "the job has more than 100000 shots; split it into several files");
      return expansion;
    } else {
      done = with_others;
      Spread spread(document, block);
      spread.expand(expansion.flats);
      spread.note_idle(expansion.idle);
      if (is_grid) expansion.grids.push_back(spread.count);
    }
  }
  return expansion;
}

}  // namespace pia::dsl::internal
