// SPDX-License-Identifier: Apache-2.0
#include "farm/media/internal/webp_container.hpp"

#include <algorithm>

#include "farm/media/internal/picture_bytes.hpp"

namespace pia::farm {
namespace {

constexpr std::size_t kRiff = 12;
constexpr std::size_t kChunkHead = 8;
constexpr std::size_t kFrameDuration = 12;
constexpr std::size_t kLoops = 4;
constexpr std::uint64_t kForEver = 0;
constexpr std::byte kXmpFlag{0x04};

struct Chunk {
  std::string kind;
  std::vector<std::byte> body;
};

void put(std::vector<std::byte>& to, std::size_t at, std::uint64_t value, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) to.at(at + i) = static_cast<std::byte>(value >> (8 * i));
}

std::vector<Chunk> chunks_of(const PictureBytes& webp) {
  std::vector<Chunk> chunks;
  for (std::size_t at = kRiff; at < webp.size();) {
    const std::size_t length = webp.u32(at + 4);
    const auto kind = webp.part(at, 4).bytes;
    const auto body = webp.part(at + kChunkHead, length).bytes;
    chunks.push_back({{reinterpret_cast<const char*>(kind.data()), 4}, {body.begin(), body.end()}});
    at += kChunkHead + length + (length & 1U);
  }
  return chunks;
}

std::vector<std::byte> riff(const std::vector<Chunk>& chunks) {
  std::vector<std::byte> file(kRiff);
  std::ranges::copy(std::as_bytes(std::span("RIFF", 4)), file.begin());
  std::ranges::copy(std::as_bytes(std::span("WEBP", 4)), file.begin() + 8);
  for (const Chunk& chunk : chunks) {
    const std::size_t at = file.size();
    file.resize(at + kChunkHead);
    std::ranges::copy(std::as_bytes(std::span(chunk.kind)), file.begin() + static_cast<std::ptrdiff_t>(at));
    put(file, at + 4, chunk.body.size(), 4);
    file.insert(file.end(), chunk.body.begin(), chunk.body.end());
    file.resize(file.size() + chunk.body.size() % 2);
  }
  put(file, 4, file.size() - kChunkHead, 4);
  return file;
}

std::string escaped(const std::string& text) {
  std::string safe;
  for (const char c : text) {
    if (c == '&') {
      safe += "&amp;";
    } else if (c == '<') {
      safe += "&lt;";
    } else if (c == '>') {
      safe += "&gt;";
    } else {
      safe += c;
    }
  }
  return safe;
}

Chunk xmp(const std::string& description) {
  const std::string packet =
      R"(<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">)"
      R"(<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:description><rdf:Alt>)"
      R"(<rdf:li xml:lang="x-default">)" +
      escaped(description) + "</rdf:li></rdf:Alt></dc:description></rdf:Description></rdf:RDF></x:xmpmeta>";
  const auto bytes = std::as_bytes(std::span(packet));
  return {"XMP ", {bytes.begin(), bytes.end()}};
}

void set_times(std::vector<Chunk>& chunks, std::int64_t duration_ms, const std::string& name) {
  std::int64_t before = 0;
  Chunk* last = nullptr;
  for (Chunk& chunk : chunks) {
    if (chunk.kind == "ANIM") put(chunk.body, kLoops, kForEver, 2);
    if (chunk.kind != "ANMF") continue;
    if (last != nullptr) before += PictureBytes{last->body, name, ByteOrder::little}.u24(kFrameDuration);
    last = &chunk;
  }
  if (last == nullptr) return;
  put(last->body, kFrameDuration, static_cast<std::uint64_t>(std::max<std::int64_t>(duration_ms - before, 1)),
      3);
}

void add_xmp(std::vector<Chunk>& chunks, const WebpFinish& finish) {
  if (chunks.empty() || chunks[0].kind != "VP8X") {
    Chunk extended{"VP8X", std::vector<std::byte>(10)};
    put(extended.body, 4, static_cast<std::uint64_t>(finish.size.width - 1), 3);
    put(extended.body, 7, static_cast<std::uint64_t>(finish.size.height - 1), 3);
    chunks.insert(chunks.begin(), extended);
  }
  chunks[0].body.at(0) |= kXmpFlag;
  chunks.push_back(xmp(finish.description));
}

}  // namespace

std::vector<std::byte> finish_webp(std::span<const std::byte> webp, const WebpFinish& finish) {
  std::vector<Chunk> chunks = chunks_of({webp, finish.name, ByteOrder::little});
  set_times(chunks, finish.duration_ms, finish.name);
  if (!finish.description.empty()) add_xmp(chunks, finish);
  return riff(chunks);
}

}  // namespace pia::farm
