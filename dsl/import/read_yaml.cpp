// SPDX-License-Identifier: Apache-2.0
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <sstream>

#include "dsl/import/tree.hpp"

namespace pia::dsl::internal {
namespace {

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::ranges::find(words, text) != words.end();
}

template <class Number>
bool is_all_of(std::string_view text, Number& number) {
  if (text.starts_with('+')) text.remove_prefix(1);
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && rest == text.data() + text.size();
}

decltype(Value::data) plain(const std::string& text) {
  if (is_one_of(text, {"", "~", "null", "Null", "NULL"})) return Broken{};
  if (is_one_of(text, {"true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON"})) return true;
  if (is_one_of(text, {"false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF"})) return false;
  std::int64_t whole = 0;
  if (is_all_of(text, whole)) return whole;
  const bool has_digits_only = text.find_first_not_of("+-0123456789") == std::string::npos;
  double real = 0;
  if (!has_digits_only && is_all_of(text, real) && std::isfinite(real)) return real;
  return text;
}

class Handler : public YAML::EventHandler {
 public:
  explicit Handler(int file) : file_(file) {}

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t) override {
    tree_.value_or_key("", {.data = Broken{}, .place = place(mark)});
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    throw NotImported{place(mark), "aliases (*name) are not read; write out what this one stands for"};
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                const std::string& text) override {
    const bool is_plain = tag == "?" || tag.empty();
    tree_.value_or_key(text, {.data = is_plain ? plain(text) : text, .place = place(mark)});
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {
    tree_.begin_list(place(mark));
  }
  void OnSequenceEnd() override { tree_.end(); }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {
    tree_.begin_table(place(mark));
  }
  void OnMapEnd() override { tree_.end(); }

  Place place(const YAML::Mark& mark) const {
    return {.file = file_, .line = std::max(mark.line, 0) + 1, .column = std::max(mark.column, 0) + 1};
  }
  Value take() { return tree_.take(); }

 private:
  int file_;
  TreeBuilder tree_;
};

}  // namespace

Value read_yaml(const std::string& text, int file) {
  check_text(text, file);
  std::istringstream bytes(text);
  Handler handler(file);
  try {
    YAML::Parser parser(bytes);
    parser.HandleNextDocument(handler);
  } catch (const YAML::Exception& error) {
    throw NotImported{handler.place(error.mark), "this is not YAML: " + error.msg};
  }
  return handler.take();
}

}  // namespace pia::dsl::internal
