// SPDX-License-Identifier: Apache-2.0
#include "storage/training_file.hpp"

#include <cstring>
#include <set>
#include <sstream>

#include "jobs/core/error.hpp"
#include "storage/h5.hpp"
#include "storage/latents_file.hpp"
#include "storage/seal.hpp"
#include "storage/temporary.hpp"

namespace pia::storage {
namespace {

using jobs::NamedArray;

constexpr std::int64_t kTrainingVersion = 1;

std::size_t value_bytes(NamedArray::Type type) {
  return type == NamedArray::Type::fp32 ? sizeof(float) : sizeof(std::int64_t);
}

H5Shape kept_shape(const NamedArray& array) {
  H5Shape shape;
  std::size_t count = 1;
  for (const std::int64_t extent : array.shape) {
    require_consistent(extent > 0, "the array " + array.name + " has an empty shape");
    shape.push_back(static_cast<hsize_t>(extent));
    count *= static_cast<std::size_t>(extent);
  }
  require_consistent(array.bytes.size() == count * value_bytes(array.type),
                     "the array " + array.name + " has not the bytes of its shape");
  if (shape.empty()) shape.push_back(1);
  return shape;
}

template <class T>
void write_values(H5Writer& file, const NamedArray& array) {
  const H5Shape shape = kept_shape(array);
  // HDF5 wants values where their type may lie; bytes may lie anywhere.
  std::vector<T> values(array.bytes.size() / sizeof(T));
  std::memcpy(values.data(), array.bytes.data(), array.bytes.size());
  file.array<T>("state/" + array.name, shape, values);
}

std::string index_line(const NamedArray& array) {
  std::string line = array.type == NamedArray::Type::fp32 ? "fp32" : "int64";
  line += "\t" + array.name;
  for (const std::int64_t extent : array.shape) line += "\t" + std::to_string(extent);
  return line + "\n";
}

template <class T>
void read_values(const H5Reader& file, NamedArray& array) {
  const int rank = array.shape.empty() ? 1 : static_cast<int>(array.shape.size());
  const H5Array<T> found = file.array<T>("state/" + array.name, rank);
  array.bytes.resize(found.values.size() * sizeof(T));
  std::memcpy(array.bytes.data(), found.values.data(), array.bytes.size());
  const std::vector<std::int64_t> shape(found.shape.begin(), found.shape.end());
  const bool is_scalar = array.shape.empty() && shape == std::vector<std::int64_t>{1};
  if (!is_scalar && shape != array.shape) file.refuse("its index does not fit /state/" + array.name);
}

NamedArray read_array(const H5Reader& file, const std::string& line) {
  std::istringstream parts(line);
  std::string type;
  NamedArray array;
  std::getline(parts, type, '\t');
  std::getline(parts, array.name, '\t');
  for (std::string extent; std::getline(parts, extent, '\t');) {
    const auto number = number_from(extent);
    if (!number) file.refuse("its index is no index");
    array.shape.push_back(static_cast<std::int64_t>(*number));
  }
  if (array.name.empty() || (type != "fp32" && type != "int64")) file.refuse("its index is no index");
  array.type = type == "fp32" ? NamedArray::Type::fp32 : NamedArray::Type::int64;
  if (array.type == NamedArray::Type::fp32) {
    read_values<float>(file, array);
  } else {
    read_values<std::int64_t>(file, array);
  }
  return array;
}

}  // namespace

std::vector<std::byte> encode_training(const jobs::TrainingCheckpoint& checkpoint) {
  require_consistent(checkpoint.step >= 0, "a training's checkpoint has a negative step");
  std::size_t size = checkpoint.curve.size();
  for (const NamedArray& array : checkpoint.arrays) size += array.bytes.size();
  H5Writer file(size);
  file.attribute("format_version", kTrainingVersion);
  file.attribute("identity", to_hex(checkpoint.identity));
  file.attribute("step", checkpoint.step);
  file.attribute("device_kind", checkpoint.device_kind);
  std::string index;
  std::set<std::string> names;
  for (const NamedArray& array : checkpoint.arrays) {
    const bool is_good = !array.name.empty() && array.name.find_first_of("\t\n") == std::string::npos;
    require_consistent(is_good && names.insert(array.name).second,
                       "an array of a training can't be called \"" + array.name + "\"");
    index += index_line(array);
    if (array.type == NamedArray::Type::fp32) {
      write_values<float>(file, array);
    } else {
      write_values<std::int64_t>(file, array);
    }
  }
  file.text("index", index);
  file.text("curve", checkpoint.curve);
  std::vector<std::byte> bytes = file.image();
  seal(bytes, FileKind::training);
  return bytes;
}

jobs::TrainingCheckpoint decode_training(std::span<const std::byte> bytes, const std::string& path) {
  const H5Reader file(unseal(bytes, FileKind::training, path), path);
  const std::int64_t version = file.integer_attribute("format_version");
  if (version != kTrainingVersion) {
    file.refuse("it has format version " + std::to_string(version) + " and needs a newer pia-farm");
  }
  const auto identity = jobs::digest_from_hex(file.text_attribute("identity"));
  if (!identity) file.refuse("its identity is no digest");
  jobs::TrainingCheckpoint checkpoint{.identity = *identity,
                                      .step = file.integer_attribute("step"),
                                      .curve = file.text("curve"),
                                      .device_kind = file.text_attribute("device_kind")};
  if (checkpoint.step < 0) file.refuse("its step is impossible");
  std::istringstream index(file.text("index"));
  for (std::string line; std::getline(index, line);) checkpoint.arrays.push_back(read_array(file, line));
  return checkpoint;
}

}  // namespace pia::storage
