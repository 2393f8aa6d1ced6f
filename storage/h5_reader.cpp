// SPDX-License-Identifier: Apache-2.0
#include "jobs/core/error.hpp"
#include "storage/h5.hpp"

namespace pia::storage {
namespace {

// HDF5 takes the image as a writable pointer but copies it.
void* image_pointer(std::span<const std::byte> image) {
  return const_cast<std::byte*>(image.data());
}

bool is_text(hid_t type) {
  return H5Tget_class(type) == H5T_STRING && H5Tis_variable_str(type) > 0;
}

bool is_scalar(const H5Handle& space) {
  return space.valid() && H5Sget_simple_extent_type(space.get()) == H5S_SCALAR;
}

std::string taken(char* text) {
  if (text == nullptr) return {};
  std::string copy = text;
  H5free_memory(text);
  return copy;
}

}  // namespace

H5Reader::H5Reader(std::span<const std::byte> image, std::string path)
    : path_(std::move(path)), size_(image.size()) {
  const H5Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  if (!access.valid() || H5Pset_fapl_core(access.get(), 64U * 1024U, false) < 0 ||
      H5Pset_file_image(access.get(), image_pointer(image), image.size()) < 0) {
    refuse("HDF5 can't take it into memory");
  }
  file_ = H5Handle(H5Fopen("image", H5F_ACC_RDONLY, access.get()), H5Fclose);
  if (!file_.valid()) refuse("HDF5 can't open it");
}

void H5Reader::refuse(const std::string& why) const {
  throw jobs::StorageError(path_ + " can't be used: " + why + "; it may be deleted");
}

bool H5Reader::has(const std::string& object) const {
  for (auto slash = object.find('/');; slash = object.find('/', slash + 1)) {
    if (H5Lexists(file_.get(), object.substr(0, slash).c_str(), H5P_DEFAULT) <= 0) return false;
    if (slash == std::string::npos) return true;
  }
}

H5Handle H5Reader::open_attribute(const std::string& name, hid_t file_type) const {
  H5Handle attribute(H5Aopen(file_.get(), name.c_str(), H5P_DEFAULT), H5Aclose);
  if (!attribute.valid()) refuse("the attribute " + name + " is missing");
  const H5Handle space(H5Aget_space(attribute.get()), H5Sclose);
  const H5Handle type(H5Aget_type(attribute.get()), H5Tclose);
  const bool right =
      type.valid() && (file_type < 0 ? is_text(type.get()) : H5Tequal(type.get(), file_type) > 0);
  if (!right || !is_scalar(space)) refuse("the attribute " + name + " has another type");
  return attribute;
}

std::string H5Reader::text_attribute(const std::string& name) const {
  const H5Handle attribute = open_attribute(name, -1);
  const H5Handle type = h5_text_type();
  char* text = nullptr;
  if (H5Aread(attribute.get(), type.get(), &text) < 0) refuse("the attribute " + name + " can't be read");
  return taken(text);
}

std::int64_t H5Reader::integer_attribute(const std::string& name) const {
  const H5Handle attribute = open_attribute(name, h5_file_type<std::int64_t>());
  std::int64_t value = 0;
  if (H5Aread(attribute.get(), H5T_NATIVE_INT64, &value) < 0) {
    refuse("the attribute " + name + " can't be read");
  }
  return value;
}

double H5Reader::real_attribute(const std::string& name) const {
  const H5Handle attribute = open_attribute(name, h5_file_type<double>());
  double value = 0;
  if (H5Aread(attribute.get(), H5T_NATIVE_DOUBLE, &value) < 0) {
    refuse("the attribute " + name + " can't be read");
  }
  return value;
}

std::string H5Reader::text(const std::string& object) const {
  const H5Handle dataset(H5Dopen2(file_.get(), object.c_str(), H5P_DEFAULT), H5Dclose);
  if (!dataset.valid()) refuse("/" + object + " is missing");
  const H5Handle space(H5Dget_space(dataset.get()), H5Sclose);
  const H5Handle type(H5Dget_type(dataset.get()), H5Tclose);
  if (!type.valid() || !is_text(type.get()) || !is_scalar(space)) refuse("/" + object + " is not a text");
  const H5Handle memory_type = h5_text_type();
  char* text = nullptr;
  if (H5Dread(dataset.get(), memory_type.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, &text) < 0) {
    refuse("/" + object + " can't be read");
  }
  return taken(text);
}

template <class T>
H5Array<T> H5Reader::array(const std::string& object, int rank) const {
  const H5Handle dataset(H5Dopen2(file_.get(), object.c_str(), H5P_DEFAULT), H5Dclose);
  if (!dataset.valid()) refuse("/" + object + " is missing");
  const H5Handle type(H5Dget_type(dataset.get()), H5Tclose);
  const H5Handle space(H5Dget_space(dataset.get()), H5Sclose);
  if (!type.valid() || H5Tequal(type.get(), h5_file_type<T>()) <= 0) {
    refuse("/" + object + " has another type");
  }
  if (!space.valid() || H5Sget_simple_extent_ndims(space.get()) != rank) {
    refuse("/" + object + " has another rank");
  }
  H5Array<T> array;
  array.shape.resize(static_cast<std::size_t>(rank));
  H5Sget_simple_extent_dims(space.get(), array.shape.data(), nullptr);
  std::size_t count = 1;
  for (const hsize_t extent : array.shape) {
    if (extent == 0 || extent > size_ / sizeof(T) / count) refuse("/" + object + " has an impossible shape");
    count *= extent;
  }
  // Contiguous in this very file, and all of it: no offset means chunked, external, or never written.
  const haddr_t offset = H5Dget_offset(dataset.get());
  if (offset == HADDR_UNDEF || offset > size_ - count * sizeof(T))
    refuse("/" + object + " is not contiguous");
  array.values.resize(count);
  if (H5Dread(dataset.get(), h5_memory_type<T>(), H5S_ALL, H5S_ALL, H5P_DEFAULT, array.values.data()) < 0) {
    refuse("/" + object + " can't be read");
  }
  return array;
}

template H5Array<float> H5Reader::array<float>(const std::string&, int) const;
template H5Array<std::uint8_t> H5Reader::array<std::uint8_t>(const std::string&, int) const;
template H5Array<std::int64_t> H5Reader::array<std::int64_t>(const std::string&, int) const;

}  // namespace pia::storage
