// SPDX-License-Identifier: Apache-2.0
#include "farm/training/log_tail.hpp"

#include <filesystem>
#include <fstream>

namespace pia::farm {

LogTail::LogTail(std::string path) : path_(std::move(path)) {
  std::error_code error;
  const auto size = std::filesystem::file_size(path_, error);
  offset_ = error ? 0 : size;
}

std::vector<std::string> LogTail::take() {
  std::ifstream file(path_, std::ios::binary);
  file.seekg(static_cast<std::streamoff>(offset_));
  std::string piece(std::size_t{1} << 16U, '\0');
  while (file.read(piece.data(), static_cast<std::streamsize>(piece.size())) || file.gcount() > 0) {
    rest_.append(piece, 0, static_cast<std::size_t>(file.gcount()));
    offset_ += static_cast<std::uint64_t>(file.gcount());
  }
  std::vector<std::string> lines;
  std::size_t begin = 0;
  for (auto end = rest_.find('\n'); end != std::string::npos; end = rest_.find('\n', begin)) {
    lines.push_back(rest_.substr(begin, end - begin));
    begin = end + 1;
  }
  rest_.erase(0, begin);
  return lines;
}

}  // namespace pia::farm
