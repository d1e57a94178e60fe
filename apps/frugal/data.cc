// frugal data list|get|check: the options. The work is done by frugal-data, in whose place this program then
// runs, because OpenSSL and libarchive would more than double the start of every other verb.
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "data/request.h"
#include "frugal/command.h"

namespace frugal::app {
namespace {

int hand_over(const DataRequest& request) {
  const std::string program = sibling("frugal-data");
  std::string name = "frugal-data";
  std::string text = nlohmann::json(request).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  char* const words[] = {name.data(), text.data(), nullptr};
  ::execv(program.c_str(), words);
  return fail(
      bad_input("'" + program + "' cannot be started: " + std::strerror(errno), "build it with: make build"));
}

struct Verb {
  const char* name;
  const char* summary;
  const char* example;
};

CLI::App* add_verb(CLI::App& command, CommonOptions& common, const std::shared_ptr<DataRequest>& request,
                   const Verb& verb) {
  CLI::App* sub = command.add_subcommand(verb.name, verb.summary);
  sub->footer(std::string("Example:\n  ") + verb.example);
  sub->add_option("--data-dir", request->data_dir, "The folder of the data sets, 'data_dir' of a study file")
      ->capture_default_str()
      ->type_name("DIR");
  add_format(*sub, common, {"text", "json"});
  const std::string word = verb.name;
  sub->callback([request, word] { request->verb = word; });
  return sub;
}

}  // namespace

Command data_command() {
  return {
      "data", "Public data sets: what there is, get one, check what is there", "frugal data get cifar10",
      [](CLI::App& command, CommonOptions& common) {
        auto request = std::make_shared<DataRequest>();
        command.require_subcommand(1);
        add_verb(
            command, common, request,
            {"list", "The data sets, their licences and sources, and what is there", "frugal data list"});
        CLI::App* get = add_verb(command, common, request,
                                 {"get", "Fetch a data set; a broken download goes on where it ended",
                                  "frugal data get cifar10\n  frugal data get cifar10 --from "
                                  "Downloads/cifar-10-binary.tar.gz"});
        get->add_option("name", request->names, "The data set")->required()->expected(1)->type_name("NAME");
        get->add_option(
               "--from", request->from,
               "A file that was downloaded by hand, or a folder with the files, instead of a download")
            ->type_name("PATH");
        get->add_option("--mirror", request->mirror,
                        "Another address below which the downloads lie by their names")
            ->type_name("URL");
        get->add_flag("--replace", request->replace, "Replace files that are there and wrong");
        get->add_flag("--quiet", common.quiet, "No progress");
        CLI::App* check = add_verb(command, common, request,
                                   {"check", "Verify what is there: checksums, sizes, numbers of records",
                                    "frugal data check mnist"});
        check->add_option("names", request->names, "Data sets; all that are there when left out")
            ->type_name("NAME");
        return [request, &common] {
          request->format = common.format;
          request->quiet = common.quiet;
          return hand_over(*request);
        };
      }};
}

}  // namespace frugal::app
