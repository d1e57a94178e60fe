// "Did you mean": the known word nearest to a mistyped one.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace frugal {

// Number of insertions, deletions, replacements and swaps of neighbours between two words
// (restricted Damerau–Levenshtein distance), letters compared without case, '-' and '_' alike.
std::size_t edit_distance(std::string_view a, std::string_view b);

// The nearest of `known` within about a third of its length; nothing when none is near. Ties: the first.
std::optional<std::string> nearest(std::string_view word, std::span<const std::string> known);

// " (did you mean 'x'?)" or, when none is near, " (known: a, b, c)".
std::string did_you_mean(std::string_view word, std::span<const std::string> known);

}  // namespace frugal
