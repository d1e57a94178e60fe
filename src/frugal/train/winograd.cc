#include "frugal/train/winograd.h"

#ifdef FRUGAL_ONEDNN
#include <dnnl.hpp>
#include <map>
#include <memory>
#include <unordered_map>
#include <vector>
#endif

namespace frugal {

#ifdef FRUGAL_ONEDNN
namespace {

constexpr std::int64_t kFewestChannels = 64, kChannelBlock = 16;
// Below, the transformed weights cost more than the multiplications that are saved (docs/results).
constexpr std::int64_t kFewestPixels = 512, kLeastSide = 4;
constexpr auto kImages = at::MemoryFormat::ChannelsLast;
constexpr auto kFloat = dnnl::memory::data_type::f32;

const dnnl::engine& cpu() {
  static const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  return engine;
}

using Buffer = std::pair<at::Tensor, dnnl::memory>;

// Room for what oneDNN lays out in its own way.
Buffer buffer(const dnnl::memory::desc& layout) {
  at::Tensor room = at::empty({static_cast<std::int64_t>(layout.get_size())}, at::kByte);
  dnnl::memory memory(layout, cpu(), room.data_ptr());
  return {std::move(room), std::move(memory)};
}

dnnl::memory around(const at::Tensor& tensor, const dnnl::memory::desc& layout) {
  return {layout, cpu(), tensor.data_ptr()};
}

// The three passes for one shape.
struct Passes {
  dnnl::memory::desc images, outputs, kernels;  // as libtorch lays them out, channels-last
  dnnl::convolution_forward::primitive_desc forward_form;
  dnnl::convolution_backward_data::primitive_desc data_form;
  dnnl::convolution_backward_weights::primitive_desc weights_form;
  dnnl::convolution_forward forward;
  dnnl::convolution_backward_data data;
  dnnl::convolution_backward_weights weights;
};

struct Shape {
  std::int64_t records, in, out, height, width;
  auto operator<=>(const Shape&) const = default;
};

std::unique_ptr<Passes> make_passes(const Shape& s) {
  using Tag = dnnl::memory::format_tag;
  const dnnl::memory::dims x = {s.records, s.in, s.height, s.width}, w = {s.out, s.in, 3, 3},
                           y = {s.records, s.out, s.height, s.width}, one = {1, 1};
  const dnnl::memory::desc any_x(x, kFloat, Tag::any), any_w(w, kFloat, Tag::any), any_y(y, kFloat, Tag::any);
  constexpr auto kAlgorithm = dnnl::algorithm::convolution_winograd;
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  auto p = std::make_unique<Passes>();
  p->images = {x, kFloat, Tag::nhwc};
  p->outputs = {y, kFloat, Tag::nhwc};
  p->kernels = {w, kFloat, Tag::ohwi};
  p->forward_form = {
      {dnnl::prop_kind::forward_training, kAlgorithm, any_x, any_w, any_y, one, one, one}, attributes, cpu()};
  p->data_form = {{kAlgorithm, any_x, any_w, any_y, one, one, one}, attributes, cpu(), p->forward_form};
  p->weights_form = {{kAlgorithm, any_x, any_w, any_y, one, one, one}, attributes, cpu(), p->forward_form};
  p->forward = dnnl::convolution_forward(p->forward_form);
  p->data = dnnl::convolution_backward_data(p->data_form);
  p->weights = dnnl::convolution_backward_weights(p->weights_form);
  return p;
}

// Null where oneDNN has no such implementation on this processor.
const Passes* passes_for(const at::Tensor& images, std::int64_t in, std::int64_t out) {
  thread_local std::map<Shape, std::unique_ptr<Passes>> known;
  const Shape shape{images.size(0), in, out, images.size(2), images.size(3)};
  const auto found = known.find(shape);
  if (found != known.end()) return found->second.get();
  std::unique_ptr<Passes> made;
  try {
    made = make_passes(shape);
  } catch (const dnnl::error&) {
  }
  return known.emplace(shape, std::move(made)).first->second.get();
}

// One call of a primitive: moves what it reads into its layout, runs it, and moves what it wrote back.
class Call {
 public:
  Call() : stream_(cpu()) {}
  void read(int name, const at::Tensor& from, const dnnl::memory::desc& plain,
            const dnnl::memory::desc& wanted) {
    arguments_[name] = moved(around(from, plain), wanted);
  }
  void read(int name, const dnnl::memory& ready) { arguments_[name] = ready; }
  const dnnl::memory& argument(int name) const { return arguments_.at(name); }
  void run(const dnnl::primitive& primitive, const dnnl::memory::desc& scratch, int written,
           const dnnl::memory::desc& layout, const at::Tensor& to, const dnnl::memory::desc& plain) {
    arguments_[DNNL_ARG_SCRATCHPAD] = held(buffer(scratch));
    const dnnl::memory result = layout == plain ? around(to, plain) : held(buffer(layout));
    arguments_[written] = result;
    primitive.execute(stream_, arguments_);
    if (layout != plain) {
      dnnl::memory back = around(to, plain), made = result;
      dnnl::reorder(made, back).execute(stream_, made, back);
    }
    stream_.wait();
  }

 private:
  dnnl::memory held(Buffer made) {
    rooms_.push_back(std::move(made.first));
    return std::move(made.second);
  }
  dnnl::memory moved(dnnl::memory from, const dnnl::memory::desc& wanted) {
    if (from.get_desc() == wanted) return from;
    dnnl::memory to = held(buffer(wanted));
    dnnl::reorder(from, to).execute(stream_, from, to);
    return to;
  }
  dnnl::stream stream_;
  std::vector<at::Tensor> rooms_;
  std::unordered_map<int, dnnl::memory> arguments_;
};

at::Tensor empty_images(const at::Tensor& like, std::int64_t channels) {
  return at::empty({like.size(0), channels, like.size(2), like.size(3)}, like.options(), kImages);
}

}  // namespace

bool winograd_fits(const at::Tensor& input, const at::Tensor& weight, const ConvolutionShape& shape) {
  const auto channels_fit = [](std::int64_t n) { return n >= kFewestChannels && n % kChannelBlock == 0; };
  const auto plain = [](const at::Tensor& t) {
    return t.device().is_cpu() && t.scalar_type() == at::kFloat && t.dim() == 4 && t.is_contiguous(kImages);
  };
  if (!plain(input) || !plain(weight) || shape.stride != 1 || shape.padding != 1 || shape.groups != 1)
    return false;
  const std::int64_t height = input.size(2), width = input.size(3);
  return weight.size(2) == 3 && weight.size(3) == 3 && channels_fit(weight.size(0)) &&
         channels_fit(weight.size(1)) && std::min(height, width) >= kLeastSide &&
         input.size(0) * height * width >= kFewestPixels &&
         passes_for(input, weight.size(1), weight.size(0)) != nullptr;
}

at::Tensor winograd_convolution(const at::Tensor& input, const at::Tensor& weight) {
  const Passes& p = *passes_for(input, weight.size(1), weight.size(0));
  at::Tensor output = empty_images(input, weight.size(0));
  Call call;
  call.read(DNNL_ARG_SRC, input, p.images, p.forward_form.src_desc());
  call.read(DNNL_ARG_WEIGHTS, weight, p.kernels, p.forward_form.weights_desc());
  call.run(p.forward, p.forward_form.scratchpad_desc(), DNNL_ARG_DST, p.forward_form.dst_desc(), output,
           p.outputs);
  return output;
}

ConvolutionGradients winograd_gradients(const at::Tensor& grad, const at::Tensor& input,
                                        const at::Tensor& weight, bool want_input) {
  const Passes& p = *passes_for(input, weight.size(1), weight.size(0));
  const at::Tensor outer = grad.contiguous(kImages);
  ConvolutionGradients out{.input = {}, .weight = at::empty(weight.sizes(), weight.options(), kImages)};
  Call weights;
  weights.read(DNNL_ARG_SRC, input, p.images, p.weights_form.src_desc());
  weights.read(DNNL_ARG_DIFF_DST, outer, p.outputs, p.weights_form.diff_dst_desc());
  weights.run(p.weights, p.weights_form.scratchpad_desc(), DNNL_ARG_DIFF_WEIGHTS,
              p.weights_form.diff_weights_desc(), out.weight, p.kernels);
  if (!want_input) return out;
  out.input = empty_images(input, weight.size(1));
  Call data;
  if (p.data_form.diff_dst_desc() == p.weights_form.diff_dst_desc())
    data.read(DNNL_ARG_DIFF_DST, weights.argument(DNNL_ARG_DIFF_DST));
  else
    data.read(DNNL_ARG_DIFF_DST, outer, p.outputs, p.data_form.diff_dst_desc());
  data.read(DNNL_ARG_WEIGHTS, weight, p.kernels, p.data_form.weights_desc());
  data.run(p.data, p.data_form.scratchpad_desc(), DNNL_ARG_DIFF_SRC, p.data_form.diff_src_desc(), out.input,
           p.images);
  return out;
}

#else

bool winograd_fits(const at::Tensor&, const at::Tensor&, const ConvolutionShape&) { return false; }
at::Tensor winograd_convolution(const at::Tensor&, const at::Tensor&) { return {}; }
ConvolutionGradients winograd_gradients(const at::Tensor&, const at::Tensor&, const at::Tensor&, bool) {
  return {};
}

#endif

}  // namespace frugal
