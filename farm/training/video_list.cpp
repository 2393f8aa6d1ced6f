// SPDX-License-Identifier: Apache-2.0
#include "farm/training/video_list.hpp"

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <optional>
#include <sstream>

#include "dsl/csv.hpp"
#include "jobs/core/error.hpp"

namespace pia::farm {
namespace {

struct Columns {
  std::size_t count = 0;
  std::size_t videoid = 0;
  std::size_t name = 0;
  std::optional<std::size_t> page_dir;
};

/// Gathers rows, and what is wrong with the first bad one.
class ListReader {
 public:
  explicit ListReader(const std::string& path) : path_(path) {}

  void take(dsl::CsvRow&& row) {
    if (!columns_) {
      columns_ = columns_of(row);
    } else if (const std::string trouble = trouble_of(row); trouble.empty()) {
      add(row);
    } else if (++bad_rows_ == 1) {
      first_trouble_ = at(row) + trouble;
    }
  }

  std::vector<ListedVideo> videos() && {
    if (bad_rows_ > 0) {
      throw jobs::InputError(
          first_trouble_ +
          (bad_rows_ == 1 ? "" : " (" + std::to_string(bad_rows_ - 1) + " more rows are wrong)"));
    }
    if (videos_.empty()) {
      throw jobs::InputError(path_ +
                             ":1: no row names a video; write lines of videoid,name,page_dir below "
                             "a first line that says just that");
    }
    return std::move(videos_);
  }

 private:
  std::string at(const dsl::CsvRow& row) const {
    return path_ + ":" + std::to_string(row.cells.front().line) + ": ";
  }

  static std::optional<std::size_t> place_of(const dsl::CsvRow& row, std::string_view name) {
    const auto found = std::ranges::find(row.cells, name, &dsl::CsvCell::text);
    if (found == row.cells.end()) return std::nullopt;
    return static_cast<std::size_t>(found - row.cells.begin());
  }

  Columns columns_of(const dsl::CsvRow& row) const {
    if (!row.trouble.empty()) throw jobs::InputError(at(row) + row.trouble);
    const auto needed = [&](std::string_view name) {
      const auto place = place_of(row, name);
      if (place) return *place;
      throw jobs::InputError(at(row) + "there is no column " + std::string(name) +
                             "; the first line has to name the columns: videoid,name,page_dir");
    };
    return {.count = row.cells.size(),
            .videoid = needed("videoid"),
            .name = needed("name"),
            .page_dir = place_of(row, "page_dir")};
  }

  std::string trouble_of(const dsl::CsvRow& row) const {
    if (!row.trouble.empty()) return row.trouble;
    if (row.cells.size() != columns_->count) {
      return "this row has " + std::to_string(row.cells.size()) + " cells, the first line " +
             std::to_string(columns_->count) + "; put quotes around a text with separators in it";
    }
    const bool is_named = !row.cells[columns_->videoid].text.empty();
    return is_named ? "" : "videoid is empty; name the video, or take the row out";
  }

  void add(dsl::CsvRow& row) {
    const auto cell = [&](std::size_t place) { return std::move(row.cells[place].text); };
    videos_.push_back({.videoid = cell(columns_->videoid),
                       .caption = cell(columns_->name),
                       .page_dir = columns_->page_dir ? cell(*columns_->page_dir) : ""});
  }

  const std::string& path_;
  std::optional<Columns> columns_;
  std::vector<ListedVideo> videos_;
  std::string first_trouble_;
  std::size_t bad_rows_ = 0;
};

[[noreturn]] void refuse_unread(const std::string& path, int error_number) {
  const std::string sentence = "the list of videos, " + path + ", can't be read; check ";
  if (jobs::is_passing(error_number)) {
    throw jobs::StorageError(sentence + "its disk or network file system", error_number);
  }
  throw jobs::InputError(sentence + "the path and its permissions");
}

}  // namespace

std::vector<ListedVideo> parse_video_list(std::string_view text, const std::string& path) {
  constexpr std::string_view kMark = "\xEF\xBB\xBF";
  if (text.starts_with(kMark)) text.remove_prefix(kMark.size());
  ListReader reader(path);
  dsl::for_each_csv_row(text, [&](dsl::CsvRow&& row) { reader.take(std::move(row)); });
  return std::move(reader).videos();
}

std::vector<ListedVideo> read_video_list(const std::string& path) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (file.peek() != std::ifstream::traits_type::eof()) text << file.rdbuf();
  if (!file.is_open() || file.bad() || !text) refuse_unread(path, errno);
  return parse_video_list(std::move(text).str(), path);
}

}  // namespace pia::farm
