// Win, tie or loss of one set of runs against another, the map of energy against quality over many mutants,
// and the efficiency quotient. The rules are those of the mutation studies (Wang, Li, Ma, Chen, Zhou, arXiv
// 2603.06195).
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "frugal/base/result.h"
#include "frugal/stats/table.h"

namespace frugal::stats {

enum class Better { Smaller, Larger };

enum class Verdict { Win, Tie, Loss };  // of energy: less, tie, more; of quality: better, tie, worse

enum class VerdictTest {
  MannWhitney,  // exact, ties as they are, where the smaller group has up to 8 values; else corrected for
                // ties
  Student,
  SignedRank,  // runs in pairs, in the order given; exact up to 50 pairs, ties as they are
};

// No tie when p ≤ level and |δ| ≥ smallest_delta; δ is Cliff's, whatever the test.
struct VerdictRule {
  VerdictTest test = VerdictTest::MannWhitney;
  double level = 0.05;
  double smallest_delta = 0.147;  // "negligible" below (Romano, Kromrey, Coraggio, Skowronek 2006)
  bool holm = false;              // judge by p-values corrected over all mutants of the same metric
};

struct Judged {
  Verdict verdict = Verdict::Tie;
  double statistic = 0;  // u of the mutant, t, or the smaller rank sum
  double p_value = 1;    // two-sided, not corrected
  double p_holm = 1;     // corrected over the mutants of a map; of a single pair the same as p_value
  double delta = 0;      // > 0: the mutant's values are larger
  double mean = 0;
  double mean_original = 0;
  std::size_t n = 0;
  std::size_t n_original = 0;
};

// Refuses what the test cannot decide: too few runs to reach the level, no variance (Student), unequal
// numbers or no difference at all (signed ranks), values that are no finite numbers.
Result<Judged> judge(std::span<const double> mutant, std::span<const double> original, Better better,
                     const VerdictRule& rule = {});

struct TradeoffQuestion {
  std::string id;        // column that names the mutant of each run
  std::string original;  // its level that the others are compared with
  std::string energy = "energy_j";
  std::string quality;
  Better quality_better = Better::Larger;
  // Runs of the original count only from the blocks (sessions) in which the mutant ran; signed ranks pair by
  // block.
  std::optional<std::string> block = {};
  VerdictRule rule = {};
};

struct MutantVerdict {
  std::string id;
  std::optional<Judged> energy;  // nothing: see `undecided`
  std::optional<Judged> quality;
  std::string undecided = {};  // why one of them, or both, could not be judged
  bool greener = false;        // significantly less energy, quality tied or better
};

struct Tradeoff {
  std::string original;
  std::vector<MutantVerdict> mutants;
  std::array<std::array<std::size_t, 3>, 3> map{};  // [energy][quality], each by Verdict
  std::size_t greener = 0;
  std::size_t undecided = 0;  // mutants that are in no cell of the map
  std::size_t dropped = 0;    // cells of energy or quality that are missing
};

// Each mutant against the original by energy (smaller is better) and quality. Errors: unknown columns, an
// original that is no level, no mutant. What a single mutant lacks is told in its `undecided`.
Result<Tradeoff> tradeoff(const Table& table, const TradeoffQuestion& question);

// Quality per watt-hour (Burmester, Kalcher, Reil 2023): of one epoch where `epochs` is given, else of the
// whole run. Missing cells stay missing; an energy or number of epochs that is not positive is refused.
Result<std::vector<double>> efficiency_quotients(std::span<const double> quality,
                                                 std::span<const double> energy_j,
                                                 std::span<const double> epochs = {});

}  // namespace frugal::stats
