// SPDX-License-Identifier: Apache-2.0
#include "storage/h5.hpp"

namespace pia::storage {
namespace {

// HDF5's own state is one for the process, so is the lock on it.
std::mutex& h5_lock() {
  static std::mutex lock;
  return lock;
}

}  // namespace

H5Session::H5Session() : lock_(h5_lock()) {
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
}

template <>
hid_t h5_file_type<float>() {
  return H5T_IEEE_F32LE;
}
template <>
hid_t h5_memory_type<float>() {
  return H5T_NATIVE_FLOAT;
}
template <>
hid_t h5_file_type<double>() {
  return H5T_IEEE_F64LE;
}
template <>
hid_t h5_memory_type<double>() {
  return H5T_NATIVE_DOUBLE;
}
template <>
hid_t h5_file_type<std::uint8_t>() {
  return H5T_STD_U8LE;
}
template <>
hid_t h5_memory_type<std::uint8_t>() {
  return H5T_NATIVE_UINT8;
}
template <>
hid_t h5_file_type<std::int64_t>() {
  return H5T_STD_I64LE;
}
template <>
hid_t h5_memory_type<std::int64_t>() {
  return H5T_NATIVE_INT64;
}

H5Handle h5_text_type() {
  H5Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
  if (type.valid()) {
    H5Tset_size(type.get(), H5T_VARIABLE);
    H5Tset_cset(type.get(), H5T_CSET_UTF8);
  }
  return type;
}

}  // namespace pia::storage
