// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "jobs/core/error.hpp"
#include "renderer/weights/safetensors.hpp"

namespace pia::renderer {
namespace {

constexpr std::size_t kAlignment = 8;

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (number_ >= 0) close(number_);
  }
  int number() const { return number_; }

 private:
  int number_;
};

[[noreturn]] void unreadable(const std::string& path) {
  throw jobs::WeightError(path + " can't be read: " + std::strerror(errno) +
                          "; check the path and its permissions");
}

std::span<const std::byte> map_file(const std::string& path) {
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status {};
  if (file.number() < 0 || fstat(file.number(), &status) != 0) unreadable(path);
  if (!S_ISREG(status.st_mode)) {
    throw jobs::WeightError(path + " is not a regular file; give a .safetensors file");
  }
  if (status.st_size == 0) throw jobs::WeightError(path + " is empty; fetch it again");
  const auto size = static_cast<std::size_t>(status.st_size);
  void* memory = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.number(), 0);
  if (memory == MAP_FAILED) unreadable(path);
  return {static_cast<const std::byte*>(memory), size};
}

void unmap(std::span<const std::byte> mapping) {
  if (!mapping.empty()) munmap(const_cast<std::byte*>(mapping.data()), mapping.size());
}

}  // namespace

SafetensorsFile::SafetensorsFile(std::string path) : path_(std::move(path)), mapping_(map_file(path_)) {
  try {
    content_ = parse_safetensors(mapping_, path_);
  } catch (...) {
    unmap(mapping_);
    throw;
  }
}

SafetensorsFile::~SafetensorsFile() {
  unmap(mapping_);
}

SafetensorsFile::SafetensorsFile(SafetensorsFile&& other) noexcept
    : path_(std::move(other.path_)),
      mapping_(std::exchange(other.mapping_, {})),
      content_(std::exchange(other.content_, {})) {}

SafetensorsFile& SafetensorsFile::operator=(SafetensorsFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(mapping_, other.mapping_);
  std::swap(content_, other.content_);
  return *this;
}

std::vector<std::byte> safetensors_header(std::span<const TensorView> tensors,
                                          const std::map<std::string, std::string>& metadata) {
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  if (!metadata.empty()) header["__metadata__"] = metadata;
  std::set<std::string> names = {"__metadata__"};
  std::int64_t at = 0;
  for (const TensorView& tensor : tensors) {
    const auto elements = element_count(tensor.shape);
    const bool fresh = names.insert(tensor.name).second;
    PIA_ASSERT(fresh && elements);
    const std::int64_t end = at + *elements * static_cast<std::int64_t>(bytes_per_element(tensor.type));
    // ordered_json searches all keys on operator[]; names are already known to differ.
    header.get_ref<nlohmann::ordered_json::object_t&>().emplace_back(
        tensor.name,
        nlohmann::ordered_json{
            {"dtype", safetensors_word(tensor.type)}, {"shape", tensor.shape}, {"data_offsets", {at, end}}});
    at = end;
  }
  std::string text = header.dump();
  text.append((kAlignment - text.size() % kAlignment) % kAlignment, ' ');
  std::vector<std::byte> bytes(kAlignment + text.size());
  for (std::size_t i = 0; i < kAlignment; ++i) bytes[i] = static_cast<std::byte>(text.size() >> (8 * i));
  std::memcpy(bytes.data() + kAlignment, text.data(), text.size());
  return bytes;
}

std::vector<std::byte> safetensors_bytes(std::span<const TensorView> tensors,
                                         const std::map<std::string, std::string>& metadata) {
  std::vector<std::byte> bytes = safetensors_header(tensors, metadata);
  for (const TensorView& tensor : tensors) {
    PIA_ASSERT(std::cmp_equal(tensor.bytes.size(), static_cast<std::size_t>(*element_count(tensor.shape)) *
                                                       bytes_per_element(tensor.type)));
    bytes.insert(bytes.end(), tensor.bytes.begin(), tensor.bytes.end());
  }
  return bytes;
}

}  // namespace pia::renderer
