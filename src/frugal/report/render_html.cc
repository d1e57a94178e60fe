#include "frugal/report/render_html.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "frugal/report/page_json.h"
#include "frugal/report/render.h"

namespace frugal {
namespace {

std::string escaped_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '&':
        out += "&amp;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

// JSON in which no character means anything to HTML or ends a line for JavaScript. Outside of strings none of
// them occurs in JSON.
std::string escaped_json(const std::string& json) {
  std::string out;
  out.reserve(json.size() + json.size() / 16);
  std::size_t kept = 0;  // up to here it is in `out`
  const auto replace = [&](std::size_t at, std::size_t length, const char* by) {
    out.append(json, kept, at - kept).append(by);
    kept = at + length;
  };
  for (std::size_t at = json.find_first_of("<>&\xE2"); at != std::string::npos;
       at = json.find_first_of("<>&\xE2", std::max(kept, at + 1))) {
    if (json[at] == '<') {
      replace(at, 1, "\\u003c");
    } else if (json[at] == '>') {
      replace(at, 1, "\\u003e");
    } else if (json[at] == '&') {
      replace(at, 1, "\\u0026");
    } else if (json.compare(at, 3, "\xE2\x80\xA8") == 0 || json.compare(at, 3, "\xE2\x80\xA9") == 0) {
      replace(at, 3, json[at + 2] == '\xA8' ? "\\u2028" : "\\u2029");
    }
  }
  return out.append(json, kept);
}

}  // namespace

std::string report_html(const Findings& findings, std::string_view page, const std::string& version) {
  const std::string json =
      page_json(findings, version).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  const std::array<std::pair<std::string_view, std::string>, 3> parts = {{
      {kTitleMark, escaped_text(findings.result.header.name)},
      {kSummaryMark, escaped_text(summary_text(findings.result))},
      {kFindingsMark, escaped_json(json)},
  }};
  std::string out;
  out.reserve(page.size() + json.size() + json.size() / 16);
  // One pass over the page alone: what is put in is never searched for marks.
  while (!page.empty()) {
    std::size_t nearest = page.size();
    const std::pair<std::string_view, std::string>* next = nullptr;
    for (const auto& part : parts) {
      const std::size_t at = page.find(part.first);
      if (at < nearest) {
        nearest = at;
        next = &part;
      }
    }
    out += page.substr(0, nearest);
    if (next == nullptr) break;
    out += next->second;
    page.remove_prefix(nearest + next->first.size());
  }
  return out;
}

}  // namespace frugal
