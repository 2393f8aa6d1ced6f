// SPDX-License-Identifier: Apache-2.0
// What anybody finds who opens these files with HDF5 alone: names and types are public (FORMAT.md).
#include <gtest/gtest.h>
#include <hdf5.h>

#include <algorithm>

#include "storage/checkpoint_store.hpp"
#include "storage/h5.hpp"
#include "storage/little_endian.hpp"
#include "storage/result_file.hpp"
#include "storage/seal.hpp"
#include "storage/shot_store.hpp"
#include "tests/support/kept_samples.hpp"
#include "tests/support/temp_folder.hpp"

namespace pia::storage {
namespace {

std::vector<hsize_t> shape_of(hid_t file, const char* name) {
  const H5Handle dataset(H5Dopen2(file, name, H5P_DEFAULT), H5Dclose);
  const H5Handle space(H5Dget_space(dataset.get()), H5Sclose);
  std::vector<hsize_t> shape(static_cast<std::size_t>(H5Sget_simple_extent_ndims(space.get())));
  H5Sget_simple_extent_dims(space.get(), shape.data(), nullptr);
  return shape;
}

bool has_type(hid_t file, const char* name, hid_t expected) {
  const H5Handle dataset(H5Dopen2(file, name, H5P_DEFAULT), H5Dclose);
  const H5Handle type(H5Dget_type(dataset.get()), H5Tclose);
  return H5Tequal(type.get(), expected) > 0;
}

TEST(Hdf5Layout, OfAResultOnDiskIsPublic) {
  const tests::TempFolder folder;
  const auto files = make_posix_file_ops();
  ShotStore store(*files, folder.path());
  const auto result = tests::sample_result();
  store.commit(result, {1, 1}, [] {});
  const H5Handle file(H5Fopen(store.path(result.id).c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose);
  ASSERT_TRUE(file.valid()) << "HDF5 opens the file in spite of the seal behind it";
  EXPECT_EQ(shape_of(file.get(), "/frames"), (std::vector<hsize_t>{2, 2, 3, 3}));
  EXPECT_EQ(shape_of(file.get(), "/latents"), (std::vector<hsize_t>{2, 4, 2, 3}));
  EXPECT_EQ(shape_of(file.get(), "/steps/latents"), (std::vector<hsize_t>{3, 2, 4, 2, 3}));
  EXPECT_EQ(shape_of(file.get(), "/steps/timesteps"), (std::vector<hsize_t>{2}));
  EXPECT_TRUE(has_type(file.get(), "/frames", H5T_STD_U8LE));
  EXPECT_TRUE(has_type(file.get(), "/latents", H5T_IEEE_F32LE));
  EXPECT_TRUE(has_type(file.get(), "/steps/latents", H5T_IEEE_F32LE));
  EXPECT_TRUE(has_type(file.get(), "/steps/timesteps", H5T_STD_I64LE));
  EXPECT_EQ(shape_of(file.get(), "/recipe").size(), 0U);
  for (const char* name :
       {"format_version", "shot_id", "name", "load_seconds", "encode_seconds", "denoise_seconds",
        "decode_seconds", "steps_done", "device_kind", "device_name", "threads", "build"}) {
    EXPECT_GT(H5Aexists(file.get(), name), 0) << name;
  }
}

/// A file with the seal of a result and whatever `fill` writes.
template <class Fill>
std::vector<std::byte> sealed(Fill fill) {
  H5Writer writer(1000);
  fill(writer);
  auto bytes = writer.image();
  seal(bytes, FileKind::result);
  return bytes;
}

TEST(Hdf5Layout, OfAnotherProgramIsRefusedByName) {
  const auto result = tests::sample_result();
  const auto sentence = [&](const std::vector<std::byte>& bytes) -> std::string {
    try {
      decode_result(bytes, result.id, "/x");
      return "accepted";
    } catch (const jobs::StorageError& error) {
      return error.what();
    }
  };
  EXPECT_NE(sentence(sealed([](H5Writer&) {})).find("format_version is missing"), std::string::npos);
  const auto later = sealed([](H5Writer& w) { w.attribute("format_version", std::int64_t{2}); });
  EXPECT_NE(sentence(later).find("newer pia-farm"), std::string::npos);
  const auto text = sealed([](H5Writer& w) { w.attribute("format_version", std::string("1")); });
  EXPECT_NE(sentence(text).find("another type"), std::string::npos);
  const auto forged = sealed([&](H5Writer& w) {
    w.attribute("format_version", std::int64_t{1});
    w.attribute("shot_id", jobs::to_hex(result.id));
    w.text("recipe", "{}");
  });
  EXPECT_NE(sentence(forged).find("its recipe is not the shot's"), std::string::npos);
  std::vector<std::byte> no_hdf5(1000);
  seal(no_hdf5, FileKind::result);
  EXPECT_NE(sentence(no_hdf5).find("HDF5 can't open it"), std::string::npos);
}

TEST(Hdf5Layout, OfAnotherRankOrTypeIsRefused) {
  const auto bytes = sealed([](H5Writer& w) {
    w.array<std::int64_t>("numbers", {6}, std::vector<std::int64_t>(6));
    w.text("words", "text");
  });
  const H5Reader file(unseal(bytes, FileKind::result, "/x"), "/x");
  EXPECT_EQ(file.array<std::int64_t>("numbers", 1).values.size(), 6U);
  EXPECT_THROW(file.array<std::int64_t>("numbers", 2), jobs::StorageError);
  EXPECT_THROW(file.array<float>("numbers", 1), jobs::StorageError);
  EXPECT_THROW(file.array<float>("words", 1), jobs::StorageError);
  EXPECT_THROW(file.array<float>("nothing", 1), jobs::StorageError);
  EXPECT_THROW(file.text("numbers"), jobs::StorageError);
  EXPECT_FALSE(file.has("numbers/below"));
  EXPECT_FALSE(file.has("steps/latents"));
}

/// HDF5's own image of a dataset that claims more than the file holds.
std::vector<std::byte> chunked_image(hsize_t extent) {
  const H5Session session;
  const H5Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  H5Pset_fapl_core(access.get(), 4096, false);
  const H5Handle file(H5Fcreate("x", H5F_ACC_TRUNC, H5P_DEFAULT, access.get()), H5Fclose);
  const H5Handle space(H5Screate_simple(1, &extent, nullptr), H5Sclose);
  const H5Handle creation(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
  const hsize_t chunk = 16;
  H5Pset_chunk(creation.get(), 1, &chunk);
  const H5Handle dataset(
      H5Dcreate2(file.get(), "d", H5T_IEEE_F32LE, space.get(), H5P_DEFAULT, creation.get(), H5P_DEFAULT),
      H5Dclose);
  H5Fflush(file.get(), H5F_SCOPE_GLOBAL);
  std::vector<std::byte> image(static_cast<std::size_t>(H5Fget_file_image(file.get(), nullptr, 0)));
  H5Fget_file_image(file.get(), image.data(), image.size());
  return image;
}

TEST(Hdf5Layout, ThatClaimsMoreThanTheFileHoldsCostsNoMemory) {
  for (const hsize_t extent : {hsize_t{1} << 40U, hsize_t{1} << 62U, hsize_t{32}}) {
    const auto image = chunked_image(extent);
    const H5Reader file(image, "/x");
    EXPECT_THROW(file.array<float>("d", 1), jobs::StorageError) << extent;
  }
}

TEST(Hdf5Layout, WhoseShapeWasForgedCostsNoMemory) {
  std::vector<std::byte> image =
      sealed([](H5Writer& w) { w.array<std::uint8_t>("d", {12345}, std::vector<std::uint8_t>(12345)); });
  image.erase(image.end() - kSealBytes, image.end());
  std::vector<std::byte> extent;
  put_little_endian(extent, std::uint64_t{12345});
  const auto at = std::search(image.begin(), image.end(), extent.begin(), extent.end());
  ASSERT_NE(at, image.end());
  for (const std::uint64_t claimed : {std::uint64_t{1} << 40U, std::uint64_t{1} << 60U, std::uint64_t{0}}) {
    std::vector<std::byte> bytes;
    put_little_endian(bytes, claimed);
    std::copy(bytes.begin(), bytes.end(), at);
    const H5Reader file(image, "/x");
    EXPECT_THROW(file.array<std::uint8_t>("d", 1), jobs::StorageError) << claimed;
  }
}

}  // namespace
}  // namespace pia::storage
