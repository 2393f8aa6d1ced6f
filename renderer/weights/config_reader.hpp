// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pia::renderer {

/// Bounds of a whole number in a config; both are allowed values.
struct Range {
  std::int64_t least = 1;
  std::int64_t most = 1 << 16;
};

/// Reads one config.json key by key and collects everything that is wrong with it. Keys that are never asked
/// for are ignored, as diffusers does with keys that it does not know.
class ConfigReader {
 public:
  /// Throws jobs::WeightError if `json` is not an object.
  ConfigReader(std::string_view json, std::string file);
  ~ConfigReader();

  std::int64_t integer(const char* key, std::int64_t fallback, Range range = {});

  /// A list of whole numbers.
  std::vector<std::int64_t> integers(const char* key, const std::vector<std::int64_t>& fallback,
                                     Range range = {});

  /// A list with one entry a level, or one number for all of them.
  std::vector<std::int64_t> per_level(const char* key, std::int64_t fallback, std::size_t levels);

  /// A positive finite number.
  double positive(const char* key, double fallback);

  std::vector<std::string> words(const char* key, const std::vector<std::string>& fallback);
  std::optional<std::string> word(const char* key);
  bool flag(const char* key, bool fallback);
  bool is_null(const char* key) const;  ///< there, and null
  bool is_list(const char* key) const;

  /// Refuses every value of `key` but these (JSON texts) and absence.
  void only(const char* key, std::initializer_list<std::string_view> allowed);
  /// The same for a key that may also be a list: each entry is one of them.
  void only_each(const char* key, std::initializer_list<std::string_view> allowed);
  /// Refuses any value of `key` but null and absence.
  void absent(std::initializer_list<const char*> keys);

  void problem(std::string sentence);

  /// Throws jobs::WeightError with all problems, if there are any.
  void finish() const;

 private:
  struct Json;

  std::string file_;
  std::unique_ptr<Json> json_;
  std::vector<std::string> problems_;
};

}  // namespace pia::renderer
