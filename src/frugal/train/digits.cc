#include "frugal/train/gzip.h"
#include "frugal/train/images.h"

namespace frugal {
namespace {

constexpr int kPixels = 64;
constexpr int kMaxPixel = 16;
constexpr int kMaxLabel = 9;
constexpr const char* kHint = "run scripts/setup, which puts digits.csv.gz there, or set data_dir";

// Appends the 65 numbers of one line; the message of the first fault, or nothing.
std::optional<std::string> read_line(std::string_view line, Images& out) {
  std::size_t at = 0;
  for (int column = 0; column <= kPixels; ++column) {
    int value = 0;
    const std::size_t begin = at;
    while (at < line.size() && line[at] >= '0' && line[at] <= '9' && at - begin < 4)
      value = value * 10 + (line[at++] - '0');
    const int most = column == kPixels ? kMaxLabel : kMaxPixel;
    const bool ends = column == kPixels ? at == line.size() : at < line.size() && line[at] == ',';
    if (at == begin || !ends || value > most)
      return "column " + std::to_string(column + 1) + " of 65 is not a whole number from 0 to " +
             std::to_string(most) + ": '" + std::string(line.substr(begin, 12)) + "'";
    (column == kPixels ? out.labels : out.pixels).push_back(static_cast<std::uint8_t>(value));
    ++at;
  }
  return std::nullopt;
}

}  // namespace

Result<Images> read_digits(const std::string& data_dir) {
  const std::string path = data_dir + "/digits.csv.gz";
  const Result<std::string> text = read_maybe_gzip(path, kHint);
  if (!text.ok()) return text.error();
  Images images{.shape = {.largest = 16}, .pixels = {}, .labels = {}};
  std::string_view rest = *text;
  for (int number = 1; !rest.empty(); ++number) {
    const std::size_t end = rest.find('\n');
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (const std::optional<std::string> fault = read_line(line, images))
      return bad_input(path + ", line " + std::to_string(number) + ": " + *fault, kHint);
  }
  if (images.labels.empty()) return bad_input(path + ": the file holds no rows", kHint);
  return images;
}

}  // namespace frugal
