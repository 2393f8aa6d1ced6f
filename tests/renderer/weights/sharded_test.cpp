// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/renderer/weights/tiny_model.hpp"

namespace pia::renderer {
namespace {

using testing::Contains;
using testing::HasSubstr;
using tests::EditableWeights;
using tests::TinyModel;

/// The tiny model with its U-Net in three files and an index.
class Sharded : public testing::Test {
 protected:
  Sharded() {
    const EditableWeights whole = EditableWeights::load(tiny_.unet_file());
    std::size_t at = 0;
    for (const auto& [name, tensor] : whole.tensors) {
      const std::size_t shard = at++ % 3;
      shards_[shard].tensors[name] = tensor;
      index_["weight_map"][name] = shard_name(shard);
    }
    std::filesystem::remove(tiny_.unet_file());
    save();
  }

  static std::string shard_name(std::size_t shard) {
    return "diffusion_pytorch_model-0000" + std::to_string(shard + 1) + "-of-00003.safetensors";
  }
  std::string index_path() const { return folder_ + "/diffusion_pytorch_model.safetensors.index.json"; }
  void save() const {
    for (std::size_t i = 0; i < 3; ++i) shards_[i].save(folder_ + "/" + shard_name(i));
    tests::write_file(index_path(), index_.dump());
  }

  TinyModel tiny_;
  std::string folder_ = tiny_.model() + "/unet";
  EditableWeights shards_[3];
  nlohmann::json index_ = {{"metadata", {{"total_size", 1}}}};
};

TEST_F(Sharded, IsReadLikeOneFile) {
  EXPECT_EQ(tiny_.error(), "");
  EXPECT_THAT(model_files(tiny_.model()), Contains("unet/" + shard_name(2)));
  EXPECT_THAT(model_files(tiny_.model()), Contains("unet/diffusion_pytorch_model.safetensors.index.json"));
  EXPECT_EQ(open_model(tiny_.paths()).files.size(), 6U);
}

TEST_F(Sharded, HalfPrecisionHasItsOwnIndex) {
  std::filesystem::rename(index_path(), folder_ + "/diffusion_pytorch_model.safetensors.index.fp16.json");
  EXPECT_EQ(tiny_.error(), "");
}

TEST_F(Sharded, RefusesAMissingShard) {
  std::filesystem::remove(folder_ + "/" + shard_name(1));
  EXPECT_THAT(tiny_.error(), HasSubstr(shard_name(1)));
}

TEST_F(Sharded, RefusesShardsThatAreNotAsTheIndexSays) {
  index_["weight_map"]["absent"] = shard_name(0);
  save();
  EXPECT_THAT(tiny_.error(), HasSubstr("does not hold \"absent\""));
  index_["weight_map"].erase("absent");
  shards_[2].add("extra", {1});
  save();
  EXPECT_THAT(tiny_.error(), HasSubstr("holds \"extra\", which is not what its index says"));
}

TEST_F(Sharded, RefusesAnIndexThatNamesAnotherShard) {
  const std::string name = shards_[0].tensors.begin()->first;
  index_["weight_map"][name] = shard_name(1);
  save();
  EXPECT_THAT(tiny_.error(), HasSubstr("holds \"" + name + "\", which is not what its index says"));
}

TEST_F(Sharded, RefusesATensorThatIsInTwoShards) {
  shards_[0].tensors.insert(*shards_[1].tensors.begin());
  save();
  EXPECT_THAT(tiny_.error(), HasSubstr("which is not what its index says"));
}

TEST_F(Sharded, NeverLeavesItsFolder) {
  for (const std::string name : {"../../secret.safetensors", "/etc/passwd", "model.bin", ""}) {
    index_["weight_map"]["conv_in.bias"] = name;
    save();
    EXPECT_THAT(tiny_.error(), HasSubstr("it names the file")) << name;
  }
}

TEST_F(Sharded, RefusesABrokenIndex) {
  for (const std::string text :
       {"", "[]", "{}", R"({"weight_map": 1})", R"({"weight_map": {"a": 1}})", R"({"weight_map": {}})"}) {
    tests::write_file(index_path(), text);
    EXPECT_THAT(tiny_.error(), HasSubstr("is not an index of safetensors files")) << text;
  }
}

}  // namespace
}  // namespace pia::renderer
