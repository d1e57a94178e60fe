#include "frugal/report/text_table.h"

#include <algorithm>

namespace frugal {
namespace {

constexpr std::size_t kShortest = 12;

bool begins_letter(char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }

// Byte offset of the letter at `place`.
std::size_t offset_of(const std::string& text, std::size_t place) {
  std::size_t at = 0;
  for (; at < text.size(); ++at)
    if (begins_letter(text[at]) && place-- == 0) break;
  return at;
}

std::string cut(const std::string& text, std::size_t width) {
  const std::size_t whole = places(text);
  if (whole <= width) return text;
  const std::size_t tail = (width - 1) / 2;
  return text.substr(0, offset_of(text, width - 1 - tail)) + "…" + text.substr(offset_of(text, whole - tail));
}

}  // namespace

std::size_t places(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), begins_letter));
}

std::string text_table(const std::vector<std::vector<std::string>>& rows, std::size_t width) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()), 0);
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], places(row[i]));
  }
  if (widths.empty()) return "";
  std::size_t others = 2;
  for (std::size_t i = 1; i < widths.size(); ++i) others += 2 + widths[i];
  const std::size_t left = width > others + kShortest ? width - others : kShortest;
  widths[0] = std::min(widths[0], left);
  std::string out;
  for (const auto& row : rows) {
    const std::string name = cut(row.front(), widths[0]);
    std::string line = "  " + name + std::string(widths[0] - places(name), ' ');
    for (std::size_t i = 1; i < row.size(); ++i)
      line += std::string(2 + widths[i] - places(row[i]), ' ') + row[i];
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  }
  return out;
}

std::string wrapped(const std::string& text, std::size_t width, const std::string& indent) {
  std::string out;
  std::string line;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    const std::string word = text.substr(at, end - at);
    if (!line.empty() && places(line) + 1 + places(word) > width) {
      out += line + "\n";
      line = indent + word;
    } else {
      line += (at == 0 ? "" : " ") + word;
    }
    at = end + 1;
  }
  return out + line + "\n";
}

}  // namespace frugal
