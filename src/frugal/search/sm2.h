// SM², energy-aware successive halving with learning-rate exploration.
// Source: Geissler, Zhou, Suh, Lukowicz 2024, Spend More to Save More (SM²), arXiv 2412.08526.
// Rounds: every configuration is explored (range test over the rates, a quality, joules per epoch), the
// better half by the objective stays, the survivors train thoroughly at their selected rates; the last one
// goes on alone. Departs from the source: exploration `probe` beside `paper`, rate rules beside the paper's;
// a thorough phase that ends clearly worse than the trial's best is rolled back to the best and its rate
// capped; the best validated weights win, not the last. With the rate rule `valley`, exploration alone never
// lowers the rate of a trial that has been trained; a phase that brings no better epoch does.
#pragma once

#include <utility>
#include <vector>

#include "frugal/search/objective.h"
#include "frugal/search/stopping.h"

namespace frugal {

// paper: cycles run on from step to step, quality is measured on the model that the exploration leaves.
// probe: every cycle restarts from the backup; quality is measured after a short training at the selected
// rate.
enum class Exploration { Paper, Probe };
enum class RateRule { Paper, Descent, Valley };

struct Sm2Settings {
  std::vector<Point> configurations;  // trial k is the k-th; without the learning rate
  std::vector<double> rates;          // ascending
  Goal goal;
  Limits limits;
  Weights weights;
  std::uint64_t seed = 1;
  double explore_fraction = 0.25;
  int thorough_epochs = 5;
  int final_epochs = 10;
  Exploration exploration = Exploration::Probe;
  RateRule rate_rule = RateRule::Valley;
  double rollback_tolerance =
      0.1;  // relative loss of the metric against the trial's best that counts as ruined
};

class Sm2 final : public Strategy {
 public:
  explicit Sm2(Sm2Settings settings) : settings_(std::move(settings)) {}
  std::string name() const override { return "sm2"; }
  std::vector<std::string> needs() const override;
  Result<Proposal> propose(History history) const override;
  std::optional<Winner> winner(History history) const override { return best_kept(history, settings_.goal); }
  std::vector<RoundLog> decisions(History history) const override;

 private:
  Sm2Settings settings_;
};

}  // namespace frugal
