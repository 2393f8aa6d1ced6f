// SPDX-License-Identifier: Apache-2.0
#include <optional>

#include "dsl/internal/forms.hpp"
#include "dsl/internal/key_table.hpp"
#include "dsl/internal/value.hpp"
#include "dsl/schema.hpp"
#include "jobs/core/number.hpp"

namespace pia::dsl {
namespace {

using namespace internal;

constexpr std::size_t kLongestDefault = 40;

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

std::string range_of(const Key& key) {
  if (key.range.from == Range{}.from || key.range.to == Range{}.to) return "";
  return (key.range.above ? " above " : " ") + jobs::number_text(key.range.from) +
         (key.range.above ? " to " : "..") + jobs::number_text(key.range.to);
}

std::string words_of(const Key& key) {
  std::vector<std::string> words;
  for (const std::string_view word : key.words()) words.push_back("\"" + std::string(word) + "\"");
  return joined(words);
}

std::string form_of(const Key& key) {
  switch (key.type) {
    case Type::table:
      return "table";
    case Type::text:
    case Type::label:
      return "string";
    case Type::path:
      return "path";
    case Type::roots:
      return "path or list of paths";
    case Type::texts:
      return "list of strings";
    case Type::word:
      return words_of(key);
    case Type::words:
      return "list of " + words_of(key);
    case Type::flag:
      return "true or false";
    case Type::whole:
      return "whole number" + range_of(key);
    case Type::real:
      return "number" + range_of(key);
    case Type::seed:
      return "whole number, string of digits" +
             std::string(key.section == Section::shot ? ", -1 or \"auto\"" : "");
    case Type::magnitude:
      return words_of(key) + ", or 0 to 2";
    case Type::affinity:
      return "list of numbers 0..1, or { from, to }";
    case Type::prompt:
      return "string, \"@id\", or travel table (at the end)";
    case Type::triggers:
      return "string, list of strings, or false";
    case Type::loras:
      return "list of { id or path, weight, weight_te }";
    case Type::context:
      return "{ length = 16, overlap = a quarter of it, schedule = \"uniform\" (or \"static\", \"looped\") "
             "}, or false";
  }
  return "";
}

// A bar would end the cell.
std::string cell(const std::string& text) {
  std::string out;
  for (const char c : text) out += c == '|' ? std::string("\\|") : std::string(1, c);
  return out;
}

std::string default_of(const Key& key) {
  if (key.initial.empty()) return "";
  if (key.initial.size() > kLongestDefault) return "PIA's list";
  return "`" + std::string(key.initial) + "`";
}

std::string row(const Key& key) {
  std::string meaning(key.meaning);
  const auto others = parts_of(key.other_names);
  if (!key.accepted.empty()) meaning += "; also written `" + std::string(key.accepted) + "`";
  if (!others.empty()) meaning += " (elsewhere: " + joined(others) + ")";
  if (key.state == State::planned) meaning += ". **Checked and planned, not yet rendered.**";
  return "| `" + std::string(key.name) + "` | " + cell(form_of(key)) + " | " + cell(default_of(key)) + " | " +
         cell(meaning) + " |\n";
}

std::string table(Section section) {
  std::string text = "\n## " + std::string(section_title(section)) +
                     "\n\n| Key | Value | Default | Meaning |\n|---|---|---|---|\n";
  for (const Key& key : all_keys()) {
    if (key.section == section) text += row(key);
  }
  return text;
}

// A bar in code is written "\\|", which a table takes for a bar.
std::string forms_text() {
  std::string text =
      "\n## How values are written\n\n"
      "Each example is a line of a job file; `pia-farm check` says what is wrong with yours.\n";
  std::optional<FormGroup> group;
  for (const Form& form : all_forms()) {
    if (group != form.group) {
      const FormTitle title = title_of(form.group);
      text += "\n### " + std::string(title.title) + "\n\n" + std::string(title.text) +
              "\n\n| Written | Meaning |\n|---|---|\n";
    }
    group = form.group;
    text += "| `" + cell(std::string(form.example)) + "` | " + cell(std::string(form.meaning)) + " |\n";
  }
  return text;
}

}  // namespace

std::string reference_page() {
  std::string text =
      "# Keys of job files and site files\n\n"
      "Made from the table that binds them: `pia-farm schema --reference > dsl/REFERENCE.md`. Shot keys "
      "(those of\n"
      "[[shot]]) also stand in [defaults], in [[grid]] (but `name`, which is the grid's), as `axes.KEY`, in "
      "`pairs`,\n"
      "`include` and the `set` of an [[override]], in [models.ID] (but image, model and name), and as "
      "`--set`;\n"
      "`resize`, `width` and `height` also in [images.ID]. How prompts that travel, choices, weights, "
      "ranges and\n"
      "patterns are written stands at the end.\n";
  for (const Section section :
       {Section::top,       Section::job,    Section::paths,        Section::model,   Section::motion,
        Section::image,     Section::lora,   Section::prompt_id,    Section::shot,    Section::grid,
        Section::overrides, Section::output, Section::gallery,      Section::quality, Section::train,
        Section::optimizer, Section::data,   Section::train_output, Section::site,    Section::worker,
        Section::slurm}) {
    text += table(section);
  }
  return text + forms_text();
}

}  // namespace pia::dsl
