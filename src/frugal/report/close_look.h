// Some trials closely: power over time with the phases, and every figure with its coverage, method and
// sensor. Of a study of many trials these are a few; who wants to see another asks for it. Values only, but
// for look_closely(), which reads the traces out of a ledger: they are the only findings that a StudyResult
// does not hold.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "frugal/report/energy_part.h"
#include "frugal/study/ledger.h"
#include "frugal/study/result.h"

namespace frugal {

// Power in a time. `mean` is the joules by integrate() over the time that was measured; `least` and `most`
// are of single readings of watts, or, of a counter without them, of the mean power in times of
// `PowerLine::fine`.
struct Power {
  std::optional<Watts> least = {};  // all absent: nothing was measured
  std::optional<Watts> mean = {};
  std::optional<Watts> most = {};
};

struct PhasePower {
  std::string phase;
  Duration time;
  Power power;
};

// One device over the time of a trial.
struct PowerLine {
  std::string device;
  bool whole_machine = false;
  Duration fine;                        // see Power; 0: single readings
  std::vector<Power> points = {};       // one for each CloseTrial::bucket
  std::vector<PhasePower> phases = {};  // in the order of their first appearance
};

struct PhaseSpan {
  Duration begin;
  Duration end;
  std::string phase;  // of lost attempts: why
};

// The time of a trial is that of its attempts, one after the other: what the study did between them is left
// out.
struct CloseTrial {
  std::size_t trial = 0;                // position in result.trials
  std::vector<EnergyPart> phases = {};  // as in Findings, of this trial alone
  std::vector<EnergyPart> devices = {};
  std::optional<EnergyPart> total = {};
  std::size_t readings = 0;  // 0: none are kept, and what follows is empty
  Duration length = {};
  Duration bucket = {};
  std::vector<PowerLine> lines = {};  // parts of the machine before the whole
  std::vector<PhaseSpan> spans = {};  // at most 400: of many the phase that takes most of a bucket
  std::vector<PhaseSpan> lost = {};   // attempts that gave nothing
};

struct CloseLook {
  std::vector<Trace> sensors = {};  // of all readings that are kept, without readings
  std::vector<CloseTrial> trials = {};
  std::size_t traced = 0;  // trials of which readings are kept
};

struct Findings;

struct LookWishes {
  std::span<const TrialId> trials = {};  // these first
  bool others = true;  // then the best by each ranking and some evenly spread, up to 24 trials in all
};

// The winner always; then what is wished, while the readings stay below 3,000,000. FixInput when a trial that
// is wished is none of the study or has no readings.
Result<CloseLook> look_closely(const Findings& findings, Ledger& ledger, const LookWishes& wishes);

}  // namespace frugal
