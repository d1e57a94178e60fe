// The command `frugal`: finds the subcommand, reports what went wrong, returns the exit code.
#include <cstdio>
#include <exception>

#include "frugal/base/nearest.h"
#include "frugal/command.h"

namespace frugal::app {
namespace {

std::vector<Command> commands() {
  return {
      run_command(),    measure_command(),   list_command(),    show_command(),    export_command(),
      import_command(), report_command(),    compare_command(), analyze_command(), data_command(),
      doctor_command(), calibrate_command(), agent_command(),   program_command(),
  };
}

// CLI11 names the argument that it did not expect; the nearest thing that it would have taken is added here.
int usage(const CLI::App& app, const CLI::ParseError& error) {
  if (error.get_exit_code() == 0) return app.exit(error);
  std::string message = error.what();
  const CLI::App* chosen = &app;
  while (!chosen->get_subcommands().empty()) chosen = chosen->get_subcommands().front();
  std::vector<std::string> known;
  const std::vector<std::string> extras = chosen->remaining(true);
  const std::vector<const CLI::App*> below = chosen->get_subcommands([](const CLI::App*) { return true; });
  const bool command_expected = !below.empty() && !extras.empty() && !extras.front().starts_with("-");
  for (const CLI::Option* option : chosen->get_options()) {
    if (!command_expected && !option->get_lnames().empty())
      known.push_back("--" + option->get_lnames().front());
  }
  if (command_expected) {
    for (const CLI::App* sub : below) {
      if (!sub->get_group().empty()) known.push_back(sub->get_name());
    }
  }
  if (!extras.empty()) {
    const std::string what = command_expected ? "command" : "argument";
    message = "unknown " + what + " '" + extras.front() + "'" + did_you_mean(extras.front(), known);
  }
  std::string name;
  for (const CLI::App* at = chosen; at != &app; at = at->get_parent()) name = " " + at->get_name() + name;
  return fail(bad_input(message, "frugal" + name + " --help"));
}

int run(int argc, char** argv) {
  CLI::App app{"Frugal: energy-aware training and hyperparameter search for deep learning", "frugal"};
  app.set_version_flag("--version", "frugal " FRUGAL_VERSION);
  app.require_subcommand(1);
  app.failure_message(CLI::FailureMessage::simple);
  const std::vector<Command> table = commands();
  std::vector<CommonOptions> options(table.size());
  std::vector<std::pair<CLI::App*, std::function<int()>>> runners;
  for (std::size_t i = 0; i < table.size(); ++i) {
    CLI::App* sub = app.add_subcommand(table[i].name, table[i].summary);
    if (table[i].internal) sub->group("");
    sub->footer(std::string("Example:\n  ") + table[i].example);
    runners.emplace_back(sub, table[i].add(*sub, options[i]));
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return usage(app, error);
  }
  for (const auto& [sub, runner] : runners) {
    if (sub->parsed()) return runner();
  }
  return kUsage;
}

}  // namespace
}  // namespace frugal::app

int main(int argc, char** argv) {
  frugal::app::ignore_sigpipe();
  try {
    return frugal::app::run(argc, argv);
  } catch (const std::exception& defect) {
    std::fprintf(stderr, "frugal: a defect of frugal itself: %s\n", defect.what());
  } catch (...) {
    std::fprintf(stderr, "frugal: a defect of frugal itself\n");
  }
  return frugal::app::kTrialFailed;
}
