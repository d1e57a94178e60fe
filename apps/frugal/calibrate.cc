// frugal calibrate: gain and offset of a sensor against a wall-plug log, kept for this host and applied from
// then on.
#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>

#include "environment.h"
#include "frugal/base/clock.h"
#include "frugal/base/nearest.h"
#include "frugal/base/units_text.h"
#include "frugal/command.h"
#include "frugal/energy/calibration.h"
#include "frugal/energy/trace_csv.h"

namespace frugal::app {
namespace {

struct CalibrateOptions {
  std::string plug;
  std::string trace;
  std::string device;
  double plug_error = 0.01;
  std::string file;
  bool dry_run = false;
  bool list = false;
  std::string forget;
};

Result<std::string> text_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (!file || !(text << file.rdbuf())) return bad_input("'" + path + "' cannot be read");
  return text.str();
}

// The trace of the device that was named, or of the only one.
Result<Trace> chosen_trace(const CalibrateOptions& options) {
  Result<std::string> text = text_of(options.trace);
  if (!text) return text.error();
  Result<std::vector<Trace>> traces = parse_trace_csv(*text, options.trace);
  if (!traces) return traces.error();
  std::vector<std::string> names;
  for (Trace& trace : *traces) {
    names.push_back(trace.card.device);
    if (trace.card.device == options.device || (options.device.empty() && traces->size() == 1))
      return std::move(trace);
  }
  if (options.device.empty())
    return bad_input(fmt::format("'{}' holds {} devices", options.trace, names.size()),
                     "--device " + names.front());
  return bad_input("'" + options.trace + "' has no device '" + options.device + "'" +
                   did_you_mean(options.device, names));
}

std::string described(const Calibration& c) {
  return fmt::format(
      "{} ({}) on {}, {}\n"
      "  gain      {} (95 % interval {} to {})\n"
      "  offset    {} W ({} to {})\n"
      "  error     ±{} % from now on; {} W of scatter around the line, {} rows, clocks {} apart\n",
      c.device, c.sensor, c.host, c.date, number_text(c.gain), number_text(c.gain_low),
      number_text(c.gain_high), number_text(c.offset.value(), 3), number_text(c.offset_low.value(), 3),
      number_text(c.offset_high.value(), 3), number_text(100 * c.relative_error, 3),
      number_text(c.residual.value(), 3), c.n, to_text(c.shift));
}

void print(const std::vector<Calibration>& calibrations, const CommonOptions& common) {
  if (common.format == "json") {
    nlohmann::json json{{"calibrations", nlohmann::json::array()}};
    for (const Calibration& one : calibrations) json["calibrations"].push_back(calibration_to_json(one));
    fmt::print("{}\n", json.dump(2));
    return;
  }
  for (const Calibration& one : calibrations) fmt::print("{}", described(one));
}

bool same_sensor(const Calibration& a, const Calibration& b) {
  return a.host == b.host && a.device == b.device && a.sensor == b.sensor;
}

int fit_and_keep(const CalibrateOptions& options, const CommonOptions& common,
                 std::vector<Calibration> known) {
  if (options.plug.empty() || options.trace.empty())
    return fail(bad_input("a calibration needs --plug and --trace", "frugal calibrate --help"));
  const Result<Trace> trace = chosen_trace(options);
  if (!trace) return fail(trace.error());
  const Result<std::string> plug = text_of(options.plug);
  if (!plug) return fail(plug.error());
  const Result<Calibration> found =
      calibrate(*trace, {*plug, options.plug, options.plug_error},
                {.host = host_name(), .date = utc_text(unix_time_s()).substr(0, 10)});
  if (!found) return fail(found.error());
  print({*found}, common);
  if (options.dry_run) return kDone;
  std::erase_if(known, [&](const Calibration& one) { return same_sensor(one, *found); });
  known.push_back(*found);
  const Status written = write_calibrations(options.file, known);
  if (!written) return fail(written.error());
  if (common.format == "text")
    fmt::print("kept in {}; every measurement of {} here applies it\n", options.file, found->device);
  return kDone;
}

int forget(const CalibrateOptions& options, std::vector<Calibration> known) {
  std::vector<std::string> names;
  for (const Calibration& one : known) names.push_back(one.device);
  const auto removed =
      std::erase_if(known, [&](const Calibration& one) { return one.device == options.forget; });
  if (removed == 0)
    return fail(bad_input("no calibration is kept for '" + options.forget + "'" +
                          did_you_mean(options.forget, names)));
  const Status written = write_calibrations(options.file, known);
  return written ? kDone : fail(written.error());
}

int run_it(CalibrateOptions& options, const CommonOptions& common) {
  if (options.file.empty()) options.file = calibrations_path();
  Result<std::vector<Calibration>> known = read_calibrations(options.file);
  if (!known) return fail(known.error());
  if (options.list) {
    print(*known, common);
    if (known->empty() && common.format == "text") fmt::print("no sensor is calibrated ({})\n", options.file);
    return kDone;
  }
  if (!options.forget.empty()) return forget(options, std::move(*known));
  return fit_and_keep(options, common, std::move(*known));
}

}  // namespace

Command calibrate_command() {
  return {"calibrate", "Fit gain and offset of a sensor against a wall-plug log",
          "frugal measure --uncalibrated --trace trace.csv -- ./a-load-that-comes-and-goes\n"
          "  frugal calibrate --plug plug.csv --trace trace.csv --device cpu0",
          [](CLI::App& command, CommonOptions& common) {
            add_format(command, common, {"text", "json"});
            auto o = std::make_shared<CalibrateOptions>();
            command.add_option("--plug", o->plug, "The plug's log: CSV with t_s,power_w");
            command.add_option("--trace", o->trace, "What frugal measured meanwhile (measure --trace)");
            command.add_option("--device", o->device, "Which device of the trace");
            command.add_option("--plug-error", o->plug_error, "Relative error of the plug")
                ->capture_default_str();
            command.add_option("--file", o->file, "Where calibrations are kept");
            command.add_flag("--dry-run", o->dry_run, "Fit, and keep nothing");
            command.add_flag("--list", o->list, "Print what is kept");
            command.add_option("--forget", o->forget, "Remove what is kept for a device");
            return [o, &common] { return run_it(*o, common); };
          }};
}

}  // namespace frugal::app
