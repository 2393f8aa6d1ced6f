// SPDX-License-Identifier: Apache-2.0
// Programs with a bug planted at the seam to the file system: what checks the others must find it.
#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>

#include <functional>
#include <map>

#include "storage/fenced_off.hpp"
#include "tests/storage/small_farm.hpp"
#include "tests/support/fault_file_ops.hpp"
#include "tests/support/memory_file_ops.hpp"

namespace pia::tests {
namespace {

using storage::FileOps;

/// How many complaints a check has.
int complaints_of(const std::function<void()>& check) {
  testing::TestPartResultArray found;
  const testing::ScopedFakeTestPartResultReporter listener(
      testing::ScopedFakeTestPartResultReporter::INTERCEPT_ONLY_CURRENT_THREAD, &found);
  check();
  return found.size();
}

/// Syncs nothing.
class Forgetful : public FaultFileOps {
 public:
  explicit Forgetful(FileOps& files) : FaultFileOps(files, -1, Fault::none), files_(files) {}
  std::unique_ptr<File> create(const std::string& path) override {
    return std::make_unique<Unsynced>(files_.create(path));
  }
  void sync_folder(const std::string&) override {}

 private:
  class Unsynced : public File {
   public:
    explicit Unsynced(std::unique_ptr<File> file) : file_(std::move(file)) {}
    void write(std::span<const std::byte> bytes) override { file_->write(bytes); }
    void sync() override {}
    void close() override { file_->close(); }

   private:
    std::unique_ptr<File> file_;
  };
  FileOps& files_;
};

TEST(PlantedBug, ACommitWithoutSyncIsFoundAfterAPowerCut) {
  std::mt19937_64 chance(1);
  for (const bool planted : {false, true}) {
    MemoryFileOps memory;
    Forgetful forgetful(memory);
    FileOps& files = planted ? static_cast<FileOps&>(forgetful) : memory;
    Promises promises;
    ASSERT_EQ(SmallFarm{}.run(files, "first", promises), Ending::finished);
    memory.power_cut(MemoryFileOps::Cut::nothing, chance);
    EXPECT_EQ(complaints_of([&] { SmallFarm{}.expect_sound(memory, promises); }) > 0, planted);
  }
}

/// A process that stands still before it makes its file number `at`, while another run happens.
class Zombie : public FaultFileOps {
 public:
  enum class Looks { at_the_epoch, away } looks;
  Zombie(FileOps& files, int at, Looks how, std::function<void()> meanwhile)
      : FaultFileOps(files, -1, Fault::none),
        looks(how),
        files_(files),
        at_(at),
        meanwhile_(std::move(meanwhile)) {}

  std::unique_ptr<File> create(const std::string& path) override {
    if (made_++ == at_) {
      const auto epochs = files_.list(kLease);
      if (!epochs.empty()) own_ = epochs.back();
      meanwhile_();
    }
    return files_.create(path);
  }
  std::vector<std::string> list(const std::string& folder) override {
    auto names = files_.list(folder);
    if (folder == kLease) {
      std::erase_if(names, [this](const std::string& name) { return is_overlooked(name); });
    }
    return names;
  }
  bool exists(const std::string& path) override {
    const bool lease = path.starts_with(kLease + "/");
    return !(lease && is_overlooked(path.substr(kLease.size() + 1))) && files_.exists(path);
  }
  bool stood_still() const { return made_ > at_; }

 private:
  bool is_overlooked(const std::string& epoch) const {
    return looks == Looks::away && !own_.empty() && epoch > own_;
  }

  const std::string kLease = "/run/lease";
  FileOps& files_;
  int at_;
  std::function<void()> meanwhile_;
  int made_ = 0;
  std::string own_;
};

void expect_each_committed_once(FileOps& files) {
  std::map<std::string, int> commits;
  for (const storage::Record& record : storage::replay(files, "/run").records) {
    if (record.type != storage::RecordType::shot_committed) continue;
    EXPECT_EQ(++commits[record.payload], 1) << record.payload;
  }
}

/// Complaints of all zombies, wherever they stand still.
int complaints_of_zombies(Zombie::Looks looks) {
  int complaints = 0;
  for (int at = 0;; ++at) {
    MemoryFileOps memory;
    Promises of_zombie;
    Promises promises;
    Zombie zombie(memory, at, looks,
                  [&] { EXPECT_EQ(SmallFarm{}.run(memory, "second", promises), Ending::finished); });
    try {
      SmallFarm{}.run(zombie, "first", of_zombie);
    } catch (const storage::FencedOff&) {
      // As it should be.
    }
    if (!zombie.stood_still()) return complaints;
    complaints += complaints_of([&] {
      SmallFarm{}.expect_sound(memory, promises);
      expect_each_committed_once(memory);
    });
  }
}

TEST(PlantedBug, AZombieThatDoesNotLookAtTheEpochIsFound) {
  EXPECT_EQ(complaints_of_zombies(Zombie::Looks::at_the_epoch), 0);
  EXPECT_GT(complaints_of_zombies(Zombie::Looks::away), 0);
}

}  // namespace
}  // namespace pia::tests
