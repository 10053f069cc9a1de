// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "instrument/microscope.h"

#include <memory>

namespace helmscope {

/// A microscope that is another one, in all that a subclass does not do otherwise.
class ForwardingMicroscope : public Microscope
{
public:
    explicit ForwardingMicroscope(std::shared_ptr<Microscope> inner)
        : m_inner(std::move(inner))
    {
    }
    QString name() const override { return m_inner->name(); }
    Dataset survey(const Progress &progress) override { return m_inner->survey(progress); }
    EnergyAxis energies() const override { return m_inner->energies(); }
    Limits limits() const override { return m_inner->limits(); }
    Measurement measure(Pixel pixel, double dwellSeconds) override
    {
        return m_inner->measure(pixel, dwellSeconds);
    }
    void abort() override { m_inner->abort(); }
    void resume() override { m_inner->resume(); }
    void release() override { m_inner->release(); }
    InstrumentState state() const override { return m_inner->state(); }
    std::optional<Stage> stage() const override { return m_inner->stage(); }
    Stage moveStage(const StageTarget &target) override { return m_inner->moveStage(target); }
    QList<Capability> capabilities() const override { return m_inner->capabilities(); }
    void setPatience(const std::function<bool()> &patience) override
    {
        m_inner->setPatience(patience);
    }
    bool isBoundToThread() const override { return m_inner->isBoundToThread(); }
    std::optional<Dataset> groundTruth() const override { return m_inner->groundTruth(); }
    bool isTruthNoisy() const override { return m_inner->isTruthNoisy(); }

protected:
    Microscope &inner() const { return *m_inner; }

private:
    std::shared_ptr<Microscope> m_inner;
};

} // namespace helmscope
