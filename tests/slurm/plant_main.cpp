// SPDX-License-Identifier: Apache-2.0
// plant <bug> RUN: what a farm with that bug would leave in a run directory, to try the checker of a
// campaign.
//   lost: a result that the journal calls committed is not there
//   torn: a result's last bytes are not those that were committed
//   wrong: a whole and well sealed result, with other frames
//   twice: a shot committed once more, under a later epoch
#include <cstdio>
#include <span>
#include <string>

#include "farm/run_history.hpp"
#include "jobs/core/error.hpp"
#include "storage/lease.hpp"
#include "storage/shot_store.hpp"

namespace {

using namespace pia;

void write_anew(storage::FileOps& files, const std::string& path, const std::vector<std::byte>& bytes) {
  storage::replace_file(files, path, std::span(bytes), "e0-plant");
}

void plant(const std::string& bug, const std::string& run) {
  const auto files = storage::make_posix_file_ops();
  storage::ShotStore store(*files, run);
  const jobs::ShotId id = store.ids().at(0);
  if (bug == "lost") {
    files->remove(store.path(id));
  } else if (bug == "torn") {
    auto bytes = files->read(store.path(id));
    bytes.at(bytes.size() / 2) ^= std::byte{1};
    write_anew(*files, store.path(id), bytes);
  } else if (bug == "wrong") {
    auto result = store.load(id).value();
    result.clip.rgb.at(0) ^= 1;
    files->remove(store.path(id));
    store.commit(result, {.epoch = 1, .number = 99}, [] {});
  } else if (bug == "twice") {
    const auto lease = storage::read_lease(*files, run);
    std::vector<std::string> complaints;
    const auto history = farm::fold(storage::replay(*files, run).records, complaints);
    storage::Journal journal(*files, run, lease->epoch + 1, history.next_sequence);
    journal.append(storage::RecordType::shot_committed,
                   farm::payload_of_commit(id, store.size(id).value(), 1.0));
    journal.commit();
  } else {
    throw jobs::InputError("no such bug: " + bug);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return static_cast<int>(jobs::ExitCode::bad_usage);
  try {
    plant(argv[1], argv[2]);
    return 0;
  } catch (const std::exception& error) {
    std::printf("%s\n", error.what());
    return 1;
  }
}
