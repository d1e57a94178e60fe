// Two factors and their interaction on an outcome, cells of any size: analysis of variance of types II and
// III.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "frugal/base/result.h"
#include "frugal/stats/table.h"

namespace frugal::stats {

struct AnovaTerm {
  std::string name;  // "a", "b" or "a:b"
  double ss = 0;
  double df = 0;
  double f = 0;
  double p_value = 1;
  double eta_squared = 0;          // ss over the sum of all ss of the table, the residual's included
  double partial_eta_squared = 0;  // ss over ss + the residual's
};

struct TwoWayAnova {
  int type = 2;
  std::vector<AnovaTerm> terms;
  double residual_ss = 0;
  double residual_df = 0;
  std::size_t n = 0;
  std::size_t dropped = 0;  // rows with a missing level or outcome
};

struct AnovaOptions {
  int type = 2;  // 2: each factor after the other one; 3: after everything else, factors coded by effects
                 // (sum to zero)
  bool interaction = true;  // without it its sum of squares is part of the residual
};

// As `anova_lm` of statsmodels with C(x, Sum). Refuses a factor with one level, an outcome without variance
// in the cells, cells with one run each (no error is left), empty cells with the interaction (it is not
// identified), and factors whose levels do not meet.
Result<TwoWayAnova> two_way_anova(const Table& table, std::string_view a, std::string_view b,
                                  std::string_view outcome, AnovaOptions options = {});

}  // namespace frugal::stats
