// SPDX-License-Identifier: Apache-2.0
// LD_PRELOAD this: counts the system calls by which a program changes what is under a folder, and does
// something to one of them. Nothing else that the program does is touched.
//   PIA_SHIM_PROGRAM  the program meant, "pia-farmd"; all others run undisturbed
//   PIA_SHIM_FOLDER   what is watched
//   PIA_SHIM_COUNTER  a file of eight bytes: the calls so far, of all processes of that program together
//   PIA_SHIM_AT       which call, from 1; 0: none
//   PIA_SHIM_FAULT    "kill-before", "kill-after", "stall", "short" (a write takes half of its bytes), or an
//   errno's number PIA_SHIM_SECONDS  how long a stall lasts PIA_SHIM_LOG      gets a line about the call that
//   it happened to
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

template <class Function>
Function* real(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

struct Plan {
  std::string folder;
  std::string fault;
  std::string log;
  std::uint64_t at = 0;
  unsigned seconds = 30;
  std::atomic<std::uint64_t>* count = nullptr;  ///< nothing: this program is not meant
};

Plan make_plan() {
  Plan plan{.folder = variable("PIA_SHIM_FOLDER"),
            .fault = variable("PIA_SHIM_FAULT"),
            .log = variable("PIA_SHIM_LOG"),
            .at = std::strtoull(variable("PIA_SHIM_AT").c_str(), nullptr, 10)};
  if (const std::string seconds = variable("PIA_SHIM_SECONDS"); !seconds.empty())
    plan.seconds = static_cast<unsigned>(std::strtoul(seconds.c_str(), nullptr, 10));
  if (variable("PIA_SHIM_PROGRAM") != program_invocation_short_name) return plan;
  const int file =
      real<int(const char*, int, ...)>("open")(variable("PIA_SHIM_COUNTER").c_str(), O_RDWR | O_CLOEXEC);
  if (file < 0) return plan;
  void* memory = mmap(nullptr, sizeof(std::uint64_t), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  close(file);
  if (memory != MAP_FAILED) plan.count = static_cast<std::atomic<std::uint64_t>*>(memory);
  return plan;
}

const Plan& plan() {
  static const Plan made = make_plan();
  return made;
}

std::string path_of(int descriptor) {
  std::array<char, 4096> path{};
  const std::string link = "/proc/self/fd/" + std::to_string(descriptor);
  const ssize_t length = readlink(link.c_str(), path.data(), path.size() - 1);
  return length < 0 ? "" : std::string(path.data(), static_cast<std::size_t>(length));
}

bool is_watched(std::string_view path) {
  return plan().count != nullptr && path.substr(0, plan().folder.size()) == plan().folder;
}

void note(const char* name, const std::string& path) {
  if (plan().log.empty()) return;
  const int file = real<int(const char*, int, ...)>("open")(plan().log.c_str(),
                                                            O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  const std::string line = std::string(name) + " " + path + "\n";
  [[maybe_unused]] const ssize_t written =
      real<ssize_t(int, const void*, size_t)>("write")(file, line.data(), line.size());
  close(file);
}

[[noreturn]] void die() {
  kill(getpid(), SIGKILL);
  for (;;) pause();
}

/// Does the call, or what is to happen to it. `half`: the same with half of the bytes, where there are bytes.
template <class Call, class Half>
auto pass(const char* name, const std::string& path, const Call& call, const Half& half) -> decltype(call()) {
  if (!is_watched(path) || ++*plan().count != plan().at) return call();
  note(name, path);
  const std::string& fault = plan().fault;
  if (fault == "kill-before") die();
  if (fault == "kill-after") {
    call();
    die();
  }
  if (fault == "short") return half();
  if (fault == "stall") {
    sleep(plan().seconds);
    return call();
  }
  errno = static_cast<int>(std::strtol(fault.c_str(), nullptr, 10));
  return -1;
}

template <class Call>
auto pass(const char* name, const std::string& path, const Call& call) -> decltype(call()) {
  return pass(name, path, call, call);
}

template <class Open>
int pass_open(const char* name, const std::string& path, int flags, const Open& call) {
  return (flags & O_CREAT) != 0 ? pass(name, path, call) : call();
}

mode_t mode_in(int flags, va_list arguments) {
  return (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(arguments, mode_t) : 0;
}

ssize_t write_all_but(int file, const void* bytes, size_t count) {
  return real<ssize_t(int, const void*, size_t)>("write")(file, bytes, count);
}

}  // namespace

extern "C" {

ssize_t write(int file, const void* bytes, size_t count) {
  return pass(
      "write", plan().count == nullptr ? "" : path_of(file),
      [&] { return write_all_but(file, bytes, count); },
      [&] { return write_all_but(file, bytes, std::max<size_t>(count / 2, 1)); });
}

ssize_t pwrite(int file, const void* bytes, size_t count, off_t offset) {
  const auto call = real<ssize_t(int, const void*, size_t, off_t)>("pwrite");
  return pass(
      "pwrite", path_of(file), [&] { return call(file, bytes, count, offset); },
      [&] { return call(file, bytes, std::max<size_t>(count / 2, 1), offset); });
}
ssize_t pwrite64(int file, const void* bytes, size_t count, off_t offset) {
  return pwrite(file, bytes, count, offset);
}

int fsync(int file) {
  return pass("fsync", path_of(file), [&] { return real<int(int)>("fsync")(file); });
}
int fdatasync(int file) {
  return pass("fdatasync", path_of(file), [&] { return real<int(int)>("fdatasync")(file); });
}
int ftruncate(int file, off_t size) noexcept {
  return pass("ftruncate", path_of(file), [&] { return real<int(int, off_t)>("ftruncate")(file, size); });
}
int ftruncate64(int file, off_t size) noexcept {
  return ftruncate(file, size);
}

int rename(const char* from, const char* to) noexcept {
  return pass("rename", to, [&] { return real<int(const char*, const char*)>("rename")(from, to); });
}
int link(const char* from, const char* to) noexcept {
  return pass("link", to, [&] { return real<int(const char*, const char*)>("link")(from, to); });
}
int unlink(const char* path) noexcept {
  return pass("unlink", path, [&] { return real<int(const char*)>("unlink")(path); });
}
int remove(const char* path) noexcept {
  return pass("remove", path, [&] { return real<int(const char*)>("remove")(path); });
}
int mkdir(const char* path, mode_t mode) noexcept {
  return pass("mkdir", path, [&] { return real<int(const char*, mode_t)>("mkdir")(path, mode); });
}

int open(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = mode_in(flags, arguments);
  va_end(arguments);
  return pass_open("open", path, flags,
                   [&] { return real<int(const char*, int, ...)>("open")(path, flags, mode); });
}
int open64(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = mode_in(flags, arguments);
  va_end(arguments);
  return pass_open("open64", path, flags,
                   [&] { return real<int(const char*, int, ...)>("open64")(path, flags, mode); });
}

}  // extern "C"
