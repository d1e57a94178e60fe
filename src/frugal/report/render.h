// Findings as bytes: text for the terminal, JSON and CSV for machines, Markdown for people and wikis.
// Renderers compute nothing but formats; what they say stands in StudyResult.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "frugal/report/findings.h"

namespace frugal {

// The object that `frugal run --format json` prints (docs/json.md).
nlohmann::ordered_json summary_json(const StudyResult& result);
// The same with trials, epochs, decisions, sensors, lost attempts and the study file.
nlohmann::ordered_json report_json(const StudyResult& result);
// The same with everything that was found beside: what the page shows.
nlohmann::ordered_json report_json(const Findings& findings);

// The closing words of a run, ten lines or so; ends with a newline.
std::string summary_text(const StudyResult& result);

// The report as text with tables: the sections of the page without its pictures.
std::string report_markdown(const Findings& findings);

// One row an epoch (or, per_trial, a trial); the columns of interface `export`, RFC 4180.
std::string export_csv(const StudyResult& result, bool per_trial);

// "812 J (406 J to 1.22 kJ; model)"; "not measured" when absent.
std::string figure_text(const std::optional<EnergyFigure>& figure);

}  // namespace frugal
