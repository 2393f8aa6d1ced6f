// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace pia::dsl::internal {

struct Parameter {
  std::string key;
  std::string value;
  int line = 1;  ///< of the infotext, from 1
};

/// What AUTOMATIC1111 writes into a picture (modules/infotext_utils.py, parse_generation_parameters).
struct Infotext {
  std::string prompt = {};
  std::string negative_prompt = {};
  int negative_line = 1;                   ///< where it begins, from 1
  std::vector<Parameter> parameters = {};  ///< in their order, the last line of the text
};

/// Never fails: what has no parameters is all prompt. Linear in the text's length.
Infotext parse_infotext(const std::string& text);

/// nullptr if there is no such parameter.
const Parameter* find_parameter(const Infotext& infotext, const std::string& key);

}  // namespace pia::dsl::internal
