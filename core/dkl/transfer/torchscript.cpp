// SPDX-License-Identifier: GPL-3.0-or-later
#include "dkl/transfer/torchscript.h"

#include "base/error.h"
#include "dkl/model.h"
#include "dkl/random.h"
#include "dkl/tensors.h"

#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/serialization/import.h>

#include <sstream>

namespace helmscope {

static torch::jit::Module moduleOf(const ModelStart &start)
{
    const std::vector<int> layers = widths(start.settings, start.patchNumbers);
    torch::jit::Module module("HelmscopeFeatures");
    std::ostringstream code;
    code << "def forward(self, x):\n";
    Eigen::Index at = 0;
    for (std::size_t layer = 0; layer + 1 < layers.size(); ++layer) {
        const std::int64_t in = layers[layer], out = layers[layer + 1];
        const std::string number = std::to_string(layer);
        const auto numbers = [&](std::int64_t rows, std::int64_t columns) {
            const at::Tensor view = rowMajorView(start.weights.data() + at, rows, columns);
            at += rows * columns;
            return view.clone();
        };
        module.register_parameter("weight" + number, numbers(out, in), false);
        module.register_parameter("bias" + number, numbers(1, out).reshape({out}), false);
        code << "    x = torch.matmul(x, self.weight" << number << ".t()) + self.bias" << number
             << "\n";
        if (layer + 2 < layers.size())
            code << "    x = torch.relu(x)\n";
    }
    code << "    return x\n";
    module.define(code.str());
    return module;
}

void writeTorchScript(const std::string &file, const ModelStart &start)
{
    check(start);
    if (start.weights.size() == 0)
        throw Error("There is no network to be written as TorchScript.");
    try {
        moduleOf(start).save(file);
        torch::jit::Module module = torch::jit::load(file);
        constexpr int rows = 3;
        Random random(1);
        Batch patches(rows, start.patchNumbers);
        for (float &number : patches.reshaped())
            number = float(random.uniform());
        const at::Tensor given =
            module.forward({rowMajorView(patches.data(), rows, start.patchNumbers).clone()})
                .toTensor()
                .contiguous();
        Batch expected;
        asModel([&] {
            Network::Pass pass;
            expected = Network(widths(start.settings, start.patchNumbers), start.weights)
                           .forward(patches, pass);
        });
        const Eigen::Map<const Batch> features(given.data_ptr<float>(), rows, expected.cols());
        const float most = 1e-4f * (1 + expected.cwiseAbs().maxCoeff());
        if ((features - expected).cwiseAbs().maxCoeff() > most)
            throw Error("The network written as TorchScript to " + file +
                        " does not give the same features.");
    } catch (const c10::Error &error) {
        throw Error("The network cannot be written as TorchScript to " + file + ": " +
                    error.what_without_backtrace());
    }
}

} // namespace helmscope
