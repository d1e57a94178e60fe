#include "frugal/energy/visible_devices.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <numeric>
#include <string_view>

namespace frugal {
namespace {

constexpr std::string_view kGpu = "GPU-";
constexpr std::string_view kMig = "MIG-";

std::vector<std::string_view> entries_of(std::string_view list) {
  std::vector<std::string_view> entries;
  while (true) {
    const std::size_t comma = std::min(list.find(','), list.size());
    std::string_view entry = list.substr(0, comma);
    while (!entry.empty() && entry.front() == ' ') entry.remove_prefix(1);
    while (!entry.empty() && entry.back() == ' ') entry.remove_suffix(1);
    entries.push_back(entry);
    if (comma == list.size()) return entries;
    list.remove_prefix(comma + 1);
  }
}

// As strtol: a sign, then digits; what follows is ignored.
std::optional<std::size_t> board_of_number(std::string_view entry, std::size_t count) {
  if (!entry.empty() && entry.front() == '+') entry.remove_prefix(1);
  long number = -1;
  const auto [end, failure] = std::from_chars(entry.data(), entry.data() + entry.size(), number);
  if (failure != std::errc() || number < 0 || static_cast<std::size_t>(number) >= count) return std::nullopt;
  return static_cast<std::size_t>(number);
}

// The one board for which `fits` holds.
template <class Fits>
std::optional<std::size_t> only_board(std::span<const BoardName> boards, Fits fits) {
  std::optional<std::size_t> found;
  for (std::size_t i = 0; i < boards.size(); ++i) {
    const auto count = fits(boards[i]);
    if (count == 0) continue;
    if (found || count > 1) return std::nullopt;
    found = i;
  }
  return found;
}

std::optional<std::size_t> board_of_uuid(std::string_view prefix, std::span<const BoardName> boards) {
  return only_board(boards, [&](const BoardName& board) { return board.uuid.starts_with(prefix) ? 1 : 0; });
}

std::optional<std::size_t> board_of_instance(std::string_view entry, std::span<const BoardName> boards) {
  const std::string_view rest = entry.substr(kMig.size());
  if (rest.starts_with(kGpu)) return board_of_uuid(rest.substr(0, rest.find('/')), boards);
  return only_board(boards, [&](const BoardName& board) {
    return std::count_if(board.mig_uuids.begin(), board.mig_uuids.end(),
                         [&](const std::string& uuid) { return uuid.starts_with(entry); });
  });
}

enum class Kind { Number, Gpu, Mig };
Kind kind_of(std::string_view entry) {
  if (entry.starts_with(kGpu)) return Kind::Gpu;
  return entry.starts_with(kMig) ? Kind::Mig : Kind::Number;
}

std::optional<std::size_t> board_of(std::string_view entry, Kind kind, std::span<const BoardName> boards) {
  if (kind_of(entry) != kind) return std::nullopt;
  if (kind == Kind::Gpu) return board_of_uuid(entry, boards);
  if (kind == Kind::Mig) return board_of_instance(entry, boards);
  return board_of_number(entry, boards.size());
}

VisibleDevices all_of(std::size_t count) {
  VisibleDevices all;
  all.boards.resize(count);
  std::iota(all.boards.begin(), all.boards.end(), std::size_t{0});
  return all;
}

std::string upper(std::string_view text) {
  std::string letters(text);
  std::transform(letters.begin(), letters.end(), letters.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  return letters;
}

std::optional<std::size_t> die_of(const std::string& entry, std::span<const BoardName> dies) {
  if (entry.starts_with('G')) {
    if (entry.size() <= kGpu.size()) return std::nullopt;
    return only_board(dies, [&](const BoardName& die) { return upper(die.uuid).starts_with(entry) ? 1 : 0; });
  }
  char* end = nullptr;
  const long number = std::strtol(entry.c_str(), &end, 0);
  if (entry.empty() || *end != '\0' || number < 0 || static_cast<std::size_t>(number) >= dies.size())
    return std::nullopt;
  return static_cast<std::size_t>(number);
}

VisibleDevices rocm_list(const std::string& list, std::span<const BoardName> dies) {
  VisibleDevices visible{.boards = {}, .by_index = true};
  for (const std::string_view entry : entries_of(list)) {
    const std::optional<std::size_t> die = die_of(upper(entry), dies);
    if (!die || std::find(visible.boards.begin(), visible.boards.end(), *die) != visible.boards.end()) {
      visible.stopped_at = entry;
      return visible;
    }
    visible.boards.push_back(*die);
  }
  return visible;
}

}  // namespace

VisibleDevices rocm_visible(const std::optional<std::string>& rocr, const std::optional<std::string>& hip,
                            std::span<const BoardName> dies) {
  VisibleDevices first = rocr ? rocm_list(*rocr, dies) : all_of(dies.size());
  if (!hip) return first;
  std::vector<BoardName> shown;
  for (const std::size_t die : first.boards) shown.push_back(dies[die]);
  VisibleDevices second = rocm_list(*hip, shown);
  for (std::size_t& die : second.boards) die = first.boards[die];
  return second;
}

VisibleDevices cuda_visible(const std::optional<std::string>& list, std::span<const BoardName> boards) {
  if (!list) return all_of(boards.size());
  const std::vector<std::string_view> entries = entries_of(*list);
  const Kind kind = kind_of(entries.front());
  VisibleDevices visible{.boards = {}, .by_index = kind == Kind::Number};
  for (const std::string_view entry : entries) {
    const std::optional<std::size_t> board = board_of(entry, kind, boards);
    if (!board) {
      visible.stopped_at = entry;
      return visible;
    }
    if (std::find(visible.boards.begin(), visible.boards.end(), *board) != visible.boards.end()) {
      visible.boards.clear();
      visible.stopped_at = entry;
      return visible;
    }
    visible.boards.push_back(*board);
    if (kind == Kind::Mig) return visible;
  }
  return visible;
}

}  // namespace frugal
