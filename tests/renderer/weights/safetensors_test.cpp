// SPDX-License-Identifier: Apache-2.0
#include "renderer/weights/safetensors.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/renderer/weights/tiny_model.hpp"

namespace pia::renderer {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using tests::TempFolder;
using tests::weight_error;

std::string with_header(const std::string& header, std::size_t data) {
  std::string bytes;
  for (int i = 0; i < 8; ++i) bytes += static_cast<char>(header.size() >> (8 * i) & 0xffU);
  return bytes + header + std::string(data, 'x');
}

std::string error_of(const std::string& bytes) {
  return weight_error([&] { parse_safetensors(std::as_bytes(std::span(bytes)), "a.safetensors"); });
}

std::string error_of_header(const std::string& header, std::size_t data = 8) {
  return error_of(with_header(header, data));
}

std::string example() {
  static const std::vector<std::byte> kData(64, std::byte{7});
  const std::vector<TensorView> tensors = {{"matrix", WeightType::fp32, {2, 3}, std::span(kData).first(24)},
                                           {"scalar", WeightType::int64, {}, std::span(kData).first(8)},
                                           {"nothing", WeightType::fp16, {0, 5}, {}},
                                           {"half", WeightType::bf16, {3}, std::span(kData).first(6)}};
  const auto bytes = safetensors_bytes(tensors, {{"format", "pt"}});
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

TEST(Safetensors, WhatIsWrittenReadsBack) {
  const std::string bytes = example();
  const SafetensorsContent content = parse_safetensors(std::as_bytes(std::span(bytes)), "example");
  ASSERT_EQ(content.tensors.size(), 4U);
  EXPECT_EQ(content.tensors[0].name, "half");
  EXPECT_EQ(content.tensors[0].type, WeightType::bf16);
  EXPECT_EQ(content.tensors[1].name, "matrix");
  EXPECT_EQ(content.tensors[1].shape, (std::vector<std::int64_t>{2, 3}));
  EXPECT_EQ(content.tensors[1].bytes.size(), 24U);
  EXPECT_EQ(content.tensors[1].bytes[23], std::byte{7});
  EXPECT_TRUE(content.tensors[2].bytes.empty());
  EXPECT_TRUE(content.tensors[3].shape.empty());
  EXPECT_EQ(content.metadata.at("format"), "pt");
}

TEST(Safetensors, BugAGitLfsPointerWasTakenForAFileWithALongHeader) {
  const std::string error = error_of("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n");
  EXPECT_THAT(error, AllOf(HasSubstr("a.safetensors is a Git LFS pointer, not the weights themselves"),
                           HasSubstr("git lfs pull")));
}

TEST(Safetensors, DataBeginsAtAMultipleOfEight) {
  for (const std::string name : {"a", "ab", "abc", "abcdefg"}) {
    EXPECT_EQ(safetensors_header(std::vector<TensorView>{{name, WeightType::fp32, {1}, {}}}).size() % 8, 0U);
  }
}

TEST(Safetensors, EveryTypeHasItsWord) {
  for (int i = 0; i <= static_cast<int>(WeightType::boolean); ++i) {
    const auto type = static_cast<WeightType>(i);
    EXPECT_EQ(weight_type_from_safetensors_word(safetensors_word(type)), type);
  }
  EXPECT_EQ(safetensors_word(WeightType::bf16), "BF16");
  EXPECT_EQ(bytes_per_element(WeightType::fp64), 8U);
}

TEST(Safetensors, AnEmptyHeaderIsAFileWithoutTensors) {
  EXPECT_EQ(error_of_header("{}", 0), "");
  EXPECT_EQ(error_of_header("{}   ", 0), "");
}

TEST(Safetensors, RefusesHeadersThatAreNotWhole) {
  EXPECT_THAT(error_of(""), HasSubstr("has 0 bytes"));
  EXPECT_THAT(error_of("1234567"), HasSubstr("has 7 bytes"));
  EXPECT_THAT(error_of(std::string(16, '\xff')), HasSubstr("would have 18446744073709551615 bytes"));
  EXPECT_THAT(error_of(std::string("\x09\0\0\0\0\0\0\0{}", 10)), HasSubstr("cut within its header"));
  EXPECT_THAT(error_of_header("[]"), HasSubstr("not an object"));
  EXPECT_THAT(error_of_header("{\"a\""), HasSubstr("not JSON"));
  EXPECT_THAT(error_of_header("{\"\xff\": 1}"), HasSubstr("not JSON"));
  EXPECT_THAT(error_of_header(R"({"a": {"b": [[[[1]]]]}})"), HasSubstr("nested"));
  EXPECT_THAT(error_of_header(std::string(1000000, '[')), HasSubstr("nested"));
}

TEST(Safetensors, RefusesEntriesThatAreNotTensors) {
  EXPECT_THAT(error_of_header(R"({"t": 1})"), HasSubstr("not an object"));
  EXPECT_THAT(error_of_header(R"({"t": {"shape": [2], "data_offsets": [0, 8]}})"), HasSubstr("no \"dtype\""));
  EXPECT_THAT(error_of_header(R"({"t": {"dtype": "F32", "data_offsets": [0, 8]}})"),
              HasSubstr("no \"shape\""));
  EXPECT_THAT(error_of_header(R"({"t": {"dtype": "F32", "shape": [2]}})"), HasSubstr("no \"data_offsets\""));
  EXPECT_THAT(error_of_header(R"({"t": {"dtype": 4, "shape": [2], "data_offsets": [0, 8]}})"),
              HasSubstr("not a word"));
  EXPECT_THAT(error_of_header(R"({"t": {"dtype": "F8_E4M3", "shape": [8], "data_offsets": [0, 8]}})"),
              AllOf(HasSubstr("\"F8_E4M3\""), HasSubstr("\"t\"")));
  EXPECT_THAT(error_of_header(R"({"t": {"dtype": "F32", "shape": 2, "data_offsets": [0, 8]}})"),
              HasSubstr("not a list"));
  EXPECT_THAT(error_of_header(R"({"__metadata__": {"a": 1}})", 0), HasSubstr("__metadata__"));
}

TEST(Safetensors, RefusesSizesThatDoNotAddUp) {
  const auto tensor = [](const std::string& shape, const std::string& offsets) {
    return error_of_header(R"({"t": {"dtype": "F32", "shape": )" + shape + R"(, "data_offsets": )" + offsets +
                           "}}");
  };
  EXPECT_EQ(tensor("[2]", "[0, 8]"), "");
  EXPECT_THAT(tensor("[2]", "[0, 4]"), HasSubstr("shape [2] has 4 bytes"));
  EXPECT_THAT(tensor("[2]", "[8, 0]"), HasSubstr("ends before it begins"));
  EXPECT_THAT(tensor("[2]", "[4, 12]"), HasSubstr("ends at byte 12 of 8"));
  EXPECT_THAT(tensor("[2]", "[0, 18446744073709551615]"), HasSubstr("ends at byte"));
  EXPECT_THAT(tensor("[2]", "[-8, 0]"), HasSubstr("not a whole number"));
  EXPECT_THAT(tensor("[2]", "[0.0, 8.0]"), HasSubstr("not a whole number"));
  EXPECT_THAT(tensor("[2]", "[0]"), HasSubstr("not two numbers"));
  EXPECT_THAT(tensor("[-2]", "[0, 8]"), HasSubstr("not a whole number"));
  EXPECT_THAT(tensor("[18446744073709551615]", "[0, 8]"), HasSubstr("out of range"));
  // 2^62 * 8 overflows to 0, and 2^61 * 4 bytes as well.
  EXPECT_THAT(tensor("[4611686018427387904, 8]", "[0, 0]"), HasSubstr("has 0 bytes"));
  EXPECT_THAT(tensor("[4611686018427387904]", "[0, 0]"), HasSubstr("has 0 bytes"));
}

TEST(Safetensors, CountsNoElementsOfAnImpossibleShape) {
  const auto count = [](std::vector<std::int64_t> shape) { return element_count(shape); };
  EXPECT_EQ(count({}), 1);
  EXPECT_EQ(count({2, 0, 3}), 0);
  EXPECT_EQ(count({2, -1}), std::nullopt);
  EXPECT_EQ(count({std::int64_t{1} << 62, 2}), std::nullopt);
}

TEST(Safetensors, RefusesOverlapsGapsAndTails) {
  const auto two = [](const std::string& first, const std::string& second, std::size_t data) {
    const std::string head = R"({"dtype": "U8", "shape": [4], "data_offsets": )";
    return error_of_header(R"({"a": )" + head + first + R"(}, "b": )" + head + second + "}}", data);
  };
  EXPECT_EQ(two("[0, 4]", "[4, 8]", 8), "");
  EXPECT_EQ(two("[4, 8]", "[0, 4]", 8), "");
  EXPECT_THAT(two("[0, 4]", "[2, 6]", 6), HasSubstr("overlap or leave gaps"));
  EXPECT_THAT(two("[0, 4]", "[0, 4]", 4), HasSubstr("overlap or leave gaps"));
  EXPECT_THAT(two("[0, 4]", "[5, 9]", 9), HasSubstr("overlap or leave gaps"));
  EXPECT_THAT(two("[0, 4]", "[4, 8]", 9), HasSubstr("data after its last tensor"));
}

TEST(Safetensors, RefusesANameThatIsThereTwice) {
  const std::string entry = R"({"dtype": "U8", "shape": [0], "data_offsets": [0, 0]})";
  EXPECT_THAT(error_of_header(R"({"a": )" + entry + R"(, "a": )" + entry + "}", 0), HasSubstr("\"a\" twice"));
}

TEST(Safetensors, SentencesCarryNoControlCharacters) {
  EXPECT_THAT(error_of_header(R"({"\u001b[31m": 1})"), HasSubstr("\"?[31m\""));
}

TEST(Safetensors, ACutFileIsNeverTakenForAWholeOne) {
  const std::string whole = example();
  for (std::size_t length = 0; length < whole.size(); ++length) {
    EXPECT_NE(error_of(whole.substr(0, length)), "") << "cut after " << length << " bytes";
  }
}

TEST(Safetensors, AFlippedHeaderBitIsRefusedOrStaysWithinTheFile) {
  const std::string whole = example();
  const std::size_t header =
      8 + static_cast<unsigned char>(whole[0]) + 256U * static_cast<unsigned char>(whole[1]);
  for (std::size_t bit = 0; bit < 8 * header; ++bit) {
    std::string flipped = whole;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    weight_error([&] {
      const auto content = parse_safetensors(std::as_bytes(std::span(flipped)), "flipped");
      for (const TensorView& tensor : content.tensors) {
        if (tensor.bytes.empty()) continue;
        EXPECT_GE(tensor.bytes.data(), std::as_bytes(std::span(flipped)).data());
        EXPECT_LE(&tensor.bytes.back(), &std::as_bytes(std::span(flipped)).back());
      }
    });
  }
}

TEST(SafetensorsFile, KeepsItsViewsWhenMoved) {
  const TempFolder folder;
  tests::write_file(folder / "a.safetensors", example());
  SafetensorsFile first(folder / "a.safetensors");
  const std::byte* data = first.tensors()[1].bytes.data();
  SafetensorsFile second(std::move(first));
  EXPECT_EQ(second.tensors()[1].bytes.data(), data);
  EXPECT_EQ(second.tensors()[1].bytes[0], std::byte{7});
  second = SafetensorsFile(folder / "a.safetensors");
  EXPECT_EQ(second.tensors()[1].bytes[0], std::byte{7});
}

TEST(SafetensorsFile, SaysWhatIsWrongWithAPath) {
  const TempFolder folder;
  tests::write_file(folder / "empty", "");
  mkfifo((folder / "pipe").c_str(), 0600);
  const auto error = [&](const std::string& name) {
    return weight_error([&] { SafetensorsFile file(folder / name); });
  };
  EXPECT_THAT(error("absent"), AllOf(HasSubstr("absent"), HasSubstr("No such file")));
  EXPECT_THAT(error("empty"), HasSubstr("is empty"));
  EXPECT_THAT(error("."), HasSubstr("not a regular file"));
  EXPECT_THAT(error("pipe"), HasSubstr("not a regular file"));
}

}  // namespace
}  // namespace pia::renderer
