// SPDX-License-Identifier: Apache-2.0
#include <c10/core/InferenceMode.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <deque>
#include <filesystem>
#include <fstream>
#include <limits>

#include "jobs/core/error.hpp"
#include "renderer/renderer.hpp"
#include "renderer/weights/layout.hpp"
#include "renderer/weights/rule_model.hpp"
#include "tests/renderer/cases.hpp"
#include "tests/support/temp_folder.hpp"

namespace pia::tests {
namespace {

using nlohmann::json;
using renderer::WeightType;

/// The tensors of a LoRA of tests/reference/make_loras.py.
class RuleLora {
 public:
  RuleLora(const json& settings, const renderer::ModelWeights& model) : settings_(settings) {
    add("unet", renderer::unet_layout(model.unet_config));
    add("text_encoder", renderer::clip_text_layout(model.text_config));
  }

  void save(const std::string& path) const {
    const auto bytes = renderer::safetensors_bytes(views_);
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  }

 private:
  void add(const std::string& component, const std::vector<renderer::ExpectedTensor>& layout) {
    for (const renderer::ExpectedTensor& tensor : layout) {
      const std::string layer = tensor.name.substr(0, tensor.name.rfind('.'));
      if (tensor.shape.size() < 2 || !tensor.name.ends_with(".weight") || !is_chosen(layer)) continue;
      std::vector<std::int64_t> down = tensor.shape;
      down[0] = rank();
      std::vector<std::int64_t> up(tensor.shape.size(), 1);
      up[0] = tensor.shape[0];
      up[1] = rank();
      const std::string rule = "lora/" + component + "/" + layer;
      if (settings_.at("names") == "kohya") {
        std::string name = "lora_" + std::string(component == "unet" ? "unet" : "te") + "_" + layer;
        std::ranges::replace(name, '.', '_');
        add(name + ".lora_down.weight", down, renderer::rule_values(rule + ".down", down));
        add(name + ".lora_up.weight", up, renderer::rule_values(rule + ".up", up));
        add(name + ".alpha", {}, {settings_.at("alpha").get<float>()});
      } else {
        const std::string name = component + "." + layer;
        add(name + ".lora_A.weight", down, renderer::rule_values(rule + ".down", down));
        add(name + ".lora_B.weight", up, renderer::rule_values(rule + ".up", up));
      }
    }
  }

  void add(const std::string& name, const std::vector<std::int64_t>& shape,
           const std::vector<float>& values) {
    bytes_.push_back(renderer::weight_bytes(values, WeightType::fp32));
    views_.push_back({.name = name, .type = WeightType::fp32, .shape = shape, .bytes = bytes_.back()});
  }

  std::int64_t rank() const { return settings_.at("rank"); }
  bool is_chosen(const std::string& layer) const {
    return std::ranges::any_of(settings_.at("layers"),
                               [&](const json& end) { return layer.ends_with(end.get<std::string>()); });
  }

  const json& settings_;
  std::deque<std::vector<std::byte>> bytes_;
  std::vector<renderer::TensorView> views_;
};

class Loras : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder = std::make_unique<TempFolder>();
    write_model("mirrored", folder->path());
    const json all = read_golden("loras/two").settings.at("loras");
    for (std::size_t i = 0; i < all.size(); ++i) {
      RuleLora(all[i], rule_weights("mirrored")).save(path_of(all[i]));
    }
  }
  static void TearDownTestSuite() { folder.reset(); }

  static std::string path_of(const json& lora) {
    return *folder / (lora.at("names").get<std::string>() + ".safetensors");
  }

  static renderer::ModelPaths paths(const Golden& golden) {
    renderer::ModelPaths paths{
        .model = *folder / "weights/model", .base = "", .motion = *folder / "weights/motion"};
    for (const json& lora : golden.settings.at("loras")) {
      paths.loras.push_back(
          {.path = path_of(lora), .weight = lora.at("weight"), .weight_te = lora.at("weight_te")});
    }
    return paths;
  }

  static CaseErrors errors(const std::string& name,
                           const std::function<void(renderer::ModelPaths&)>& change) {
    const c10::InferenceMode inference;
    const Golden golden = read_golden("loras/" + name);
    renderer::ModelPaths with = paths(golden);
    change(with);
    const renderer::ResidentModel model = renderer::load_model(renderer::open_model(with), {});
    const jobs::Shot shot = shot_of(golden);
    return errors_with(model, golden, render_with(model, golden, shot, renderer::choices_of(shot.reference)));
  }

  inline static std::unique_ptr<TempFolder> folder;
};

TEST_F(Loras, AgreeWithDiffusersAtEveryStep) {
  for (const std::string& name : goldens_in("loras")) {
    const CaseErrors found = errors(name, [](auto&) {});
    std::printf("loras/%-10s text %.1e steps %.1e of std; bytes within %d\n", name.c_str(), found.text,
                found.steps, found.frame_bytes);
    EXPECT_TRUE(agrees(found)) << name;
  }
}

TEST_F(Loras, AWeightOrALoraThatIsWrongShows) {
  EXPECT_FALSE(agrees(errors("two", [](auto& paths) { paths.loras.pop_back(); })));
  EXPECT_FALSE(agrees(errors("two", [](auto& paths) { paths.loras[0].weight += 0.01; })));
  EXPECT_FALSE(agrees(errors("two", [](auto& paths) { paths.loras[0].weight_te += 0.01; })));
}

TEST_F(Loras, OneThatHoldsNoNumbersIsNamedByItsWeight) {
  const std::string path = *folder / "broken.safetensors";
  std::filesystem::copy_file(*folder / "diffusers.safetensors", path);
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  const float infinite = std::numeric_limits<float>::infinity();
  file.seekp(-static_cast<std::streamoff>(sizeof infinite), std::ios::end);
  file.write(reinterpret_cast<const char*>(&infinite), sizeof infinite);
  file.close();
  renderer::ModelPaths with = paths(read_golden("loras/two"));
  with.loras = {{.path = path}};
  try {
    renderer::load_model(renderer::open_model(with), {});
    FAIL() << "its pixels would be no numbers";
  } catch (const jobs::WeightError& error) {
    EXPECT_NE(std::string(error.what()).find("is not finite; lower their weights"), std::string::npos);
  }
}

TEST_F(Loras, AreLaidOnForTheirShotAlone) {
  const Golden golden = read_golden("loras/attention");
  const jobs::Image image = image_of(golden);
  jobs::Shot plain = shot_of(golden);
  plain.steps = 1;
  plain.model.path = *folder / "weights/model";
  plain.motion.path = *folder / "weights/motion";
  jobs::Shot styled = plain;
  styled.loras = {{.file = {.path = *folder / "kohya.safetensors"}, .weight = 0.8, .weight_te = 0.5}};
  jobs::Shot stronger = styled;
  stronger.loras[0].weight = 0.9;
  const auto renderer = renderer::make_torch_renderer({});
  const auto clip = [&](const jobs::Shot& shot) {
    Watcher watcher;
    return std::get<jobs::ShotResult>(renderer->render({.shot = shot, .image = image}, watcher)).clip;
  };
  const jobs::Clip first = clip(plain);
  const jobs::Clip second = clip(styled);
  EXPECT_NE(second, first);
  EXPECT_NE(clip(stronger), second);
  EXPECT_EQ(clip(styled), second);
  EXPECT_EQ(clip(plain), first);
  styled.loras[0].file.path += ".gone";
  EXPECT_THROW(clip(styled), jobs::WeightError);
  EXPECT_EQ(clip(plain), first) << "the renderer is usable after it";
}

}  // namespace
}  // namespace pia::tests
