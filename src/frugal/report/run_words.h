// Words that the renderers of an analysis of runs share.
#pragma once

#include "frugal/stats/correlation.h"
#include "frugal/stats/regression.h"
#include "frugal/stats/verdict.h"

namespace frugal {

inline const char* energy_word(stats::Verdict verdict) {
  return verdict == stats::Verdict::Win ? "less" : verdict == stats::Verdict::Loss ? "more" : "tie";
}
inline const char* quality_word(stats::Verdict verdict) {
  return verdict == stats::Verdict::Win ? "better" : verdict == stats::Verdict::Loss ? "worse" : "tie";
}
inline const char* form_word(stats::Form form) {
  return form == stats::Form::OneHot ? "one-hot" : "full-rank";
}
inline const char* errors_word(stats::StandardErrors errors) {
  return errors == stats::StandardErrors::Hc3 ? "hc3" : "classical";
}
inline const char* test_word(stats::VerdictTest test) {
  switch (test) {
    case stats::VerdictTest::MannWhitney:
      return "mann-whitney";
    case stats::VerdictTest::Student:
      return "student";
    case stats::VerdictTest::SignedRank:
      return "signed-rank";
  }
  return "";
}
// The figure's name: u, t, or w for the smaller rank sum.
inline const char* statistic_word(stats::VerdictTest test) {
  switch (test) {
    case stats::VerdictTest::MannWhitney:
      return "u";
    case stats::VerdictTest::Student:
      return "t";
    case stats::VerdictTest::SignedRank:
      return "w";
  }
  return "";
}

}  // namespace frugal
