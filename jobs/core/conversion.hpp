// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace pia::jobs {

/// A line for the shell that makes a folder in diffusers' layout, beside `file` and named as it without its
/// ending, of a Stable Diffusion checkpoint in one file. Needs Python with diffusers.
std::string command_for_folder(const std::string& file);

/// The same for a .safetensors of a file that Python has pickled (.ckpt, .pt, .pth, .bin), key by key. Needs
/// Python with torch and safetensors.
std::string command_for_safetensors(const std::string& file);

}  // namespace pia::jobs
