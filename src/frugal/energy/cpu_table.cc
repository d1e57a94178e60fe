#include "frugal/energy/cpu_table.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include "frugal/energy/sysfs.h"

namespace frugal {
namespace {

// Name, TDP in watts, cores, threads. TDP of Intel: "TDP" or, from the 12th generation on, "Processor Base
// Power" of ark.intel.com; of AMD: "Default TDP" of amd.com/en/products/specifications; of Ampere: the
// product briefs. CPUs that clouds have made for them (8175M, 8259CL, 7R13, Graviton) are
// not here, since nobody publishes their TDP.
// clang-format off
constexpr auto kCpus = std::to_array<CpuModel>({
    {"Xeon E5-2670 v3", 120, 12, 24}, {"Xeon E5-2680 v3", 120, 12, 24}, {"Xeon E5-2690 v3", 135, 12, 24},
    {"Xeon E5-2698 v3", 135, 16, 32}, {"Xeon E5-2699 v3", 145, 18, 36}, {"Xeon E5-2620 v4", 85, 8, 16},
    {"Xeon E5-2630 v4", 85, 10, 20}, {"Xeon E5-2640 v4", 90, 10, 20}, {"Xeon E5-2650 v4", 105, 12, 24},
    {"Xeon E5-2680 v4", 120, 14, 28}, {"Xeon E5-2690 v4", 135, 14, 28}, {"Xeon E5-2698 v4", 135, 20, 40},
    {"Xeon E5-2699 v4", 145, 22, 44}, {"Xeon Silver 4110", 85, 8, 16}, {"Xeon Silver 4114", 85, 10, 20},
    {"Xeon Silver 4116", 85, 12, 24}, {"Xeon Gold 6126", 125, 12, 24}, {"Xeon Gold 6130", 125, 16, 32},
    {"Xeon Gold 6132", 140, 14, 28}, {"Xeon Gold 6140", 140, 18, 36}, {"Xeon Gold 6148", 150, 20, 40},
    {"Xeon Gold 6154", 200, 18, 36}, {"Xeon Platinum 8160", 150, 24, 48},
    {"Xeon Platinum 8168", 205, 24, 48}, {"Xeon Platinum 8180", 205, 28, 56},
    {"Xeon Silver 4210", 85, 10, 20}, {"Xeon Silver 4214", 85, 12, 24}, {"Xeon Silver 4216", 100, 16, 32},
    {"Xeon Gold 5218", 125, 16, 32}, {"Xeon Gold 5220", 125, 18, 36}, {"Xeon Gold 6226R", 150, 16, 32},
    {"Xeon Gold 6230", 125, 20, 40}, {"Xeon Gold 6240", 150, 18, 36}, {"Xeon Gold 6248", 150, 20, 40},
    {"Xeon Gold 6248R", 205, 24, 48}, {"Xeon Platinum 8260", 165, 24, 48},
    {"Xeon Platinum 8268", 205, 24, 48}, {"Xeon Platinum 8280", 205, 28, 56},
    {"Xeon Silver 4310", 120, 12, 24}, {"Xeon Silver 4314", 135, 16, 32}, {"Xeon Gold 6326", 185, 16, 32},
    {"Xeon Gold 6330", 205, 28, 56}, {"Xeon Gold 6338", 205, 32, 64}, {"Xeon Gold 6342", 230, 24, 48},
    {"Xeon Gold 6348", 235, 28, 56}, {"Xeon Platinum 8352Y", 205, 32, 64},
    {"Xeon Platinum 8358", 250, 32, 64}, {"Xeon Platinum 8360Y", 250, 36, 72},
    {"Xeon Platinum 8368", 270, 38, 76}, {"Xeon Platinum 8380", 270, 40, 80},
    {"Xeon Gold 6430", 270, 32, 64}, {"Xeon Gold 6448Y", 225, 32, 64},
    {"Xeon Platinum 8462Y+", 300, 32, 64}, {"Xeon Platinum 8468", 350, 48, 96},
    {"Xeon Platinum 8470", 350, 52, 104}, {"Xeon Platinum 8480+", 350, 56, 112},
    {"Xeon Platinum 8490H", 350, 60, 120}, {"Xeon Platinum 8558", 330, 48, 96},
    {"Xeon Platinum 8568Y+", 350, 48, 96}, {"Xeon Platinum 8580", 350, 60, 120},
    {"Xeon Platinum 8592+", 350, 64, 128}, {"Xeon 6980P", 500, 128, 256}, {"Xeon W-2123", 120, 4, 8},
    {"Xeon W-2145", 140, 8, 16}, {"Xeon W-2295", 165, 18, 36}, {"Xeon W-3175X", 255, 28, 56},
    {"Xeon w9-3495X", 350, 56, 112}, {"Core i7-5930K", 140, 6, 12}, {"Core i7-5960X", 140, 8, 16},
    {"Core i7-6700", 65, 4, 8}, {"Core i7-6700K", 91, 4, 8}, {"Core i7-6850K", 140, 6, 12},
    {"Core i9-7900X", 140, 10, 20}, {"Core i9-7980XE", 165, 18, 36}, {"Core i7-7700", 65, 4, 8},
    {"Core i7-7700K", 91, 4, 8}, {"Core i7-8700", 65, 6, 12}, {"Core i7-8700K", 95, 6, 12},
    {"Core i7-9700K", 95, 8, 8}, {"Core i9-9900K", 95, 8, 16}, {"Core i9-9980XE", 165, 18, 36},
    {"Core i9-10980XE", 165, 18, 36}, {"Core i7-10700", 65, 8, 16}, {"Core i7-10700K", 125, 8, 16},
    {"Core i9-10900K", 125, 10, 20}, {"Core i7-11700K", 125, 8, 16}, {"Core i9-11900K", 125, 8, 16},
    {"Core i5-12600K", 125, 10, 16}, {"Core i7-12700K", 125, 12, 20}, {"Core i9-12900K", 125, 16, 24},
    {"Core i5-13600K", 125, 14, 20}, {"Core i7-13700K", 125, 16, 24}, {"Core i9-13900K", 125, 24, 32},
    {"Core i7-14700K", 125, 20, 28}, {"Core i9-14900K", 125, 24, 32}, {"Core i7-6700HQ", 45, 4, 8},
    {"Core i7-7700HQ", 45, 4, 8}, {"Core i7-8750H", 45, 6, 12}, {"Core i7-9750H", 45, 6, 12},
    {"Core i7-10750H", 45, 6, 12}, {"Core i5-8250U", 15, 4, 8}, {"Core i7-8550U", 15, 4, 8},
    {"Core i7-8565U", 15, 4, 8}, {"EPYC 7551", 180, 32, 64}, {"EPYC 7601", 180, 32, 64},
    {"EPYC 7282", 120, 16, 32}, {"EPYC 7302", 155, 16, 32}, {"EPYC 7352", 155, 24, 48},
    {"EPYC 7402", 180, 24, 48}, {"EPYC 7452", 155, 32, 64}, {"EPYC 7502", 180, 32, 64},
    {"EPYC 7542", 225, 32, 64}, {"EPYC 7642", 225, 48, 96}, {"EPYC 7702", 200, 64, 128},
    {"EPYC 7742", 225, 64, 128}, {"EPYC 7H12", 280, 64, 128}, {"EPYC 7313", 155, 16, 32},
    {"EPYC 7343", 190, 16, 32}, {"EPYC 7413", 180, 24, 48}, {"EPYC 7443", 200, 24, 48},
    {"EPYC 7513", 200, 32, 64}, {"EPYC 7543", 225, 32, 64}, {"EPYC 7643", 225, 48, 96},
    {"EPYC 7663", 240, 56, 112}, {"EPYC 7713", 225, 64, 128}, {"EPYC 7763", 280, 64, 128},
    {"EPYC 75F3", 280, 32, 64}, {"EPYC 74F3", 240, 24, 48}, {"EPYC 73F3", 240, 16, 32},
    {"EPYC 9124", 200, 16, 32}, {"EPYC 9224", 200, 24, 48}, {"EPYC 9254", 200, 24, 48},
    {"EPYC 9334", 210, 32, 64}, {"EPYC 9354", 280, 32, 64}, {"EPYC 9374F", 320, 32, 64},
    {"EPYC 9454", 290, 48, 96}, {"EPYC 9474F", 360, 48, 96}, {"EPYC 9534", 280, 64, 128},
    {"EPYC 9554", 360, 64, 128}, {"EPYC 9634", 290, 84, 168}, {"EPYC 9654", 360, 96, 192},
    {"EPYC 9684X", 400, 96, 192}, {"EPYC 9754", 360, 128, 256}, {"EPYC 9575F", 400, 64, 128},
    {"EPYC 9655", 400, 96, 192}, {"EPYC 9755", 500, 128, 256}, {"EPYC 9965", 500, 192, 384},
    {"Ryzen Threadripper 1950X", 180, 16, 32}, {"Ryzen Threadripper 2950X", 180, 16, 32},
    {"Ryzen Threadripper 2990WX", 250, 32, 64}, {"Ryzen Threadripper 3960X", 280, 24, 48},
    {"Ryzen Threadripper 3970X", 280, 32, 64}, {"Ryzen Threadripper 3990X", 280, 64, 128},
    {"Ryzen Threadripper PRO 3975WX", 280, 32, 64}, {"Ryzen Threadripper PRO 3995WX", 280, 64, 128},
    {"Ryzen Threadripper PRO 5965WX", 280, 24, 48}, {"Ryzen Threadripper PRO 5975WX", 280, 32, 64},
    {"Ryzen Threadripper PRO 5995WX", 280, 64, 128}, {"Ryzen Threadripper 7960X", 350, 24, 48},
    {"Ryzen Threadripper 7970X", 350, 32, 64}, {"Ryzen Threadripper 7980X", 350, 64, 128},
    {"Ryzen Threadripper PRO 7975WX", 350, 32, 64}, {"Ryzen Threadripper PRO 7995WX", 350, 96, 192},
    {"Ryzen 7 1700", 65, 8, 16}, {"Ryzen 7 1800X", 95, 8, 16}, {"Ryzen 7 2700X", 105, 8, 16},
    {"Ryzen 5 3600", 65, 6, 12}, {"Ryzen 7 3700X", 65, 8, 16}, {"Ryzen 9 3900X", 105, 12, 24},
    {"Ryzen 9 3950X", 105, 16, 32}, {"Ryzen 5 5600X", 65, 6, 12}, {"Ryzen 7 5800X", 105, 8, 16},
    {"Ryzen 7 5800X3D", 105, 8, 16}, {"Ryzen 9 5900X", 105, 12, 24}, {"Ryzen 9 5950X", 105, 16, 32},
    {"Ryzen 5 7600X", 105, 6, 12}, {"Ryzen 7 7700X", 105, 8, 16}, {"Ryzen 7 7800X3D", 120, 8, 16},
    {"Ryzen 9 7900X", 170, 12, 24}, {"Ryzen 9 7950X", 170, 16, 32}, {"Ryzen 9 7950X3D", 120, 16, 32},
    {"Ryzen 7 9700X", 65, 8, 16}, {"Ryzen 9 9900X", 120, 12, 24}, {"Ryzen 9 9950X", 170, 16, 32},
    {"Ryzen 7 4800H", 45, 8, 16}, {"Ryzen 7 5800H", 45, 8, 16}, {"Altra Q80-30", 210, 80, 80},
    {"Altra Q80-33", 250, 80, 80}, {"Altra Max M128-30", 250, 128, 128},
});
// clang-format on

std::string lower(std::string_view text) {
  std::string result;
  for (const char c : text) result += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return result;
}

// " intel xeon gold 6148 @ 2.40ghz ": one space between words and at the ends, no marks.
std::string plain(std::string_view name) {
  std::string text = lower(name);
  for (const std::string_view mark : {"(r)", "(tm)"}) {
    for (std::size_t at = text.find(mark); at != std::string::npos; at = text.find(mark))
      text.replace(at, mark.size(), " ");
  }
  std::string result = " ";
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find_first_of(" \t", at), text.size());
    const std::string word = text.substr(at, end - at);
    if (!word.empty() && word != "cpu" && word != "processor") result += word + " ";
    at = end + 1;
  }
  return result;
}

}  // namespace

std::string proc_field(const std::string& text, std::string_view key) {
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line(text.data() + at, end - at);
    const std::size_t colon = line.find(':');
    if (line.starts_with(key) && colon != std::string_view::npos &&
        line.find_first_not_of(" \t", key.size()) == colon) {
      const std::size_t begin = line.find_first_not_of(' ', colon + 1);
      return begin == std::string_view::npos ? "" : std::string(line.substr(begin));
    }
    at = end + 1;
  }
  return {};
}

std::span<const CpuModel> cpu_table() { return kCpus; }

const CpuModel* find_cpu(std::string_view model_name) {
  const std::string text = plain(model_name);
  const auto is_this = [&](const CpuModel& cpu) {
    const std::string words = " " + lower(cpu.name);
    // "7402P" is a 7402 for boards with one socket; its TDP is the same.
    const bool single = words.starts_with(" epyc") && text.find(words + "p ") != std::string::npos;
    return single || text.find(words + " ") != std::string::npos;
  };
  const auto found = std::find_if(kCpus.begin(), kCpus.end(), is_this);
  return found == kCpus.end() ? nullptr : &*found;
}

std::optional<KnownCpu> known_cpu(const std::string& proc) {
  const std::string cpuinfo = kernel_text(proc + "/cpuinfo").value_or("");
  const CpuModel* cpu = find_cpu(proc_field(cpuinfo, "model name"));
  if (cpu == nullptr) return std::nullopt;
  const bool is_virtual = (proc_field(cpuinfo, "flags") + " ").find(" hypervisor ") != std::string::npos;
  const double siblings = parse_kernel_number(proc_field(cpuinfo, "siblings")).value_or(0);
  // What a virtual machine says of its sockets is its own; a real one may have its second threads switched
  // off.
  const bool ask_table = is_virtual || siblings < 1 || siblings > cpu->threads;
  return KnownCpu{.name = std::string(cpu->name),
                  .tdp = Watts(cpu->tdp_w),
                  .threads = ask_table ? cpu->threads : static_cast<int>(siblings)};
}

}  // namespace frugal
