#include "frugal/train/augment.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "frugal/base/rng.h"
#include "frugal/work/trainer_catalogue.h"

namespace frugal {
namespace {

constexpr auto kImages = at::MemoryFormat::ChannelsLast;
constexpr double kMagnitude = 9.0 / 30.0;

at::Tensor rotated(const at::Tensor& x, std::int64_t by) {
  if (!x.defined()) return x;
  return at::cat({x.narrow(0, by, x.size(0) - by), x.narrow(0, 0, by)});
}

// The batch shifted against itself: everybody's partner is another record of the batch.
Batch partners(const Batch& batch, Rng& rng) {
  const auto n = static_cast<std::uint64_t>(batch.count());
  const auto by = n < 2 ? std::int64_t{0} : static_cast<std::int64_t>(1 + rng.below(n - 1));
  return {.images = rotated(batch.images, by),
          .labels = rotated(batch.labels, by),
          .coarse = rotated(batch.coarse, by)};
}

Batch mixup(const Batch& batch, Rng& rng) {
  const double share = rng.uniform();
  const Batch with = partners(batch, rng);
  Batch out = batch;
  out.images = batch.images.mul(share).add_(with.images, 1.0 - share);
  out.other = with.labels;
  out.other_coarse = with.coarse;
  out.share = share;
  return out;
}

struct Box {
  std::int64_t top, left, height, width;
};

Box random_box(std::int64_t height, std::int64_t width, double area, Rng& rng) {
  const double side = std::sqrt(area);
  const auto along = [&](std::int64_t size) {
    const double half = side * static_cast<double>(size) / 2.0;
    const double middle = rng.uniform() * static_cast<double>(size);
    const auto first = std::clamp<std::int64_t>(std::llround(middle - half), 0, size);
    return std::pair(first, std::clamp<std::int64_t>(std::llround(middle + half), first, size) - first);
  };
  const auto [top, box_height] = along(height);
  const auto [left, box_width] = along(width);
  return {.top = top, .left = left, .height = box_height, .width = box_width};
}

Batch cutmix(const Batch& batch, Rng& rng) {
  const std::int64_t height = batch.images.size(2), width = batch.images.size(3);
  const Box box = random_box(height, width, 1.0 - rng.uniform(), rng);
  const Batch with = partners(batch, rng);
  const auto cut = [&box](const at::Tensor& x) {
    return x.narrow(2, box.top, box.height).narrow(3, box.left, box.width);
  };
  Batch out = batch;
  out.images = batch.images.clone();
  if (box.height * box.width > 0) cut(out.images).copy_(cut(with.images));
  out.other = with.labels;
  out.other_coarse = with.coarse;
  out.share = 1.0 - static_cast<double>(box.height * box.width) / static_cast<double>(height * width);
  return out;
}

Batch flip_crop(const Batch& batch, Rng& rng) {
  const at::Tensor& x = batch.images;
  const std::int64_t n = x.size(0), channels = x.size(1), height = x.size(2), width = x.size(3);
  const std::int64_t pad = std::max<std::int64_t>(1, height / 8);
  const at::Tensor drawn = at::empty({3, n, 1}, at::kLong);
  std::int64_t* d = drawn.data_ptr<std::int64_t>();
  const auto shift = [&] {
    return static_cast<std::int64_t>(rng.below(static_cast<std::uint64_t>(2 * pad + 1))) - pad;
  };
  for (std::int64_t i = 0; i < n; ++i) {
    d[i] = shift();
    d[n + i] = shift();
    d[2 * n + i] = static_cast<std::int64_t>(rng.below(2));
  }
  const at::Tensor there = drawn.to(x.device(), true);
  const auto count = [&x](std::int64_t to) { return at::arange(to, x.options().dtype(at::kLong)); };
  const at::Tensor across = count(width);
  const at::Tensor mirrored = across + there[2] * (width - 1 - 2 * across);
  const at::Tensor rows = count(height) + there[0], columns = mirrored + there[1];
  const auto inside = [](const at::Tensor& at, std::int64_t size) {
    return at.ge(0).logical_and_(at.lt(size));
  };
  const at::Tensor mask = inside(rows, height).unsqueeze(2).logical_and(inside(columns, width).unsqueeze(1));
  const at::Tensor index =
      (count(n).view({n, 1, 1}) * height + rows.clamp(0, height - 1).unsqueeze(2)) * width +
      columns.clamp(0, width - 1).unsqueeze(1);
  const at::Tensor pixels = x.permute({0, 2, 3, 1}).reshape({n * height * width, channels});
  const at::Tensor moved =
      pixels.index_select(0, index.view({-1})).mul_(mask.view({-1, 1}).to(x.scalar_type()));
  Batch out = batch;
  out.images = moved.view({n, height, width, channels}).permute({0, 3, 1, 2});
  return out;
}

// What RandAugment does to one image: an affine map of where pixels come from, then colours.
struct ImagePlan {
  std::array<double, 6> map = {1, 0, 0, 0, 1, 0};
  double stretch = 0.0, brightness = 1.0, contrast = 1.0, colour = 1.0, levels = 0.0, solarize = 2.0;
};

// `map` after `next`: rows of two 2×3 matrices.
std::array<double, 6> after(const std::array<double, 6>& m, const std::array<double, 6>& next) {
  return {m[0] * next[0] + m[1] * next[3],        m[0] * next[1] + m[1] * next[4],
          m[0] * next[2] + m[1] * next[5] + m[2], m[3] * next[0] + m[4] * next[3],
          m[3] * next[1] + m[4] * next[4],        m[3] * next[2] + m[4] * next[5] + m[5]};
}

void add_operation(ImagePlan& plan, Rng& rng) {
  const double sign = rng.below(2) == 0 ? 1.0 : -1.0;
  const double angle = sign * kMagnitude * 30.0 * std::numbers::pi / 180.0;
  const double shear = sign * kMagnitude * 0.3;
  const double shift = sign * kMagnitude * 2.0 * 150.0 / 331.0;  // of half the image
  const double factor = 1.0 + sign * kMagnitude * 0.9;
  const double c = std::cos(angle), s = std::sin(angle);
  switch (rng.below(12)) {
    case 1:
      plan.stretch = 1.0;
      break;
    case 2:
      plan.map = after(plan.map, {c, -s, 0, s, c, 0});
      break;
    case 3:
      plan.map = after(plan.map, {1, shear, 0, 0, 1, 0});
      break;
    case 4:
      plan.map = after(plan.map, {1, 0, 0, shear, 1, 0});
      break;
    case 5:
      plan.map = after(plan.map, {1, 0, shift, 0, 1, 0});
      break;
    case 6:
      plan.map = after(plan.map, {1, 0, 0, 0, 1, shift});
      break;
    case 7:
      plan.brightness *= factor;
      break;
    case 8:
      plan.contrast *= factor;
      break;
    case 9:
      plan.colour *= factor;
      break;
    case 10:
      plan.levels = 128.0;
      break;  // 8 − round(4·0.3) = 7 bits
    case 11:
      plan.solarize = 1.0 - kMagnitude;
      break;
    default:
      break;  // identity
  }
}

// The plans of a batch, a column [n, 1, 1, 1] each, and the maps [n, 2, 3].
struct BatchPlan {
  at::Tensor maps, stretch, brightness, contrast, colour, levels, solarize;
};

BatchPlan random_plans(std::int64_t n, const at::Tensor& like, Rng& rng) {
  const at::Tensor host = at::empty({12, n}, at::kDouble);
  double* to = host.data_ptr<double>();
  for (std::int64_t i = 0; i < n; ++i) {
    ImagePlan plan;
    add_operation(plan, rng);
    add_operation(plan, rng);
    for (std::size_t k = 0; k < 6; ++k) to[static_cast<std::int64_t>(k) * n + i] = plan.map[k];
    const std::array rest = {plan.stretch, plan.brightness, plan.contrast,
                             plan.colour,  plan.levels,     plan.solarize};
    for (std::size_t k = 0; k < 6; ++k) to[static_cast<std::int64_t>(6 + k) * n + i] = rest[k];
  }
  const at::Tensor all = host.to(like.device(), like.scalar_type(), true);
  const auto column = [&](std::int64_t k) { return all[k].view({n, 1, 1, 1}); };
  return {.maps = all.narrow(0, 0, 6).t().reshape({n, 2, 3}),
          .stretch = column(6),
          .brightness = column(7),
          .contrast = column(8),
          .colour = column(9),
          .levels = column(10),
          .solarize = column(11)};
}

at::Tensor recoloured(at::Tensor x, const BatchPlan& plan) {
  const at::Tensor least = x.amin({2, 3}, true), most = x.amax({2, 3}, true);
  x = at::where(plan.stretch.gt(0.5).logical_and(most.gt(least)),
                (x - least) / (most - least).clamp_min(1e-6), x);
  x = (x * plan.brightness).clamp(0, 1);
  const at::Tensor grey = x.mean(1, true);
  const at::Tensor middle = grey.mean({2, 3}, true);
  x = (middle + (x - middle) * plan.contrast).clamp(0, 1);
  x = (grey + (x - grey) * plan.colour).clamp(0, 1);
  x = at::where(plan.levels.gt(0.5), (x * plan.levels).floor() / plan.levels.clamp_min(1.0), x);
  return at::where(x.ge(plan.solarize), 1.0 - x, x);
}

Batch randaugment(const Batch& batch, const SeenAs& seen, int largest, Rng& rng) {
  const at::Tensor& x = batch.images;
  const BatchPlan plan = random_plans(x.size(0), x, rng);
  const double white = static_cast<double>(largest);
  const at::Tensor shown = (x - seen.offset) / (seen.scale * white);  // black 0, white 1
  const at::Tensor grid = at::affine_grid_generator(plan.maps, x.sizes(), false);
  const at::Tensor moved = at::grid_sampler(shown.contiguous(), grid, 0, 0, false);
  Batch out = batch;
  out.images = (recoloured(moved, plan) * (seen.scale * white) + seen.offset).contiguous(kImages);
  return out;
}

}  // namespace

Batch augmented(const Batch& batch, Augmentation how, const SeenAs& seen, int largest, std::uint64_t seed) {
  Rng rng(seed);
  switch (how) {
    case Augmentation::None:
      return batch;
    case Augmentation::RandAugment:
      return randaugment(batch, seen, largest, rng);
    case Augmentation::MixUp:
      return mixup(batch, rng);
    case Augmentation::CutMix:
      return cutmix(batch, rng);
    case Augmentation::FlipCrop:
      return flip_crop(batch, rng);
  }
  return batch;
}

std::optional<std::string> cannot_augment(Augmentation how, const ImageShape& shape) {
  const bool image = shape.height > 1 && shape.width > 1 && shape.largest > 0;
  if (how == Augmentation::None || image) return std::nullopt;
  return "augmentation " + factor_words("augmentation")->at(static_cast<std::size_t>(how)) +
         " is for images, and these records are none; use augmentation none";
}

}  // namespace frugal
