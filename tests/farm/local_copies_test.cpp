// SPDX-License-Identifier: Apache-2.0
#include "farm/child/local_copies.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include "farm/run_rules.hpp"
#include "tests/support/fault_file_ops.hpp"
#include "tests/support/temp_folder.hpp"
#include "tests/support/write_file.hpp"

namespace pia::farm {
namespace {

namespace fs = std::filesystem;
using tests::Fault;
using tests::FaultFileOps;

const auto kGoOn = [] { return false; };

std::string bytes_at(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// A shared disk with models, and a node's own disk.
class NodeDisk : public testing::Test {
 protected:
  jobs::FileRef model(const std::string& name, const std::string& content) const {
    const std::string path = folder_ / name + ".safetensors";
    tests::write_file(path, content);
    return {path, jobs::sha256(content)};
  }
  LocalCopies copies(storage::FileOps& files) const {
    return LocalCopies({.folder = folder(), .files = files, .space = space_, .wall_clock_ns = [] {
                          return std::int64_t{0};
                        }});
  }
  LocalCopies copies() const { return copies(*disk_); }
  std::string folder() const { return folder_ / "copies"; }

  /// All that is there, half copies and half removed ones.
  std::vector<std::string> half() const {
    std::vector<std::string> names;
    for (const std::string& name : disk_->list(folder())) {
      if (name.ends_with(".tmp")) names.push_back(name);
    }
    return names;
  }
  static void fetch(LocalCopies& copies, const jobs::FileRef& model) {
    const auto lock = copies.try_lock();
    ASSERT_TRUE(lock.has_value());
    copies.sweep();
    EXPECT_EQ(copies.copy(model, kGoOn), LocalCopies::End::made);
    copies.remember_use(model.digest);
  }

  const tests::TempFolder folder_;
  const std::unique_ptr<storage::FileOps> disk_ = storage::make_posix_file_ops();
  std::function<DiskSpace(const std::string&)> space_ = [](const std::string&) {
    return DiskSpace{.capacity = 1000, .available = 1000};
  };
};

TEST_F(NodeDisk, ACopyHasTheBytesAndTheNameOfItsModel) {
  const jobs::FileRef tiny = model("tiny", "weights");
  LocalCopies here = copies();
  EXPECT_FALSE(here.find(tiny.digest).has_value());
  fetch(here, tiny);
  const auto copy = here.find(tiny.digest);
  ASSERT_TRUE(copy.has_value());
  EXPECT_EQ(bytes_at(copy->path), "weights");
  EXPECT_TRUE(copy->path.ends_with("/tiny.safetensors"));
  EXPECT_EQ(fs::status(folder()).permissions(), fs::perms::owner_all);
}

TEST_F(NodeDisk, WhateverFailsOrStopsHalfACopyIsNeverTaken) {
  const jobs::FileRef tiny = model("tiny", std::string(1000, 'w'));
  FaultFileOps counting(*disk_, -1, Fault::none);
  LocalCopies undisturbed = copies(counting);
  fetch(undisturbed, tiny);
  const int calls = counting.calls();
  EXPECT_GT(calls, 10);
  for (const Fault fault : {Fault::die_before, Fault::die_within, Fault::io_error, Fault::no_space,
                            Fault::full_disk, Fault::die_after}) {
    for (int at = 0; at < calls; ++at) {
      SCOPED_TRACE("fault " + std::to_string(static_cast<int>(fault)) + " at call " + std::to_string(at));
      fs::remove_all(folder());
      FaultFileOps files(*disk_, at, fault);
      try {
        LocalCopies disturbed = copies(files);
        fetch(disturbed, tiny);
      } catch (const tests::Death&) {
      } catch (const ScratchTrouble&) {
      }
      LocalCopies next = copies();
      const auto copy = next.find(tiny.digest);
      EXPECT_TRUE(!copy || bytes_at(copy->path) == std::string(1000, 'w'));
      if (fault != Fault::die_after) continue;
      fetch(next, tiny);
      EXPECT_TRUE(next.find(tiny.digest).has_value());
      EXPECT_TRUE(half().empty());
    }
  }
}

TEST_F(NodeDisk, ACopyThatIsNotWhatWasPlannedIsNotKept) {
  jobs::FileRef changed = model("tiny", "weights");
  tests::write_file(changed.path, "other weights");
  LocalCopies here = copies();
  const auto lock = here.try_lock();
  EXPECT_THROW(here.copy(changed, kGoOn), ScratchTrouble);
  EXPECT_FALSE(here.find(changed.digest).has_value());
  EXPECT_TRUE(half().empty());
}

TEST_F(NodeDisk, AModelThatIsNotThereIsTheShotsTrouble) {
  LocalCopies here = copies();
  const auto lock = here.try_lock();
  EXPECT_THROW(here.copy({folder_ / "none.safetensors", {}}, kGoOn), jobs::InputError);
}

TEST_F(NodeDisk, ACopyThatSomebodyDamagedIsMadeAgain) {
  const jobs::FileRef tiny = model("tiny", "weights");
  LocalCopies here = copies();
  fetch(here, tiny);
  const std::string path = here.find(tiny.digest)->path;
  for (const auto& damage :
       std::vector<std::function<void()>>{[&] { fs::remove(path); }, [&] { fs::resize_file(path, 3); },
                                          [&] { tests::write_file(path + "x", ""); }}) {
    damage();
    EXPECT_FALSE(here.find(tiny.digest).has_value());
    fetch(here, tiny);
    ASSERT_TRUE(here.find(tiny.digest).has_value());
    EXPECT_EQ(bytes_at(path), "weights");
  }
}

TEST_F(NodeDisk, ACopyThatIsStoppedLeavesNothing) {
  const jobs::FileRef tiny = model("tiny", "weights");
  LocalCopies here = copies();
  const auto lock = here.try_lock();
  EXPECT_EQ(here.copy(tiny, [] { return true; }), LocalCopies::End::stopped);
  EXPECT_FALSE(here.find(tiny.digest).has_value());
  EXPECT_TRUE(half().empty());
}

TEST_F(NodeDisk, OneAtATimeChangesWhatIsThere) {
  LocalCopies here = copies();
  LocalCopies beside = copies();
  auto lock = here.try_lock();
  EXPECT_FALSE(beside.try_lock().has_value());
  lock.reset();
  EXPECT_TRUE(beside.try_lock().has_value());
}

TEST_F(NodeDisk, TheLongestUnusedGoFirstAndThoseInUseStay) {
  const std::vector<jobs::FileRef> models = {model("a", "first"), model("b", "second"), model("c", "third")};
  LocalCopies here = copies();
  for (const jobs::FileRef& each : models) fetch(here, each);
  here.remember_use(models[0].digest);
  LocalCopies beside = copies();
  const auto in_use = beside.find(models[1].digest);
  const auto there = [&] {
    std::string names;
    for (const jobs::FileRef& each : models) {
      if (here.find(each.digest)) names += fs::path(each.path).stem();
    }
    return names;
  };
  const auto room = [&](std::uint64_t bytes) {
    // Each copy that is gone makes 200 bytes free.
    space_ = [this](const std::string&) {
      const auto copies_there = disk_->list(folder());
      const auto gone = 3 - std::count_if(copies_there.begin(), copies_there.end(), [](const auto& name) {
                          return jobs::digest_from_hex(name).has_value();
                        });
      return DiskSpace{.capacity = 1000, .available = 200 + 200 * static_cast<std::uint64_t>(gone)};
    };
    LocalCopies asking = copies();
    const auto lock = asking.try_lock();
    return asking.make_room(bytes);
  };
  EXPECT_TRUE(room(100));
  EXPECT_EQ(there(), "abc");
  EXPECT_TRUE(room(101)) << "a tenth of the disk stays free";
  EXPECT_EQ(there(), "ab") << "b is older, but in use";
  EXPECT_FALSE(room(1000));
  EXPECT_EQ(there(), "b");
}

TEST_F(NodeDisk, IsCleanedOfWhatNobodyUses) {
  const std::vector<jobs::FileRef> models = {model("a", "first"), model("b", "second")};
  LocalCopies here = copies();
  for (const jobs::FileRef& each : models) fetch(here, each);
  LocalCopies beside = copies();
  auto in_use = beside.find(models[1].digest);
  here.clean();
  EXPECT_FALSE(here.find(models[0].digest).has_value());
  EXPECT_TRUE(here.find(models[1].digest).has_value());
  in_use.reset();
  beside.clean();
  EXPECT_FALSE(fs::exists(folder()));
  beside.clean();
}

TEST_F(NodeDisk, ThoseThatComeAndGoAtOnceNeverTakeHalfACopy) {
  const jobs::FileRef tiny = model("tiny", "weights");
  std::vector<std::thread> renderers;
  for (int i = 0; i < 4; ++i) {
    renderers.emplace_back([&] {
      for (int round = 0; round < 5; ++round) {
        LocalCopies here = copies();
        std::optional<LocalCopies::Copy> copy;
        while (!(copy = here.find(tiny.digest))) {
          const auto lock = here.try_lock();
          if (!lock) continue;
          here.sweep();
          here.copy(tiny, kGoOn);
        }
        EXPECT_EQ(bytes_at(copy->path), "weights");
        copy.reset();
        here.clean();
      }
    });
  }
  for (std::thread& renderer : renderers) renderer.join();
  copies().clean();
  EXPECT_FALSE(fs::exists(folder()));
}

TEST_F(NodeDisk, AFolderThatIsNotOursIsNotTrusted) {
  const std::string elsewhere = folder_ / "elsewhere";
  const jobs::FileRef tiny = model("tiny", "weights");
  LocalCopies there({.folder = elsewhere, .files = *disk_, .space = space_, .wall_clock_ns = [] {
                       return std::int64_t{0};
                     }});
  fetch(there, tiny);
  fs::create_directory_symlink(elsewhere, folder());
  LocalCopies here = copies();
  EXPECT_FALSE(here.find(tiny.digest).has_value());
  EXPECT_THROW(here.try_lock(), ScratchTrouble);
}

TEST(Scratch, IsTheNodesOwnUnlessTheSiteNamesAnother) {
  const auto variable = [](const std::string& name) -> std::optional<std::string> {
    if (name == "TMPDIR") return "/tmp/job";
    if (name == "LOCAL") return "/local";
    return std::nullopt;
  };
  const auto of = [&](const std::string& wish, Reach reach, const std::string& renderer = "torch") {
    return scratch_of_node(wish, reach, renderer, variable);
  };
  EXPECT_EQ(of("$TMPDIR", Reach::several_ranks), (Scratch{"/tmp/job", Stage::what_is_shared}));
  EXPECT_EQ(of("$TMPDIR", Reach::one_machine), std::nullopt);
  EXPECT_EQ(of("$TMPDIR", Reach::several_ranks, "fake:crash@1"), std::nullopt);
  EXPECT_EQ(of("$LOCAL/x", Reach::one_machine, "fake"), (Scratch{"/local/x", Stage::all}));
  EXPECT_EQ(of("/scratch", Reach::one_machine), (Scratch{"/scratch", Stage::all}));
  EXPECT_EQ(of("$NOWHERE/x", Reach::several_ranks), std::nullopt);
  EXPECT_EQ(of("relative", Reach::several_ranks), std::nullopt);
  EXPECT_EQ(of("", Reach::several_ranks), std::nullopt);
}

TEST(Scratch, OfSlurmGoesBeforeThatOfTheSystem) {
  const auto both = [](const std::string& name) -> std::optional<std::string> { return "/" + name; };
  EXPECT_EQ(scratch_of_node("$TMPDIR", Reach::several_ranks, "torch", both),
            (Scratch{"/SLURM_TMPDIR", Stage::what_is_shared}));
}

}  // namespace
}  // namespace pia::farm
