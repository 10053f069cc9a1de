// SPDX-License-Identifier: GPL-3.0-or-later
// How long layOut() takes for lineages of a thousand and ten thousand nodes. --json: one object.
#include "lineage/layout.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <random>

using namespace helmscope;

namespace {

struct Case
{
    const char *name;
    LayoutInput input;
};

/// Like a lineage: executions in some order, each with two or three artifacts of earlier ones and
/// two of its own; a few artifacts are used everywhere.
LayoutInput lineageOf(int nodes, int edges, unsigned seed)
{
    std::mt19937 random(seed);
    LayoutInput input;
    std::vector<int> artifacts;
    while (int(input.sizes.size()) < nodes) {
        const int execution = int(input.sizes.size());
        const int last = int(artifacts.size()) - 1;
        for (int i = 0; i < 2 && last >= 0; ++i) {
            const int back = int(random() % 60);
            input.edges.emplace_back(artifacts[std::size_t(std::max(0, last - back))], execution);
        }
        if (last >= 0 && random() % 3 == 0)
            input.edges.emplace_back(artifacts[std::size_t(std::min(last, int(random() % 4)))],
                                     execution);
        for (int i = 1; i <= 2; ++i) {
            input.edges.emplace_back(execution, execution + i);
            artifacts.push_back(execution + i);
        }
        input.sizes.resize(input.sizes.size() + 3, {180, 40});
    }
    while (int(input.edges.size()) < edges) {
        const int from = artifacts[random() % artifacts.size()];
        const int to = int(random() % (input.sizes.size() / 3)) * 3;
        if (from < to && to - from < 300)
            input.edges.emplace_back(from, to);
    }
    return input;
}

/// No order at all: the worst case of crossings.
LayoutInput randomGraph(int nodes, int edges, unsigned seed)
{
    std::mt19937 random(seed);
    LayoutInput input;
    input.sizes.assign(std::size_t(nodes), {180, 40});
    for (int i = 0; i < edges; ++i)
        input.edges.emplace_back(int(random() % unsigned(nodes)), int(random() % unsigned(nodes)));
    return input;
}

/// An active-learning run: each step has its artifacts, and all lead on.
LayoutInput runOf(int steps)
{
    LayoutInput input;
    const auto node = [&input] {
        input.sizes.push_back({180, 40});
        return int(input.sizes.size()) - 1;
    };
    const int survey = node();
    int model = node();
    for (int i = 0; i < steps; ++i) {
        const int step = node();
        input.edges.emplace_back(survey, step);
        input.edges.emplace_back(model, step);
        for (int k = 0; k < 4; ++k) {
            const int artifact = node();
            input.edges.emplace_back(step, artifact);
            if (k == 0)
                model = artifact;
        }
    }
    return input;
}

} // namespace

int main(int count, char **arguments)
{
    const bool isJson = count > 1 && std::strcmp(arguments[1], "--json") == 0;
    const Case cases[]{{"lineage_1k", lineageOf(1'000, 2'000, 1)},
                       {"lineage_10k", lineageOf(10'000, 20'000, 2)},
                       {"run_of_100_steps", runOf(100)},
                       {"run_of_2000_steps", runOf(2'000)},
                       {"random_1k", randomGraph(1'000, 2'000, 3)},
                       {"random_10k", randomGraph(10'000, 20'000, 4)},
                       {"alone_10k", randomGraph(10'000, 0, 5)}};
    std::printf(isJson ? "{" : "");
    bool isFirst = true;
    for (const Case &each : cases) {
        const auto begin = std::chrono::steady_clock::now();
        const Layout layout = layOut(each.input, unwatched());
        const std::chrono::duration<double> time = std::chrono::steady_clock::now() - begin;
        std::printf(isJson ? "%s\"%s\":{\"nodes\":%zu,\"edges\":%zu,\"seconds\":%.4f,"
                             "\"crossings\":%d,\"width\":%.0f,\"height\":%.0f}"
                           : "%s%-18s %6zu nodes %6zu edges %8.3f s %9d crossings  %.0f x %.0f\n",
                    isJson && !isFirst ? "," : "", each.name, each.input.sizes.size(),
                    each.input.edges.size(), time.count(), layout.crossings, layout.width,
                    layout.height);
        isFirst = false;
    }
    std::printf(isJson ? "}\n" : "");
}
