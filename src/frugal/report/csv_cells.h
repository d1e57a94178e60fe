// Texts as cells of a CSV (RFC 4180).
#pragma once

#include <string>

namespace frugal {

// In quotes where it holds a separator, a quote or a line end.
inline std::string csv_quoted(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? "\"\"" : std::string(1, c);
  return out + "\"";
}

}  // namespace frugal
