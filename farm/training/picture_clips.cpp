// SPDX-License-Identifier: Apache-2.0
#include "farm/training/picture_clips.hpp"

#include <cerrno>
#include <numeric>
#include <utility>

#include "farm/media/image_file.hpp"
#include "farm/media/resize.hpp"
#include "farm/training/other_caption.hpp"
#include "jobs/core/error.hpp"
#include "renderer/training/toy/draws.hpp"
#include "renderer/training/toy/scene.hpp"

namespace pia::farm {
namespace {

// All were there when the training was planned: a disk that fails, or is away, must not change what is learnt
// from.
std::vector<std::byte> bytes_of(const std::string& file) {
  errno = 0;
  try {
    return picture_bytes(file);
  } catch (const jobs::InputError& error) {
    const int cause = errno;
    const bool is_away = cause == ENOENT || cause == ENOTDIR || cause == EACCES;
    if (is_away || jobs::is_passing(cause)) throw jobs::StorageError(error.what(), cause);
    throw;
  }
}

jobs::Clip read_still(const std::string& file, jobs::Size size) {
  const jobs::Image image =
      apply_geometry(read_image_bytes(bytes_of(file), file),
                     {.size = size, .resize = jobs::Resize::crop, .first = std::nullopt});
  return {1, image.width, image.height, image.rgb};
}

}  // namespace

std::vector<std::size_t> epoch_order(std::uint64_t seed, std::uint64_t epoch, std::size_t count) {
  renderer::Draws draws(seed, epoch);
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), std::size_t{0});
  for (std::size_t left = count; left > 1; --left) {
    std::swap(order[left - 1], order[static_cast<std::size_t>(draws.pick(static_cast<int>(left)))]);
  }
  return order;
}

PictureClips::PictureClips(const jobs::ClipData& data, Options options)
    : data_(data),
      bytes_kept_(options.bytes_kept),
      unusable_(data.pictures.size(), "pictures", std::move(options.notice)),
      is_unusable_(data.pictures.size()) {
  PIA_ASSERT(!data.pictures.empty());
  find(0);
}

renderer::Example PictureClips::example(std::uint64_t index) const {
  Found found = find(index);
  renderer::Example example;
  example.clip = std::move(found.clip);
  example.caption = data_.pictures[found.picture].caption;
  example.affinity = {1.0F};
  return example;
}

std::string PictureClips::caption_of_other(std::uint64_t index) const {
  return other_caption(data_.pictures, find(index).picture);
}

PictureClips::Found PictureClips::find(std::uint64_t index) const {
  const std::size_t count = data_.pictures.size();
  const bool is_held_out = index >= renderer::kFirstHeldOut;
  const std::uint64_t number = index % renderer::kFirstHeldOut;
  const std::uint64_t epoch = number / count + (is_held_out ? renderer::kFirstHeldOut : 0);
  const std::vector<std::size_t> order = epoch_order(data_.seed, epoch, count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t picture = order[(number + i) % count];
    if (auto clip = still(picture)) return {.picture = picture, .clip = std::move(*clip)};
  }
  throw jobs::InputError(
      "none of the " + std::to_string(count) +
      " pictures of data.pictures can be used; of the first that was tried: " + unusable_.first_reason());
}

std::optional<jobs::Clip> PictureClips::still(std::size_t picture) const {
  {
    const std::lock_guard lock(mutex_);
    if (is_unusable_[picture]) return std::nullopt;
    const auto found = kept_.find(picture);
    if (found != kept_.end()) return found->second;
  }
  try {
    jobs::Clip clip = read_still(data_.pictures[picture].file, {data_.width, data_.height});
    if (!keeps(picture)) return clip;
    const std::lock_guard lock(mutex_);
    return kept_.emplace(picture, std::move(clip)).first->second;
  } catch (const jobs::InputError& error) {
    unusable_.tell(picture, error.what());
    const std::lock_guard lock(mutex_);
    is_unusable_[picture] = true;
    return std::nullopt;
  }
}

// By its place in the list, not by who came first, so that memory is all that hangs on it.
bool PictureClips::keeps(std::size_t picture) const {
  const std::size_t bytes =
      std::size_t{3} * static_cast<std::size_t>(data_.width) * static_cast<std::size_t>(data_.height);
  return picture < bytes_kept_ / bytes;
}

}  // namespace pia::farm
