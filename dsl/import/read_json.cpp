// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "dsl/import/tree.hpp"
#include "dsl/internal/guard.hpp"

namespace pia::dsl::internal {
namespace {

// The bytes, and how many of them the parser has taken: its callbacks don't say where they are.
struct Counted {
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  const char* at;
  std::size_t* taken;

  reference operator*() const { return *at; }
  Counted& operator++() {
    ++at;
    ++*taken;
    return *this;
  }
  Counted operator++(int) {
    const Counted before = *this;
    ++*this;
    return before;
  }
  bool operator==(const Counted& other) const { return at == other.at; }
  bool operator!=(const Counted& other) const { return at != other.at; }
};

// Comments and trailing commas become spaces, so that places stay.
std::string without_comments(std::string text) {
  std::size_t comma = std::string::npos;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"') {
      for (++i; i < text.size() && text[i] != '"'; ++i) i += text[i] == '\\' ? 1 : 0;
      comma = std::string::npos;
    } else if (c == '#' || (c == '/' && i + 1 < text.size() && text[i + 1] == '/')) {
      for (; i < text.size() && text[i] != '\n'; ++i) text[i] = ' ';
    } else if (c == ',') {
      comma = i;
    } else if ((c == '}' || c == ']') && comma != std::string::npos) {
      text[comma] = ' ';
      comma = std::string::npos;
    } else if (c != ' ' && c != '\t' && c != '\n' && c != '\r') {
      comma = std::string::npos;
    }
  }
  return text;
}

class Handler : public nlohmann::json_sax<nlohmann::json> {
 public:
  Handler(const std::string& text, int file, const std::size_t& taken)
      : text_(text), file_(file), taken_(taken) {}

  bool null() override { return add(Broken{}); }
  bool boolean(bool value) override { return add(value); }
  bool number_integer(number_integer_t value) override { return add(std::int64_t{value}); }
  bool number_unsigned(number_unsigned_t value) override {
    if (value > INT64_MAX) return add(std::to_string(value));
    return add(static_cast<std::int64_t>(value));
  }
  bool number_float(number_float_t value, const string_t&) override { return add(value); }
  bool string(string_t& value) override { return add(value); }
  bool binary(binary_t&) override { return false; }
  bool start_object(std::size_t) override {
    tree_.begin_table(here());
    return true;
  }
  bool key(string_t& value) override {
    tree_.key(value, here());
    return true;
  }
  bool end_object() override { return end(); }
  bool start_array(std::size_t) override {
    tree_.begin_list(here());
    return true;
  }
  bool end_array() override { return end(); }
  bool parse_error(std::size_t offset, const std::string&,
                   const nlohmann::detail::exception& error) override {
    const std::string all = error.what();
    const std::size_t why = all.find(": ");
    Place place = place_at(text_, std::min(offset > 0 ? offset - 1 : 0, text_.size()));
    place.file = file_;
    throw NotImported{place, "this is not JSON" + (why == std::string::npos ? "" : all.substr(why))};
  }

  Value take() { return tree_.take(); }

 private:
  bool end() {
    tree_.end();
    return true;
  }
  bool add(decltype(Value::data) data) {
    tree_.value({.data = std::move(data), .place = here()});
    return true;
  }
  // The parser has looked at most one byte beyond what it tells of. Asked in order, so each byte counts once.
  Place here() {
    const std::size_t to = std::min(taken_ > 0 ? taken_ - 1 : 0, text_.size());
    for (; counted_ < to; ++counted_) {
      if (text_[counted_] != '\n') continue;
      ++line_;
      line_start_ = counted_ + 1;
      first_word_ = text_.find_first_not_of(" \t\r", line_start_);
    }
    const std::size_t column = first_word_ < to ? first_word_ - line_start_ : to - line_start_;
    return {.file = file_, .line = line_, .column = static_cast<int>(column) + 1};
  }

  const std::string& text_;
  int file_;
  const std::size_t& taken_;
  TreeBuilder tree_;
  std::size_t counted_ = 0;
  std::size_t line_start_ = 0;
  std::size_t first_word_ = text_.find_first_not_of(" \t\r");  ///< of the line
  int line_ = 1;
};

}  // namespace

Value read_json(const std::string& text, int file) {
  check_text(text, file);
  const std::string bare = without_comments(text);
  std::size_t taken = 0;
  Handler handler(bare, file, taken);
  const Counted begin{bare.data(), &taken};
  const Counted end{bare.data() + bare.size(), &taken};
  nlohmann::json::sax_parse(begin, end, &handler);
  return handler.take();
}

}  // namespace pia::dsl::internal
