// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <filesystem>
#include <optional>
#include <sstream>

#include "dsl/csv.hpp"
#include "dsl/import/foreign_words.hpp"
#include "dsl/import/importers.hpp"
#include "dsl/import/tree.hpp"
#include "dsl/internal/check_value.hpp"
#include "dsl/internal/find_file.hpp"
#include "dsl/internal/key_table.hpp"
#include "dsl/internal/read.hpp"

namespace pia::dsl::internal {
namespace {

constexpr std::size_t kMostColumns = 200;
constexpr std::size_t kMostShots = 5000;

struct Column {
  const Key* key = nullptr;  ///< nullptr: left out
  std::string name;
};

// By the key's name or another program's; a near word is no name here.
const Key* key_called(const std::string& word) {
  const Key* own = find_key(Section::shot, word);
  if (own != nullptr) return own;
  for (const Key* key : keys_of(Section::shot)) {
    const auto others = parts_of(key->other_names);
    if (std::ranges::find(others, word) != others.end()) return key;
  }
  return nullptr;
}

std::vector<Column> columns_of(const CsvRow& header, Complaints& notes) {
  std::vector<Column> columns;
  for (const CsvCell& cell : header.cells) {
    const Place place{.line = cell.line, .column = cell.column};
    const Key* key = key_called(cell.text);
    const bool is_twin = key != nullptr && std::ranges::find(columns, key, &Column::key) != columns.end();
    if (is_twin) {
      notes.error(place, "the column " + in_quotes(cell.text) + " is " + std::string(key->name) +
                             " a second time; it is left out");
    } else if (key == nullptr) {
      const std::string near = meant_key(Section::shot, cell.text);
      notes.warning(place, "no shot key is called " + in_quotes(cell.text) +
                               (near.empty() ? "" : "; did you mean " + in_quotes(near) + "?") +
                               "; the column is left out");
    }
    columns.push_back({.key = is_twin ? nullptr : key, .name = cell.text});
  }
  return columns;
}

struct Row {
  TomlBlock shot = {.header = "[[shot]]"};
  std::optional<std::string> trouble = {};
  Place place = {};
  std::vector<LoraTag> loras = {};  ///< of all its cells
};

bool is_written_as_it_is(const Key& key) {
  return key.type == Type::text || key.type == Type::label || key.type == Type::path ||
         key.type == Type::prompt || key.type == Type::word;
}

void add_motion_words(const Column& column, const CsvCell& cell, Row& row) {
  const Value text = text_value(cell.text);
  const auto index = whole_of(&text);
  const auto list = column.name == "motion_scale" ? RangeList::diffusers : RangeList::pia;
  const auto motion = index ? motion_of(*index, list) : std::nullopt;
  if (!motion) {
    row.trouble = column.name + " = " + in_quotes(cell.text) + " is no row of the affinity tables (-9 to 8)";
    return;
  }
  if (motion->mode != "animate") row.shot.lines.push_back({.key = "mode", .value = text_value(motion->mode)});
  row.shot.lines.push_back({.key = "magnitude", .value = text_value(motion->magnitude)});
}

void add_prompt(const Column& column, const CsvCell& cell, Row& row, Complaints& notes) {
  const WithoutLoras prompt = without_loras(cell.text);
  row.shot.lines.push_back({.key = std::string(column.key->name), .value = text_value(prompt.text)});
  if (column.key->name == "prompt") {
    row.loras.insert(row.loras.end(), prompt.loras.begin(), prompt.loras.end());
  } else if (!prompt.loras.empty()) {
    notes.warning(row.place, "the LoRAs of " + column.name + " are left out: one acts on the whole picture");
  }
}

// "ink; genshin:0.8": names and weights, as in AUTOMATIC1111's tags.
void add_lora_cell(const std::string& cell, Row& row) {
  std::string tags;
  std::istringstream names(cell);
  for (std::string name; std::getline(names, name, ';');) {
    name = trimmed(name);
    if (!name.empty()) tags += "<lora:" + name + ">";
  }
  for (LoraTag& tag : without_loras(tags).loras) row.loras.push_back(std::move(tag));
}

// Pictures lie beside the table; models that don't are left to [paths] and the site.
std::string path_in_job(const Key& key, const std::string& path, const Importing& importing) {
  const std::string folder = std::filesystem::path(importing.source.path).parent_path().string();
  const std::string beside = joined_path(folder, path);
  const bool is_there = importing.catalog.kind(beside) != Catalog::Kind::none;
  return key.name == "image" || is_there ? path_from(importing.options.job_folder, beside) : path;
}

void add_cell(const Column& column, const CsvCell& cell, const Importing& importing, Row& row) {
  const Key& key = *column.key;
  const std::string name(key.name);
  row.place = {.line = cell.line, .column = cell.column};
  if (column.name == "mask_sim_range" || column.name == "motion_scale")
    return add_motion_words(column, cell, row);
  if (name == "sampler") return add_sampler(row.shot, cell.text, row.place, importing.notes);
  if (key.type == Type::loras) return add_lora_cell(cell.text, row);
  if (key.state != State::built) {
    row.shot.lines.push_back({.key = name, .value = text_value(cell.text), .state = TomlLine::State::off});
    importing.notes.warning(row.place, name + " is not rendered yet; it is left out");
    return;
  }
  if (key.type == Type::prompt) return add_prompt(column, cell, row, importing.notes);
  Value value{.data = cell.text, .place = row.place};
  if (!is_written_as_it_is(key)) value = read_value(cell.text, row.place);
  if (key.type == Type::texts && get<std::string>(value) != nullptr) {
    value = {.data = List{value}, .place = row.place};
  }
  Complaints said("", {});
  const Value checked_value = checked(key, column.name, value, said);
  if (is_broken(checked_value)) {
    row.trouble = said.sorted().front().sentence;
    return;
  }
  if (key.type == Type::path) {
    const std::string path = path_in_job(key, *get<std::string>(checked_value), importing);
    row.shot.lines.push_back({.key = name, .value = text_value(path)});
  } else if (key.type == Type::seed) {
    row.shot.lines.push_back({.key = name, .value = seed_value(checked_value).value_or(checked_value)});
  } else {
    row.shot.lines.push_back({.key = name, .value = checked_value});
  }
}

void add_row(const CsvRow& given, const std::vector<Column>& columns, const Importing& importing,
             ImportedJob& job) {
  Row row{.place = {.line = given.cells.front().line, .column = 1}};
  if (!given.trouble.empty()) {
    row.trouble = given.trouble;
  } else if (given.cells.size() != columns.size()) {
    row.trouble = "this row has " + std::to_string(given.cells.size()) + " cells, the first line " +
                  std::to_string(columns.size());
  }
  for (std::size_t i = 0; !row.trouble && i < columns.size(); ++i) {
    if (columns[i].key != nullptr && !given.cells[i].text.empty()) {
      add_cell(columns[i], given.cells[i], importing, row);
    }
  }
  const auto is_image = [](const TomlLine& line) { return line.key == "image"; };
  if (!row.trouble && importing.options.image.empty() && std::ranges::none_of(row.shot.lines, is_image)) {
    row.trouble = "this row names no image";
  }
  for (LoraTag& tag : row.loras)
    tag.name = path_in_job(*find_key(Section::shot, "loras"), tag.name, importing);
  add_loras(row.shot, values_of(row.loras));
  if (row.trouble) {
    importing.notes.error(row.place, *row.trouble + "; the row is left out");
  } else if (job.shots.size() == kMostShots) {
    importing.notes.error(row.place, "a job has at most 5000 shots here; this row is left out");
  } else {
    job.shots.push_back(std::move(row.shot));
  }
}

bool lacks(const std::vector<Column>& columns, std::string_view name) {
  return std::ranges::none_of(
      columns, [&](const Column& column) { return column.key != nullptr && column.key->name == name; });
}

void add_missing(const std::vector<Column>& columns, const Importing& importing, ImportedJob& job) {
  if (lacks(columns, "model")) {
    importing.notes.warning({}, "no column names a model; model = \"model.safetensors\" is a guess");
    job.defaults.lines.push_back(
        {.key = "model", .value = text_value("model.safetensors"), .comment = "put the model's path here"});
  }
  if (lacks(columns, "motion")) add_motion(job.defaults, importing.options, importing.notes);
  if (!importing.options.image.empty()) add_image(job.defaults, importing.options, importing.notes);
}

}  // namespace

bool is_csv(const std::string& text) {
  const std::string first = text.substr(0, text.find('\n'));
  if (first.find_first_of(",;\t") == std::string::npos) return key_called(trimmed(first)) != nullptr;
  const auto rows = parse_csv(first);
  if (rows.empty() || rows[0].cells.size() > kMostColumns) return false;
  const auto known = std::ranges::count_if(
      rows[0].cells, [](const CsvCell& cell) { return key_called(cell.text) != nullptr; });
  return known * 2 >= static_cast<std::ptrdiff_t>(rows[0].cells.size());
}

ImportedJob import_csv(const std::string& text, const Importing& importing) {
  const std::vector<CsvRow> rows = parse_csv(text);
  if (!rows.front().trouble.empty()) throw NotImported{{.line = 1, .column = 1}, rows.front().trouble};
  const std::vector<Column> columns = columns_of(rows.front(), importing.notes);
  ImportedJob job;
  job.title = {"The table " + file_name(importing.source) + ", as a job of pia-farm: a shot a row."};
  add_missing(columns, importing, job);
  for (std::size_t i = 1; i < rows.size(); ++i) add_row(rows[i], columns, importing, job);
  if (job.shots.empty()) throw NotImported{{.line = 1, .column = 1}, "no row of the table makes a shot"};
  gather_defaults(job);
  return job;
}

}  // namespace pia::dsl::internal
