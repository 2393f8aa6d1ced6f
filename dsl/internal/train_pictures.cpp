// SPDX-License-Identifier: Apache-2.0
#include "dsl/internal/train_pictures.hpp"

#include <algorithm>

#include "dsl/internal/complaints.hpp"
#include "dsl/internal/find_file.hpp"
#include "dsl/internal/glob.hpp"
#include "dsl/internal/unicode_text.hpp"

namespace pia::dsl::internal {
namespace {

constexpr std::size_t kMostBytes = std::size_t{64} << 10U;
constexpr std::string_view kExtensions = "png, jpg, jpeg, webp, bmp, tif, tiff";

bool is_blank(char c) {
  return (c >= 0 && c <= ' ') || c == '\x7F';
}

// Controls beyond ASCII, U+0080 to U+009F: terminals heed them, too.
bool is_late_control(std::string_view text) {
  return text.size() > 1 && text[0] == '\xC2' && static_cast<unsigned char>(text[1]) < 0xA0;
}

std::string spaced_once(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_late = is_late_control(text.substr(i));
    if (is_late) ++i;
    if (!is_late && !is_blank(text[i])) {
      result += text[i];
    } else if (!result.empty() && result.back() != ' ') {
      result += ' ';
    }
  }
  if (result.ends_with(' ')) result.pop_back();
  return result;
}

std::vector<std::string> pictures_in(const std::string& folder, const Catalog& catalog) {
  std::vector<std::string> found;
  for (const std::string& name : catalog.list(folder)) {
    if (!name.starts_with(".") && is_picture(name)) found.push_back(joined_path(folder, name));
  }
  std::erase_if(found, [&](const std::string& path) { return catalog.kind(path) != Catalog::Kind::file; });
  std::ranges::sort(found);
  return found;
}

std::string where_none_is(const std::string& folder, const Catalog& catalog) {
  const bool is_deeper = !is_pattern(folder) && !glob(folder + "/*/*", catalog).empty();
  const std::string mend = is_deeper ? "those of its folders are " + in_quotes(folder + "/*/*")
                                     : "put some in it, or name the folder that they are in";
  return folder + " holds no picture (" + std::string(kExtensions) + "); " + mend;
}

// A folder may have a name that would be a pattern.
std::variant<std::vector<std::string>, Trouble> files_of(const std::string& path, const Catalog& catalog) {
  const Catalog::Kind kind = catalog.kind(path);
  if (kind == Catalog::Kind::folder) {
    auto found = pictures_in(path, catalog);
    if (found.empty()) return Trouble{where_none_is(path, catalog)};
    return found;
  }
  if (kind == Catalog::Kind::file) {
    if (is_picture(path)) return std::vector{path};
    return Trouble{path + " is no picture by its name (" + std::string(kExtensions) +
                   "); name a folder of pictures, or a pattern such as \"mine/*.png\""};
  }
  if (!is_pattern(path)) return Trouble{path + " is not there; check the path"};
  auto found = glob(path, catalog);
  if (found.empty()) {
    return Trouble{"no picture (" + std::string(kExtensions) + ") matches " + in_quotes(path) +
                   "; check the pattern"};
  }
  return found;
}

std::string text_beside(const std::string& picture) {
  return picture.substr(0, picture.rfind('.')) + ".txt";
}

std::variant<std::string, Trouble> read_caption(const std::string& path, const Catalog& catalog) {
  const auto read = catalog.text(path);
  if (const auto* trouble = std::get_if<Trouble>(&read)) return *trouble;
  std::string_view text = std::get<std::string>(read);
  if (text.size() > kMostBytes) return Trouble{path + " is larger than 64 KiB; write one caption into it"};
  if (text.find('\0') != std::string_view::npos || first_bad_utf8(text) != std::string_view::npos) {
    return Trouble{path + " is no text in UTF-8; save it as UTF-8"};
  }
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  std::string caption = spaced_once(text);
  if (caption.empty()) {
    return Trouble{path +
                   " is empty; write the picture's caption into it, or take it away and write "
                   "data.caption"};
  }
  return caption;
}

/// Of one kind: the first, and how many there are.
struct Troubles {
  std::string first;
  std::size_t count = 0;

  void add(const std::string& sentence) {
    if (++count == 1) first = sentence;
  }
  void tell(std::vector<Trouble>& all, const char* what) const {
    if (count == 0) return;
    const std::string more =
        count == 1 ? "" : " (" + std::to_string(count - 1) + " more of its " + what + " can't be used)";
    all.push_back({first + more});
  }
};

class Finder {
 public:
  Finder(const PictureWish& wish, const Catalog& catalog) : wish_(wish), catalog_(catalog) {}

  void take(const std::string& file) {
    if (first_bad_utf8(file) != std::string::npos) {
      pictures_.add("the name of the picture " + in_quotes(to_utf8(from_utf8(file))) +
                    " is not UTF-8; rename it");
      return;
    }
    const auto digest = catalog_.digest(file);
    if (const auto* trouble = std::get_if<Trouble>(&digest)) return pictures_.add(trouble->sentence);
    const std::string caption = caption_of(file);
    found_.pictures.push_back({.file = file, .caption = caption});
    lines_ += to_hex(std::get<jobs::Digest>(digest)) + " " + caption + "\n";
  }

  std::variant<FoundPictures, std::vector<Trouble>> found() && {
    std::vector<Trouble> troubles;
    pictures_.tell(troubles, "pictures");
    texts_.tell(troubles, "captions");
    if (lacking_.count > 0) troubles.push_back({lack()});
    if (!troubles.empty()) return troubles;
    found_.digest = jobs::sha256(lines_);
    return std::move(found_);
  }

 private:
  std::string caption_of(const std::string& file) {
    if (wish_.captions == PictureWish::Captions::none) return "";
    const std::string beside = text_beside(file);
    if (catalog_.kind(beside) == Catalog::Kind::file) {
      auto text = read_caption(beside, catalog_);
      if (auto* caption = std::get_if<std::string>(&text)) return std::move(*caption);
      texts_.add(std::get<Trouble>(text).sentence);
    } else if (wish_.caption) {
      return spaced_once(*wish_.caption);
    } else {
      lacking_.add(file);
    }
    return "";
  }

  std::string lack() const {
    const std::string count = std::to_string(lacking_.count);
    const std::string of_all = count + " of " + std::to_string(found_.pictures.size()) + " pictures ";
    return of_all + (lacking_.count == 1 ? "has" : "have") + " no caption, the first of them " +
           lacking_.first + "; write one into " + text_beside(lacking_.first) +
           ", or one for all that have none: add caption = \"a photo of ...\" to [data]";
  }

  const PictureWish& wish_;
  const Catalog& catalog_;
  FoundPictures found_;
  std::string lines_;
  Troubles pictures_;
  Troubles texts_;
  Troubles lacking_;
};

}  // namespace

std::variant<FoundPictures, std::vector<Trouble>> find_pictures(const PictureWish& wish,
                                                                const Catalog& catalog) {
  const auto files = files_of(wish.path, catalog);
  if (const auto* trouble = std::get_if<Trouble>(&files)) return std::vector{*trouble};
  Finder finder(wish, catalog);
  for (const std::string& file : std::get<std::vector<std::string>>(files)) finder.take(file);
  return std::move(finder).found();
}

}  // namespace pia::dsl::internal
