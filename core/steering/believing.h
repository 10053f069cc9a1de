// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "dkl/transfer/crossvalidation.h"
#include "steering/step.h"

#include <optional>

namespace helmscope {

/// What the model expects of every candidate, in their order.
struct Outlook
{
    Eigen::VectorXd mean, deviation;  ///< of the value; the deviation without noise
    Eigen::VectorXd noise;            ///< deviation of a measured value about the latent one
    Eigen::MatrixXf spectra;          ///< [candidates, channels], vector mode only
    Eigen::MatrixXf spectraDeviation; ///< likewise
};

/// The model's part of a run: learns from what was measured and says what it expects elsewhere.
class Believing
{
public:
    /// `candidates` and `survey` must outlive it. `energies` are those of the predicted spectra;
    /// without channels the model predicts the value itself.
    Believing(const Plan &plan, const Dataset &survey, const std::vector<Pixel> &candidates,
              const EnergyAxis &energies);

    /// From the next learning on the model begins from there, or cold: learnt anew, and judged anew
    /// against a cold one. Its start must have been read, for patches of the plan's size.
    void beginFrom(const Beginning &beginning);
    bool isVector() const { return m_energies.channels() > 0; }
    /// Learns from `targets` [pixels, outputs], one row a pixel; returns the loss of each cycle.
    /// `goesOn`: from the model of the last time, where there is one, for the plan's warm cycles;
    /// else anew from the plan's seed. Kernels on fixed features of many points are found from
    /// those of the last time in any case, and anew whenever there are a quarter more points; of
    /// very many they stay until then.
    std::vector<double> learn(const std::vector<Pixel> &pixels, const Eigen::MatrixXd &targets,
                              bool goesOn, const Progress &progress);
    /// How a start learnt elsewhere does against a cold one on the points learnt, and which of them
    /// the model has begun from; nothing where the plan names no start. Judged at the first four
    /// points and whenever there are a quarter more; in between it stays.
    std::optional<WarmAgainstCold> warmth() const { return m_warmth; }
    bool isCold() const { return m_isCold; }
    /// What is expected of the value `scalarizer` makes; nothing when stopped.
    std::optional<Outlook> predict(const Scalarizer &scalarizer, const Progress &progress) const;
    /// What each point learnt looks like from all others (noise counted), in the order of learn().
    ScalarPosterior leaveOneOut(const Scalarizer &scalarizer) const;
    /// One draw of the value from the joint posterior at these candidates.
    Eigen::VectorXd draw(const std::vector<int> &candidates, const Scalarizer &scalarizer,
                         std::uint64_t seed) const;

    /// How much measuring each candidate lowers the variance of the value at `others`, on average
    /// over them; NaN when stopped.
    Eigen::VectorXd varianceReduction(const std::vector<int> &others, const Scalarizer &scalarizer,
                                      const Progress &progress) const;

    /// Null before anything was learnt.
    const DeepKernel *model() const { return m_model ? &*m_model : nullptr; }

private:
    Eigen::MatrixXf inputsAt(const std::vector<Pixel> &pixels, bool hasPlace) const;
    Eigen::MatrixXf inputsAt(const std::vector<Pixel> &pixels) const;
    std::vector<Pixel> pixelsOf(const std::vector<int> &candidates) const;
    PreparedInputs preparedAt(const std::vector<int> &candidates) const; ///< after prepare()
    /// Makes what of the candidates' features stays from step to step, once; false: nothing does.
    bool prepare() const;
    DeepKernel begun(bool isCold) const;
    void judgeBeginning(const std::vector<Pixel> &pixels, const Eigen::MatrixXd &targets,
                        const Progress &progress);

    const Plan &m_plan;
    const Dataset &m_survey;
    const std::vector<Pixel> &m_candidates;
    EnergyAxis m_energies;
    std::shared_ptr<const ModelStart> m_start; ///< learnt elsewhere; null: none, the model is cold
    bool m_isBegunAnew = false;                ///< the model is still that of another beginning
    std::optional<DeepKernel> m_model;
    std::optional<WarmAgainstCold> m_warmth;
    bool m_wantsCold = true;                        ///< which beginning was judged to be better
    bool m_isCold = true;                           ///< which one the model had
    std::size_t m_judgedAt = 0;                     ///< points when the start was last judged
    std::size_t m_anewAt = 0;                       ///< points when the model was last learnt anew
    std::vector<Pixel> m_learnt;                    ///< what the model knows, in its order
    Eigen::MatrixXd m_targets;                      ///< of these, a row each
    mutable std::vector<PreparedInputs> m_prepared; ///< of the candidates, block by block
};

} // namespace helmscope
