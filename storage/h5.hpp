// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hdf5.h>

#include <cstdint>
#include <mutex>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace pia::storage {

/// While it lives, this thread alone uses HDF5 (whose serial library is not thread-safe), and HDF5 prints no
/// errors of its own.
class H5Session {
 public:
  H5Session();

 private:
  std::unique_lock<std::mutex> lock_;
};

/// An HDF5 id that is closed at the end of its scope.
class H5Handle {
 public:
  using Close = herr_t (*)(hid_t);
  H5Handle() = default;
  H5Handle(hid_t id, Close close) : id_(id), close_(close) {}
  H5Handle(H5Handle&& other) noexcept : id_(std::exchange(other.id_, -1)), close_(other.close_) {}
  H5Handle& operator=(H5Handle&& other) noexcept {
    std::swap(id_, other.id_);
    std::swap(close_, other.close_);
    return *this;
  }
  ~H5Handle() {
    if (id_ >= 0) close_(id_);
  }
  hid_t get() const { return id_; }
  bool valid() const { return id_ >= 0; }

 private:
  hid_t id_ = -1;
  Close close_ = nullptr;
};

using H5Shape = std::vector<hsize_t>;

/// The types that files hold, always little-endian.
template <class T>
hid_t h5_file_type();
template <class T>
hid_t h5_memory_type();

/// A variable-length UTF-8 string, which h5py shows as str.
H5Handle h5_text_type();

/// An HDF5 file built in memory; no byte of it touches a disk. Throws StorageError.
class H5Writer {
 public:
  /// `expected_bytes`: about the size of all values.
  explicit H5Writer(std::size_t expected_bytes);

  void attribute(const std::string& name, const std::string& value);
  void attribute(const std::string& name, std::int64_t value);
  void attribute(const std::string& name, double value);
  void text(const std::string& path, const std::string& value);

  /// Contiguous, uncompressed; groups on the way are made. T: float, std::uint8_t, std::int64_t.
  template <class T>
  void array(const std::string& path, const H5Shape& shape, std::span<const T> values);

  /// The bytes of the whole file. The writer is spent.
  std::vector<std::byte> image();

 private:
  void write_attribute(const std::string& name, hid_t file_type, hid_t memory_type, const void* value);
  H5Handle make_dataset(const std::string& path, hid_t type, const H5Handle& space);
  H5Session session_;
  H5Handle file_;
};

template <class T>
struct H5Array {
  H5Shape shape;
  std::vector<T> values;
};

/// Reads an HDF5 file that is in memory. Throws StorageError naming `path`, the file's name, for whatever is
/// missing, of another type or rank, or larger than the file. `image` outlives the reader.
class H5Reader {
 public:
  H5Reader(std::span<const std::byte> image, std::string path);

  /// `object` is a path without a leading slash.
  bool has(const std::string& object) const;
  std::string text_attribute(const std::string& name) const;
  std::int64_t integer_attribute(const std::string& name) const;
  double real_attribute(const std::string& name) const;
  std::string text(const std::string& object) const;
  template <class T>
  H5Array<T> array(const std::string& object, int rank) const;

  [[noreturn]] void refuse(const std::string& why) const;

 private:
  H5Handle open_attribute(const std::string& name, hid_t file_type) const;
  std::string path_;
  std::size_t size_;
  H5Session session_;
  H5Handle file_;
};

}  // namespace pia::storage
