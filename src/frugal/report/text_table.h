// Rows of words as columns for a terminal.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace frugal {

// How many places a text takes, for letters that take one each (no combining marks, no East Asian ones).
std::size_t places(const std::string& text);

// The first column stands left, the others right, two spaces between. Where a line would be longer than
// `width`, names of the first column are cut in their middle ("batch…=128"), to 12 places at the least.
std::string text_table(const std::vector<std::vector<std::string>>& rows, std::size_t width);

// A text in lines of at most `width` places, broken between words; lines after the first begin with `indent`.
std::string wrapped(const std::string& text, std::size_t width, const std::string& indent);

}  // namespace frugal
