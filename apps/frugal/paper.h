// HTML to PDF by a browser that is there: headless Chromium or Chrome, found on PATH.
#pragma once

#include <string>

#include "frugal/base/result.h"

namespace frugal::app {

// Whether there is such a browser.
bool can_print();

// The PDF of a page that prints itself when its address ends with #print. Fails with Retry, and says how to
// go on, where no such browser is there or it gives nothing within a minute.
Result<std::string> pdf_of(const std::string& html);

}  // namespace frugal::app
