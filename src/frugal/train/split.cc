#include <algorithm>
#include <cmath>
#include <numeric>

#include "frugal/base/rng.h"
#include "frugal/base/units_text.h"
#include "frugal/train/images.h"

namespace frugal {
namespace {

using Indices = std::vector<std::size_t>;

// The records of every class, each class in a seeded random order.
std::vector<Indices> shuffled_classes(const Images& all, std::uint64_t seed) {
  std::vector<Indices> classes(static_cast<std::size_t>(all.shape.classes));
  for (std::size_t i = 0; i < all.labels.size(); ++i) classes[all.labels[i]].push_back(i);
  for (std::size_t c = 0; c < classes.size(); ++c) {
    Rng rng(derive_seed(derive_seed(seed, "split"), c));
    rng.shuffle(std::span(classes[c]));
  }
  return classes;
}

// Shares of `total` in proportion to the sizes of the classes, by largest remainder; ties: the lower class.
std::vector<std::size_t> shares(const std::vector<Indices>& classes, std::size_t total) {
  std::size_t all = 0;
  for (const Indices& members : classes) all += members.size();
  std::vector<std::size_t> share(classes.size());
  std::vector<std::pair<double, std::size_t>> remainders;
  std::size_t given = 0;
  for (std::size_t c = 0; c < classes.size(); ++c) {
    const double exact =
        static_cast<double>(total) * static_cast<double>(classes[c].size()) / static_cast<double>(all);
    share[c] = static_cast<std::size_t>(exact);
    given += share[c];
    remainders.emplace_back(exact - std::floor(exact), c);
  }
  std::stable_sort(remainders.begin(), remainders.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  for (std::size_t i = 0; given < total; ++i) {
    const std::size_t c = remainders[i % remainders.size()].second;
    if (share[c] == classes[c].size()) continue;
    ++share[c];
    ++given;
  }
  return share;
}

// Moves the first share[c] records of every class out of `classes`; in the order of the file.
Indices take(std::vector<Indices>& classes, const std::vector<std::size_t>& share) {
  Indices taken;
  for (std::size_t c = 0; c < classes.size(); ++c) {
    const auto end = classes[c].begin() + static_cast<std::ptrdiff_t>(share[c]);
    taken.insert(taken.end(), classes[c].begin(), end);
    classes[c].erase(classes[c].begin(), end);
  }
  std::sort(taken.begin(), taken.end());
  return taken;
}

// Appends the chosen records of `from`, each `width` long, to `to`; nothing when there are none.
template <class T>
void gather_into(std::vector<T>& to, const std::vector<T>& from, const Indices& chosen, std::size_t width) {
  if (from.empty()) return;
  to.reserve(chosen.size() * width);
  for (const std::size_t i : chosen) {
    const auto first = from.begin() + static_cast<std::ptrdiff_t>(i * width);
    to.insert(to.end(), first, first + static_cast<std::ptrdiff_t>(width));
  }
}

Images gather(const Images& all, const Indices& chosen) {
  Images part{.shape = all.shape, .pixels = {}, .labels = {}};
  const std::size_t width = static_cast<std::size_t>(all.shape.pixels());
  gather_into(part.pixels, all.pixels, chosen, width);
  gather_into(part.values, all.values, chosen, width);
  gather_into(part.labels, all.labels, chosen, 1);
  gather_into(part.coarse, all.coarse, chosen, 1);
  gather_into(part.targets, all.targets, chosen, 1);
  part.overlap = all.overlap;
  return part;
}

Indices stretch(std::size_t first, std::size_t count) {
  Indices out(count);
  std::iota(out.begin(), out.end(), first);
  return out;
}

struct PartSizes {
  std::size_t train, validation, test;
};

// Parts of time; what two parts would share is left out of the earlier one.
SplitImages split_by_time(const Images& all, const PartSizes& sizes, std::size_t wanted) {
  const auto overlap = static_cast<std::size_t>(all.overlap);
  const auto shortened = [overlap](std::size_t n) { return n > overlap ? n - overlap : 0; };
  const std::size_t train = shortened(sizes.train);
  const std::size_t validation = sizes.test > 0 ? shortened(sizes.validation) : sizes.validation;
  const std::size_t kept = std::min(wanted, train);
  return {.train = gather(all, stretch(train - kept, kept)),
          .validation = gather(all, stretch(sizes.train, validation)),
          .test = gather(all, stretch(sizes.train + sizes.validation, sizes.test))};
}

}  // namespace

void choose_tasks(Images& images, const std::vector<std::string>& tasks) {
  if (tasks.size() != 1) return;
  if (tasks.front() == "coarse") {
    images.labels = images.coarse;
    images.shape.classes = images.shape.coarse_classes;
  }
  images.coarse.clear();
  images.shape.coarse_classes = 0;
}

Result<SplitImages> split_images(const Images& all, const SplitRequest& request) {
  const std::size_t count = all.labels.size();
  const auto part = [count](double share) {
    return static_cast<std::size_t>(std::llround(share * static_cast<double>(count)));
  };
  const std::size_t kept = part(request.validation), tested = part(request.test);
  if (kept == 0 || kept + tested >= count || (request.test > 0.0 && tested == 0))
    return bad_input("workload.validation " + exact_text(request.validation) + " leaves a part of the " +
                         std::to_string(count) + " records empty",
                     "choose a fraction between " + exact_text(1.0 / static_cast<double>(count)) + " and 1");
  const std::size_t training = count - kept - tested;
  const auto wanted = request.subset == 0 ? training : static_cast<std::size_t>(request.subset);
  if (wanted > training)
    return bad_input("workload.subset " + std::to_string(request.subset) + " is more than the " +
                         std::to_string(training) + " records of the training part",
                     "choose at most " + std::to_string(training) + ", or 0 for all");
  if (all.overlap > 0) {
    SplitImages parts = split_by_time(all, {training, kept, tested}, wanted);
    if (parts.train.count() > 0 && parts.validation.count() > 0) return parts;
    return bad_input("the " + std::to_string(count) + " windows are too few to be split in time",
                     "choose a smaller window, or more data");
  }
  std::vector<Indices> classes = shuffled_classes(all, request.seed);
  const Indices validation = take(classes, shares(classes, kept));
  const Indices test = take(classes, shares(classes, tested));
  const Indices train = take(classes, shares(classes, wanted));
  return SplitImages{
      .train = gather(all, train), .validation = gather(all, validation), .test = gather(all, test)};
}

}  // namespace frugal
