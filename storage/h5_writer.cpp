// SPDX-License-Identifier: Apache-2.0
#include "jobs/core/error.hpp"
#include "storage/h5.hpp"

namespace pia::storage {
namespace {

constexpr std::size_t kRoomForMetadata = 64U * 1024U;

void require(bool good, const std::string& what) {
  if (!good) throw jobs::StorageError("HDF5 can't make " + what + " in memory; is there memory left?");
}

H5Handle made(hid_t id, H5Handle::Close close, const std::string& what) {
  H5Handle handle(id, close);
  require(handle.valid(), what);
  return handle;
}

}  // namespace

H5Writer::H5Writer(std::size_t expected_bytes) {
  const H5Handle access = made(H5Pcreate(H5P_FILE_ACCESS), H5Pclose, "a property list");
  require(H5Pset_fapl_core(access.get(), expected_bytes + kRoomForMetadata, false) >= 0, "a core file");
  // Superblock 0, the default: H5Fget_file_image of 1.10 gives later ones a wrong checksum.
  file_ = made(H5Fcreate("image", H5F_ACC_TRUNC, H5P_DEFAULT, access.get()), H5Fclose, "a file");
}

void H5Writer::write_attribute(const std::string& name, hid_t file_type, hid_t memory_type,
                               const void* value) {
  const H5Handle space = made(H5Screate(H5S_SCALAR), H5Sclose, name);
  const H5Handle attribute =
      made(H5Acreate2(file_.get(), name.c_str(), file_type, space.get(), H5P_DEFAULT, H5P_DEFAULT), H5Aclose,
           "the attribute " + name);
  require(H5Awrite(attribute.get(), memory_type, value) >= 0, "the attribute " + name);
}

void H5Writer::attribute(const std::string& name, const std::string& value) {
  const H5Handle type = h5_text_type();
  const char* text = value.c_str();
  write_attribute(name, type.get(), type.get(), &text);
}

void H5Writer::attribute(const std::string& name, std::int64_t value) {
  write_attribute(name, h5_file_type<std::int64_t>(), h5_memory_type<std::int64_t>(), &value);
}

void H5Writer::attribute(const std::string& name, double value) {
  write_attribute(name, h5_file_type<double>(), h5_memory_type<double>(), &value);
}

H5Handle H5Writer::make_dataset(const std::string& path, hid_t type, const H5Handle& space) {
  const H5Handle links = made(H5Pcreate(H5P_LINK_CREATE), H5Pclose, "a property list");
  require(H5Pset_create_intermediate_group(links.get(), 1) >= 0, "groups");
  const H5Handle creation = made(H5Pcreate(H5P_DATASET_CREATE), H5Pclose, "a property list");
  require(H5Pset_obj_track_times(creation.get(), false) >= 0, "a dataset without times");
  return made(
      H5Dcreate2(file_.get(), path.c_str(), type, space.get(), links.get(), creation.get(), H5P_DEFAULT),
      H5Dclose, "the dataset " + path);
}

void H5Writer::text(const std::string& path, const std::string& value) {
  const H5Handle space = made(H5Screate(H5S_SCALAR), H5Sclose, path);
  const H5Handle type = h5_text_type();
  const H5Handle dataset = make_dataset(path, type.get(), space);
  const char* text = value.c_str();
  require(H5Dwrite(dataset.get(), type.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, &text) >= 0,
          "the dataset " + path);
}

template <class T>
void H5Writer::array(const std::string& path, const H5Shape& shape, std::span<const T> values) {
  const H5Handle space =
      made(H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr), H5Sclose, path);
  PIA_ASSERT(H5Sget_simple_extent_npoints(space.get()) == static_cast<hssize_t>(values.size()));
  const H5Handle dataset = make_dataset(path, h5_file_type<T>(), space);
  require(H5Dwrite(dataset.get(), h5_memory_type<T>(), H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()) >= 0,
          "the dataset " + path);
}

template void H5Writer::array<float>(const std::string&, const H5Shape&, std::span<const float>);
template void H5Writer::array<std::uint8_t>(const std::string&, const H5Shape&,
                                            std::span<const std::uint8_t>);
template void H5Writer::array<std::int64_t>(const std::string&, const H5Shape&,
                                            std::span<const std::int64_t>);

std::vector<std::byte> H5Writer::image() {
  require(H5Fflush(file_.get(), H5F_SCOPE_GLOBAL) >= 0, "the file's image");
  const ssize_t size = H5Fget_file_image(file_.get(), nullptr, 0);
  require(size > 0, "the file's image");
  std::vector<std::byte> bytes(static_cast<std::size_t>(size));
  require(H5Fget_file_image(file_.get(), bytes.data(), bytes.size()) == size, "the file's image");
  return bytes;
}

}  // namespace pia::storage
