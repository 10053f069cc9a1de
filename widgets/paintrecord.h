// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QPaintDevice>
#include <QSize>

#include <functional>
#include <memory>
#include <vector>

class QPainter;

namespace helmscope {

/// What was painted onto it, to be painted again elsewhere: the window's thread paints its views
/// here, which is quick, and a job turns the record into pixels or a file, which is not.
///
/// Several painters may paint onto it, one after the other; each begins with a painter's defaults.
/// Once nobody paints any more it is a value: any thread may paint from it.
class PaintRecord final : public QPaintDevice
{
public:
    /// `ratio`: what is painted as pixels is asked to be so many times as fine.
    explicit PaintRecord(const QSize &size, double ratio = 2);
    ~PaintRecord() override;

    QSize size() const { return m_size; }
    bool isEmpty() const { return m_commands.empty(); }
    /// Paints all of it, words as large as the screen had them whatever the device's resolution.
    /// `isWanted` is asked now and then, with the fraction painted; false: it was stopped there.
    bool paint(QPainter &painter, const std::function<bool(double)> &isWanted = {}) const;

    QPaintEngine *paintEngine() const override;

protected:
    int metric(PaintDeviceMetric which) const override;

private:
    class Engine;
    struct Target;
    using Command = std::function<void(const Target &)>;

    QSize m_size;
    double m_ratio;
    std::vector<Command> m_commands;
    std::unique_ptr<Engine> m_engine;
};

} // namespace helmscope
