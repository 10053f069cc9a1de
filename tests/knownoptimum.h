// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "instrument/replay.h"
#include "steering/plan.h"

#include <cmath>
#include <cstring>

namespace helmscope {

/// Where the value of datasetWithKnownOptimum() is largest.
inline constexpr Pixel optimum{19, 8};

/// A scene of 28 x 28 pixels whose spectra (24 channels, 1 ... 3.3 eV) follow from its image: a
/// peak at 2 eV that is highest at `optimum`. `hasSpectra` false: the height itself as a map of
/// values.
inline Dataset datasetWithKnownOptimum(bool hasSpectra)
{
    constexpr int side = 28, channels = 24;
    const auto hill = [](double r, double c, double row, double col, double width) {
        return std::exp(-((r - row) * (r - row) + (c - col) * (c - col)) / (2 * width * width));
    };
    Dataset dataset;
    dataset.title = "A scene with a known optimum";
    dataset.imageQuantity = "brightness";
    dataset.pixelSizeNm = 2;
    dataset.image.resize(side, side);
    dataset.values.resize(side, side);
    dataset.valuesName = "height";
    for (int r = 0; r < side; ++r) {
        for (int c = 0; c < side; ++c) {
            const double bright =
                hill(r, c, optimum.row, optimum.col, 5) + 0.6 * hill(r, c, 7, 20, 4);
            dataset.image(r, c) = float(bright + 0.02 * std::sin(1.7 * r) * std::cos(2.3 * c));
            dataset.values(r, c) = float(2 * bright + 0.1);
        }
    }
    if (!hasSpectra)
        return dataset;

    EnergyAxis energies{"Energy loss", "eV", {}};
    for (int k = 0; k < channels; ++k)
        energies.values.push_back(1 + 0.1 * k);
    Array array;
    array.info.type = Samples::Type::Float32;
    for (int size : {side, side, channels}) {
        Axis axis;
        axis.size = size;
        array.info.axes << axis;
    }
    array.samples = Samples(Samples::Type::Float32, std::size_t(side) * side * channels);
    std::byte *to = array.samples.bytes();
    for (int r = 0; r < side; ++r) {
        for (int c = 0; c < side; ++c) {
            for (double energy : energies.values) {
                const float counts =
                    float(10 * double(dataset.values(r, c)) * hill(energy, 0, 2, 0, 0.25) + 1);
                std::memcpy(to, &counts, sizeof counts);
                to += sizeof counts;
            }
        }
    }
    dataset.values = {};
    dataset.valuesName.clear();
    dataset.spectra = Spectra(std::move(array), 2, energies);
    return dataset;
}

/// A plan for it with a small model that learns in milliseconds.
inline Plan quickPlan()
{
    Plan plan;
    plan.patch = 4;
    plan.scalarizer.band = {1.85, 2.15};
    plan.initial.count = 6;
    plan.steps = 8;
    plan.model.hidden = {16, 8};
    plan.model.cycles = 20;
    plan.model.learningRate = 0.02;
    plan.model.kernelLearningRate = 0.1;
    plan.model.startNoise = 0.05;
    plan.warmCycles = 6;
    plan.seed = 7;
    return plan;
}

} // namespace helmscope
