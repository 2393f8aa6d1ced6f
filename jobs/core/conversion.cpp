// SPDX-License-Identifier: Apache-2.0
#include "jobs/core/conversion.hpp"

#include <filesystem>

#include "jobs/core/shell.hpp"

namespace pia::jobs {
namespace {

std::string without_ending(const std::string& file) {
  return std::filesystem::path(file).replace_extension().string();
}

}  // namespace

std::string command_for_folder(const std::string& file) {
  return "python3 -c \"import sys; from diffusers import StableDiffusionPipeline as P; "
         "P.from_single_file(sys.argv[1]).save_pretrained(sys.argv[2])\" " +
         shell_quoted(file) + " " + shell_quoted(without_ending(file));
}

std::string command_for_safetensors(const std::string& file) {
  return "python3 -c \"import sys, torch; from safetensors.torch import save_file; "
         "w = torch.load(sys.argv[1], 'cpu'); w = w.get('state_dict', w); "
         "save_file({k: v.contiguous().clone() for k, v in w.items() if hasattr(v, 'contiguous')}, "
         "sys.argv[2])\" " +
         shell_quoted(file) + " " + shell_quoted(without_ending(file) + ".safetensors");
}

}  // namespace pia::jobs
