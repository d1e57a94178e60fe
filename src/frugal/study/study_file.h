// Reads a study file (docs/study-file.md). Pure: the text comes in, a Plan or an Error comes out.
// An error names the file, line and column, the value and the nearest valid thing; nothing is guessed.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "frugal/base/result.h"
#include "frugal/study/plan.h"

namespace frugal {

// `shown_name` stands before line and column in errors. `overrides` are "dotted.key=value" texts that replace
// or add one value each before anything is checked.
Result<Plan> parse_study(std::string_view text, std::string_view shown_name,
                         std::span<const std::string> overrides = {});

}  // namespace frugal
