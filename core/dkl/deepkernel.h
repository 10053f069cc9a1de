// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/progress.h"

#include <Eigen/Core>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace helmscope {

/// What a DeepKernel is made of and how it learns.
struct DeepKernelSettings
{
    enum class Features {
        Network,    ///< learnt: what the network makes of the whole patch
        Rings,      ///< fixed: what rings about the centre show, blind to rotation and mirroring
        Components, ///< fixed: principal components of the patches that were measured
    };
    enum class Kernel { Rbf, Matern52 };
    enum class Noise {
        Constant, ///< one variance for all points
        Counting, ///< a part of it grows with the value above zero, as that of counts does; not
                  ///< with a network
    };
    enum class Bounds {
        Fresh, ///< the embedding's minimum and maximum with the weights that predict, no clamping
        Published, ///< those of the last training forward, candidates clamped to them (AtomAI
                   ///< 0.7.9)
    };
    Features features = Features::Network;
    std::vector<int> hidden{1000, 500, 50}; ///< widths of the network's hidden layers
    int embedding = 2; ///< features the kernel sees, of a network or components
    Kernel kernel = Kernel::Rbf;
    Noise noise = Noise::Constant;
    /// A second term of the kernel for near places, whatever their patches show; the last two
    /// numbers of each input are then its row and column, in pixels. Not with a network.
    bool hasPlace = false;
    /// Several outputs are learnt as so many principal components; 0: each output alone.
    int components = 0;
    Bounds bounds = Bounds::Fresh;
    int cycles = 200; ///< Adam steps on the whole training set; of fixed features the most
                      ///< evaluations of the posterior, which is found sooner (L-BFGS)
    double learningRate = 0.01;       ///< of the network
    double kernelLearningRate = 0.01; ///< of lengthscales, scale, noise and mean
    double startNoise = 0.6932;       ///< noise variance before training, in scaled targets
    bool standardizeTargets = true;   ///< to mean 0, deviation 1 of the training targets
    std::uint64_t seed = 1;           ///< of the network's first weights
    bool operator==(const DeepKernelSettings &) const = default;
};

struct ModelStart;

/// Patches that are asked about again and again, with all of their features that learning does not
/// change made once; Features::Rings only. About 200 bytes a patch.
struct PreparedInputs
{
    int inputs = 0;         ///< numbers of a patch, its place included
    Eigen::MatrixXd rings;  ///< [n, ring features], not scaled yet
    Eigen::MatrixXd places; ///< [n, 2] row and column, [n, 0] without places
};

/// A Gaussian process on features of patches: those that a small neural network learns along with
/// it, or fixed ones.
///
/// Exact GP, constant mean, Gaussian noise. On a network: ARD kernel per output, all outputs on one
/// embedding, Adam on the marginal likelihood per point (Wilson et al., Deep Kernel Learning,
/// AISTATS 2016; recipe of AtomAI's dklGPR without its KISS-GP approximation); network in float32,
/// GP in double. On fixed features: the most probable kernel and noise under priors, see fitting.h.
/// Inputs and targets are scaled by the training points only. Values are given and returned in the
/// caller's units. Copies share nothing. Throws Error on wrong shapes and numbers that are not
/// finite.
class DeepKernel
{
public:
    struct Prediction
    {
        Eigen::MatrixXd mean; ///< [n, outputs], in units of the targets
        Eigen::MatrixXd
            deviation; ///< [n, outputs], one standard deviation of the latent function, same units
        Eigen::MatrixXd noise; ///< [n, outputs], one standard deviation of a measurement about the
                               ///< latent function, same units
        /// Where outputs are learnt as components they go together: output o's latent function is
        /// its mean + sum over c of loadings(o, c) times a number of deviation componentDeviation,
        /// its noise that of componentNoise and, of its own, residualDeviation(o).
        Eigen::MatrixXd loadings; ///< [outputs, components]; no rows where outputs stand alone
        Eigen::MatrixXd componentDeviation, componentNoise; ///< [n, components]
        Eigen::VectorXd residualDeviation;                  ///< [outputs]
    };

    explicit DeepKernel(const DeepKernelSettings &settings);
    /// Begins where other samples have led (transfer/modelstart.h). The start is not saved with the
    /// model: read back and trained again, it goes on under the usual priors. Throws Error when the
    /// start does not fit itself; training throws when its patches have another size.
    explicit DeepKernel(std::shared_ptr<const ModelStart> start);
    DeepKernel(const DeepKernel &other);
    DeepKernel(DeepKernel &&other) noexcept;
    DeepKernel &operator=(DeepKernel other) noexcept;
    ~DeepKernel();

    const DeepKernelSettings &settings() const;
    /// Cycles of the next training; everything else is fixed once a model is made.
    void setCycles(int cycles);

    /// Learns network and kernel from `inputs` [n, d] and `targets` [n, outputs], n >= 2. A model
    /// that was trained before goes on from its weights and kernel (warm start); its Adam state is
    /// new. Returns the loss of each cycle: the negative log marginal likelihood per point, summed
    /// over outputs, of the scaled targets; with fixed features that of the posterior, of each
    /// evaluation. Stopped, it keeps what it has learnt.
    std::vector<double> train(const Eigen::MatrixXf &inputs, const Eigen::MatrixXd &targets,
                              const Progress &progress);

    /// Sees more points without learning from them: features, kernel, noise and scalings stay.
    /// Costs O(n^2) a point, so that a model of very many points need not be learnt at each. Throws
    /// Error when the model is not trained or the points do not fit it; it is then as it was.
    void append(const Eigen::MatrixXf &inputs, const Eigen::MatrixXd &targets);

    /// Posterior mean and diagonal deviation at `inputs` [n, d], in blocks: memory does not grow
    /// with n x n. Stopped, the rows not reached are NaN.
    Prediction predict(const Eigen::MatrixXf &inputs, const Progress &progress) const;
    /// Of prepared inputs the same, in a fraction of the time.
    Prediction predict(const PreparedInputs &inputs, const Progress &progress) const;
    /// Throws Error unless the settings' features are rings.
    PreparedInputs prepared(const Eigen::MatrixXf &inputs) const;
    /// One draw [n, outputs] from the joint posterior of the latent function; n <= 4000, else
    /// Error.
    Eigen::MatrixXd sample(const Eigen::MatrixXf &inputs, std::uint64_t seed) const;
    /// How much measuring at each of `inputs` lowers the variance at `others`, on average over them
    /// [n], in squared units of the targets (Cohn 1996: active learning's integrated variance). Of
    /// several outputs: of their sum weighted by `weights`, of all outputs together without. The
    /// noise is that of an average point: seeking the least would keep the probe in the dark.
    Eigen::VectorXd varianceReduction(const Eigen::MatrixXf &inputs, const Eigen::MatrixXf &others,
                                      const Eigen::VectorXd &weights,
                                      const Progress &progress) const;
    Eigen::VectorXd varianceReduction(const PreparedInputs &inputs, const PreparedInputs &others,
                                      const Eigen::VectorXd &weights,
                                      const Progress &progress) const;
    /// The scaled features the kernel sees, [n, embedding].
    Eigen::MatrixXd embed(const Eigen::MatrixXf &inputs) const;

    /// What each training point looks like to the Gaussian process that saw all others, in closed
    /// form, [training points, outputs]. Kernel, noise and network have seen it, so a network that
    /// memorizes looks too good.
    Prediction leaveOneOut() const;

    bool isTrained() const;
    int points() const;    ///< learnt or appended; 0 before training
    int outputs() const;   ///< 0 before training
    int processes() const; ///< outputs or components that are learnt; 0 before training
    /// [outputs], in units of the targets; with Noise::Counting that of an average training point,
    /// see Prediction::noise for the others.
    Eigen::VectorXd noiseDeviation() const;
    Eigen::MatrixXd lengthscales() const; ///< [processes, features], in units of the features
    /// What training has found, a process a row: raw numbers of kernels on a network, parameters on
    /// fixed features, as a ModelStart has them. Empty before training.
    Eigen::MatrixXd kernelNumbers() const;
    Eigen::VectorXd
    scaleDeviation() const; ///< [outputs], sqrt of the kernel's scale, units of the targets
    /// What training met and survived: jitter added, a loss that was not finite. Cleared by
    /// train().
    const std::vector<std::string> &warnings() const;

    /// The whole model as bytes, and back; a version and a checksum are inside. deserialize()
    /// throws Error on anything save() did not write, and allocates nothing before the sizes are
    /// checked.
    std::string serialize() const;
    static DeepKernel deserialize(const std::string &bytes);
    /// 64-bit FNV-1a over weights and kernel: the same model has the same hash.
    std::uint64_t hash() const;

private:
    struct Private;
    std::unique_ptr<Private> d;
};

/// Threads LibTorch and its BLAS may use inside one call (at least 1); for the whole program.
void setModelThreads(int threads);

} // namespace helmscope
